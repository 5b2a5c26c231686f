#!/usr/bin/env python3
"""The statistics beside their peers, in one run: CPU seconds of one thread, and the ratio.

    python3 -m pip install numpy scipy statsmodels MLstatkit
    python3 benches/peers/statistics_peers.py

Runs `cargo bench --bench statistics` (criterion, one thread) and the library calls of the table below, three times each,
medians. Not part of the tests: it needs Python and these packages.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
import scipy  # noqa: E402
from scipy import stats  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
GROUP = "statistics, one thread"


def median_cpu(call, repeats=3):
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def peers():
    random = np.random.default_rng(1)
    a, b = random.random(10_000), random.random(10_000)
    difference = a - b
    mean_difference = lambda x, y, axis: np.mean(x, axis=axis) - np.mean(y, axis=axis)  # noqa: E731
    rows = []

    bootstrap = "bootstrap of a paired mean, all intervals, 10,000 x 10,000"
    paired = lambda: stats.bootstrap(  # noqa: E731
        (a, b), mean_difference, paired=True, n_resamples=10_000, batch=100, method="percentile", vectorized=True
    )
    rows.append(("percentile bootstrap, paired=True", "scipy", bootstrap, median_cpu(paired), 8))
    bca = lambda: stats.bootstrap((difference,), np.mean, n_resamples=10_000, batch=100, method="BCa")  # noqa: E731
    rows.append(("BCa bootstrap of the mean difference", "scipy", bootstrap, median_cpu(bca), 5))

    x, y = a[:1000], b[:1000]
    flips = lambda: stats.permutation_test(  # noqa: E731
        (x, y), mean_difference, permutation_type="samples", n_resamples=100_000, batch=1000, vectorized=True
    )
    rows.append(("sign-flip permutation", "scipy", "sign-flip permutation, 100,000 x 1,000", median_cpu(flips, 1), 20))

    table = random.random((50, 200))

    def all_pairs():
        from statsmodels.stats.multitest import multipletests

        p = [
            stats.wilcoxon(table[:, i] - table[:, j], zero_method="pratt", method="asymptotic").pvalue
            for i in range(200)
            for j in range(i + 1, 200)
        ]
        multipletests(p, method="holm")

    rows.append(
        ("all pairs, Wilcoxon and Holm", "scipy + statsmodels", "200 models x 50 tasks, all pairs, Wilcoxon and Holm",
         median_cpu(all_pairs, 1), 20)
    )

    labels = np.arange(20_000) % 2
    first, second = random.random(20_000), random.random(20_000)

    def delong():
        from MLstatkit import Delong_test

        Delong_test(labels, first, second)

    rows.append(("paired DeLong", "MLstatkit", "paired DeLong, 20,000", median_cpu(delong), 10))
    few, many = a[:50], b[:50]
    exact = lambda: stats.wilcoxon(few, many, method="exact")  # noqa: E731
    rows.append(("exact Wilcoxon, n = 50", "scipy", "exact Wilcoxon, 50", median_cpu(exact), None))
    ks = lambda: stats.ks_2samp(a, b, method="asymp")  # noqa: E731
    rows.append(("asymptotic KS, 10,000 + 10,000", "scipy", "asymptotic KS, 10,000 and 10,000", median_cpu(ks), None))
    return rows


def ours():
    environment = dict(os.environ, RAYON_NUM_THREADS="1")
    subprocess.run(["cargo", "bench", "--bench", "statistics"], cwd=ROOT, env=environment, check=True, stdout=sys.stderr)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = {}
    for estimate in target.glob("criterion/*/*/new/estimates.json"):
        named = json.loads((estimate.parent / "benchmark.json").read_text())
        if named["group_id"] == GROUP:
            found[named["function_id"]] = json.loads(estimate.read_text())["median"]["point_estimate"] / 1e9
    return found


def main():
    measured = ours()
    print(f"numpy {np.__version__}, scipy {scipy.__version__}; one thread each\n")
    print(f"| task | peer | peer, CPU s | ours, s | ratio | asked |\n|---|---|---:|---:|---:|---:|")
    missed = False
    for task, peer, name, cpu, asked in peers():
        ratio = cpu / measured[name]
        missed |= asked is not None and ratio < asked
        print(f"| {task} | {peer} | {cpu:.4f} | {measured[name]:.5f} | {ratio:.1f} | {asked or ''} |")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
