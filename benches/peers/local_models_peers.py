#!/usr/bin/env python3
"""Local models beside their peers: PyTorch transformers and lm-evaluation-harness, on a CPU, with models anybody can make.

    python3 -m pip install torch==2.15.0 transformers==5.23.0 "lm_eval[hf]==0.4.13"
    P=local_models_peers.py; D=some/folder
    python3 $P make --out $D                                  # llama-125m, llama-24m, texts, four-choice items
    python3 $P make --out $D --only llama-1g                  # 1 GB of f32 weights, for `load`
    python3 $P score --model $D/llama-125m --texts $D/score-4x512.jsonl --threads 1
    python3 $P decode --model $D/llama-125m --texts $D/prompts-8x64.jsonl --threads 1 --batch 1
    python3 $P gemm --threads 1
    python3 $P choices --model $D/llama-24m --task-dir $D/lm_eval_task --threads 1
    python3 $P load --model $D/llama-1g

Every command prints a table, then one line of JSON with the same numbers and more (`tail -n 1`). The weights are random
(the speed does not depend on them), the tokenizer is trained here on invented words, all from fixed seeds: nothing is
downloaded. Wall time is the best of the repeats, CPU seconds the lowest of them, over all threads of the process
(`time.process_time`, which also counts idle OpenMP threads while they spin); on a machine that does other work, too, the
CPU seconds are the trustworthy column. Not part of the tests: it needs Python and these packages.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

# Only the standard library up here: torch is imported by the commands, after the thread count is in the environment, and
# never by a parent that measures a child (a child inherits the peak memory of its parent).

SEED = 20_260
CONTEXT = 2048
BOS, EOS = "<s>", "</s>"

# vocabulary, hidden, layers, query heads, key/value heads (of 64 dimensions), MLP, embedding and head tied
MODELS = {
    "llama-125m": (32_000, 768, 12, 12, 4, 2048, False),  # 124,668,672 parameters
    "llama-24m": (16_000, 512, 6, 8, 2, 1280, True),  # 23,927,296
    "llama-1g": (32_000, 1024, 16, 16, 4, 2880, False),  # 249,070,592
}
DEFAULT_MODELS = ("llama-125m", "llama-24m")


# ---------------------------------------------------------------------------------------------------------------- output


def versions():
    from importlib import metadata

    found = {}
    for package in ("torch", "transformers", "tokenizers", "safetensors", "lm_eval"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found


def processor():
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return None


def show(command, facts, header, rows, threads=None, load_before=None):
    """The table, then the JSON line."""
    environment = {
        "python": sys.version.split()[0],
        **versions(),
        "cpu": processor(),
        "cores": os.cpu_count(),
        "torch_cpu_capability": sys.modules["torch"].backends.cpu.get_cpu_capability() if "torch" in sys.modules else None,
        "load_average_before": load_before,
        "load_average_after": os.getloadavg(),
    }
    named = ", ".join(f"{name} {environment[name]}" for name in versions())
    load = " -> ".join("%.1f" % load[0] for load in (load_before, environment["load_average_after"]) if load)
    print(f"{command}: {named}; {'threads ' + str(threads) + '; ' if threads else ''}load {load}\n")
    for key, value in facts.items():
        if isinstance(value, (str, int, float)):
            print(f"{key}: {value}")
    print("\n| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row) + " |")
    print()
    record = {"command": command, "threads": threads, **facts, "environment": environment}
    record["rows"] = [dict(zip(header, row)) for row in rows]
    print(json.dumps(record), flush=True)


# ---------------------------------------------------------------------------------------------------------- measurement


def set_threads(threads):
    """Before torch is imported: OpenMP, MKL and the tokenizers read the environment once."""
    if "torch" in sys.modules:
        raise RuntimeError("torch was imported before the thread count was set")
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
        os.environ[variable] = str(threads)
    offline()
    import torch

    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    return torch


def offline():
    for variable in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
        os.environ[variable] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["TQDM_DISABLE"] = "1"


def memory():
    """MiB of this process by kind, from /proc (Linux); `peak` is the high-water mark since the last `reset_peak`."""
    names = {"VmHWM": "peak", "VmRSS": "rss", "RssAnon": "anonymous", "RssFile": "file", "RssShmem": "shared"}
    found = {}
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/self/status").read_text().splitlines():
            key, _, value = line.partition(":")
            if key in names:
                found[names[key]] = int(value.split()[0]) / 1024
    found.setdefault("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return found


def reset_peak():
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/clear_refs").write_text("5")


def cpu_of_process():
    """User and system time of all threads and of children that ended."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def timed(call):
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def repeated(call, repeats):
    """One call to warm up, then `repeats` measured ones: the last result, walls, CPU seconds."""
    result = call()
    walls, cpus = [], []
    for _ in range(repeats):
        result, wall, cpu = timed(call)
        walls.append(wall)
        cpus.append(cpu)
    return result, walls, cpus


def child(mode, arguments):
    """Runs this script again as a fresh process and returns what it measured, with what the kernel charged to it."""
    with tempfile.TemporaryDirectory() as scratch:
        reply = pathlib.Path(scratch, "reply.json")
        task = json.dumps({**arguments, "reply": str(reply), "scratch": scratch})
        wall = time.perf_counter()
        process = subprocess.Popen([sys.executable, os.path.abspath(__file__), mode, task], stdout=sys.stderr)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - wall
        if process.returncode != 0:
            sys.exit(f"the measured process ended with {process.returncode}")
        measured = json.loads(reply.read_text())
    measured["process"] = {
        "wall_s": wall,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
    }
    return measured


def read_lines(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]


def write_lines(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def load_model(folder, torch):
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa")
    return model.eval()


def parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())  # a tied head counts once


# ------------------------------------------------------------------------------------------------------------------ make


class Language:
    """Invented words, the earlier in the lexicon the more frequent, and sentences of them."""

    ONSETS = "b br c ch d dr f fl g gr h j k l m n p pl pr qu r s sh st str t th tr v w y z".split()
    VOWELS = "a e i o u ai ea ee io oo ou ia".split()
    CODAS = ["", "", "", "n", "r", "s", "l", "m", "t", "nd", "ck", "st", "rn"]

    def __init__(self, words=60_000):
        self.random = random.Random(SEED)
        lexicon = {}
        while len(lexicon) < words:
            length = 1 + (len(lexicon) > 300) + (len(lexicon) > 6000) * self.random.randrange(2) + self.random.randrange(2)
            lexicon["".join(self.syllable() for _ in range(length))] = None
        self.lexicon = list(lexicon)
        total, self.cumulative = 0.0, []
        for rank in range(words):
            total += 1 / (rank + 5)
            self.cumulative.append(total)

    def syllable(self):
        return "".join(self.random.choice(part) for part in (self.ONSETS, self.VOWELS, self.CODAS))

    def words(self, count, source=None):
        return (source or self.random).choices(self.lexicon, cum_weights=self.cumulative, k=count)

    def sentence(self, source=None):
        source = source or self.random
        words = self.words(source.randrange(5, 16), source)
        if source.random() < 0.1:
            words[source.randrange(len(words))] = str(source.randrange(2000))
        return " ".join(words).capitalize() + source.choice(".....?!")

    def corpus(self):
        """Every word once with a space before it, then sentences."""
        for start in range(0, len(self.lexicon), 500):
            yield " " + " ".join(self.lexicon[start : start + 500])
        source = random.Random(SEED + 1)
        for _ in range(40_000):
            yield " ".join(self.sentence(source) for _ in range(2))


def train_tokenizer(language, vocabulary):
    """Byte-level BPE of exactly `vocabulary` entries which begins every text with BOS, as the Llama tokenizers do."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[BOS, EOS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(language.corpus(), trainer)
    begin = processors.TemplateProcessing(single=f"{BOS} $A", pair=f"{BOS} $A {BOS} $B", special_tokens=[(BOS, 0)])
    tokenizer.post_processor = begin
    if tokenizer.get_vocab_size() != vocabulary:
        sys.exit(f"the tokenizer has {tokenizer.get_vocab_size()} entries, not {vocabulary}")
    return tokenizer


def write_tokenizer(tokenizer, folder):
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": EOS,
        "model_max_length": CONTEXT,
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")


def text_of(tokenizer, language, source, length):
    """A text that the tokenizer turns into exactly `length` ids, BOS included."""
    text, have = "", 1
    while have < length:
        piece = (" " if text else "") + language.sentence(source)
        ids = tokenizer.encode(text + piece).ids
        if len(ids) > length:  # too long: word by word, skipping what does not fit
            piece = (" " if text else "") + language.words(1, source)[0]
            ids = tokenizer.encode(text + piece).ids
        if len(ids) <= length:
            text, have = text + piece, len(ids)
    return text


def numbered_texts(tokenizer, language, name, count, length):
    source = random.Random(f"{SEED} {name}")
    rows = []
    for index in range(count):
        text = text_of(tokenizer, language, source, length)
        rows.append({"id": f"{name}-{index}", "text": text, "ids": tokenizer.encode(text).ids})
    return rows


def four_choices(tokenizer, language, count=500):
    """Contexts of 52 to 68 ids, options of 2 to 8 ids after the context and a space, no two options alike up to the last id.

    (The harness answers options that differ in the last token only from one pass; such options would be a special case.)
    """
    source = random.Random(f"{SEED} choices")
    rows = []
    for index in range(count):
        answer_line = "?\nAnswer:"
        body = ""
        target = source.randrange(52, 69)
        while True:
            piece = (" " if body else "") + (language.sentence(source) if not body else language.words(1, source)[0])
            length = len(tokenizer.encode(body + piece + answer_line).ids)
            if length <= target:
                body += piece
            if length == target:
                break
        context = body + answer_line
        choices, begins = [], set()
        while len(choices) < 4:
            length, option, have = source.randrange(2, 9), "", 0
            while have < length:
                piece = (" " if option else "") + language.words(1, source)[0]
                ids = tokenizer.encode(context + " " + option + piece).ids[target:]
                if len(ids) <= length:
                    option, have = option + piece, len(ids)
            if tuple(ids[:-1]) not in begins:
                begins.add(tuple(ids[:-1]))
                choices.append(option)
        rows.append({"id": f"choices-{index:03}", "context": context, "choices": choices, "answer": source.randrange(4)})
    return rows


TASK = """\
# Read by lm-evaluation-harness with this folder as the working directory (the data file is named relative to it).
task: choices_500
dataset_path: json
dataset_kwargs:
  data_files:
    test: choices-500.jsonl
test_split: test
output_type: multiple_choice
doc_to_text: "{{context}}"
doc_to_choice: "{{choices}}"
doc_to_target: "{{answer}}"
target_delimiter: " "
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
metadata:
  version: 1.0
"""


def make(options):
    offline()
    import torch
    import transformers
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    load = os.getloadavg()
    transformers.utils.logging.disable_progress_bar()
    out = pathlib.Path(options.out)
    wanted = options.only or DEFAULT_MODELS
    language, tokenizers, rows = Language(), {}, []
    for name in wanted:
        vocabulary, hidden, layers, heads, kv_heads, mlp, tied = MODELS[name]
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        if vocabulary not in tokenizers:
            tokenizers[vocabulary] = train_tokenizer(language, vocabulary)
        tokenizer = tokenizers[vocabulary]
        write_tokenizer(tokenizer, folder)

        config = LlamaConfig(
            vocab_size=vocabulary,
            hidden_size=hidden,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            num_key_value_heads=kv_heads,
            head_dim=64,
            intermediate_size=mlp,
            max_position_embeddings=CONTEXT,
            rms_norm_eps=1e-5,
            initializer_range=0.02,
            tie_word_embeddings=tied,
            bos_token_id=0,
            eos_token_id=1,
        )
        torch.manual_seed(SEED)
        model = LlamaForCausalLM(config).float()
        model.save_pretrained(folder, max_shard_size="20GB")

        loaded = AutoTokenizer.from_pretrained(folder)
        probe = language.sentence(random.Random(0)) + "\nAnswer: 1 é €"
        if loaded.encode(probe) != tokenizer.encode(probe).ids or loaded.decode(loaded.encode(probe)[1:]) != probe:
            sys.exit(f"{name}: transformers reads the tokenizer otherwise than it was written")
        file = folder / "model.safetensors"
        file.chmod(0o644)  # it is written for the owner only
        with open(file, "rb") as bytes_of:
            digest = hashlib.file_digest(bytes_of, "sha256").hexdigest()
        rows.append((name, parameters(model), file.stat().st_size, digest[:16]))
        del model

    def texts(path, name, count, length):
        made = numbered_texts(tokenizers[MODELS[name][0]], language, path, count, length)
        write_lines(out / path, made)
        assert all(len(row["ids"]) == length for row in made)
        rows.append((path, f"{count} x {length} ids of {name}", (out / path).stat().st_size, ""))

    if "llama-125m" in wanted:
        texts("score-4x512.jsonl", "llama-125m", 4, 512)
        texts("prompts-8x64.jsonl", "llama-125m", 8, 64)
    if "llama-24m" in wanted:
        texts("score-4x512-llama-24m.jsonl", "llama-24m", 4, 512)
        tokenizer = tokenizers[MODELS["llama-24m"][0]]
        items = four_choices(tokenizer, language)
        write_lines(out / "choices-500.jsonl", items)
        write_lines(out / "lm_eval_task" / "choices-500.jsonl", items)
        (out / "lm_eval_task" / "choices_500.yaml").write_text(TASK)
        contexts = [len(tokenizer.encode(item["context"]).ids) for item in items]
        wholes = [[len(tokenizer.encode(f"{item['context']} {c}").ids) for c in item["choices"]] for item in items]
        ends = [whole - context for context, row in zip(contexts, wholes) for whole in row]
        stated = f"contexts {min(contexts)} to {max(contexts)} ids, mean {sum(contexts) / len(contexts):.1f}; "
        stated += f"options {min(ends)} to {max(ends)}, mean {sum(ends) / len(ends):.1f} (llama-24m); "
        stated += f"{sum(map(sum, wholes))} ids in 4 passes an item, {sum(contexts) + sum(ends)} with the context once"
        rows.append(("choices-500.jsonl", stated, (out / "choices-500.jsonl").stat().st_size, ""))
    show("make", {}, ("file", "parameters or contents", "bytes", "sha256"), rows, load_before=load)


# ----------------------------------------------------------------------------------------------------------------- score


def ids_of(path, folder, needed=None):
    """The `ids` of the file, which must be what the model's own tokenizer makes of the texts."""
    from transformers import AutoTokenizer

    rows = read_lines(path)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for row in rows:
        if tokenizer.encode(row["text"]) != row["ids"]:
            sys.exit(f"{path}: `ids` of {row['id']} were made with another tokenizer than that of {folder}")
    return [row["ids"] if needed is None else row["ids"][:needed] for row in rows]


def score(options):
    torch = set_threads(options.threads)
    from torch.nn.functional import log_softmax

    load = os.getloadavg()
    model = load_model(options.model, torch)
    ids = torch.tensor(ids_of(options.texts, options.model))
    tokens = ids.numel()

    def picked(logits, targets):
        return log_softmax(logits, dim=-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)

    def full():
        return picked(model(ids, use_cache=False).logits[:, :-1], ids[:, 1:])

    def head_per_sequence():
        hidden = model.model(ids, use_cache=False).last_hidden_state
        return torch.stack([picked(model.lm_head(h[:-1]), one[1:]) for h, one in zip(hidden, ids)])

    def one_by_one():
        rows = [picked(model(one[None], use_cache=False).logits[0, :-1], one[1:]) for one in ids]
        return torch.stack(rows)

    variants = {"full": full, "head-per-sequence": head_per_sequence, "one-by-one": one_by_one}
    names = {
        "full": "one batch, full logits",
        "head-per-sequence": "one batch, head per sequence",
        "one-by-one": "sequence by sequence",
    }
    rows, details, values = [], {}, None
    with torch.no_grad():
        for variant in options.variants.split(","):
            reset_peak()
            values, walls, cpus = repeated(variants[variant], options.repeats)
            total = values.double().sum().item()
            peak = memory()["peak"]
            rows.append((names[variant], min(walls), min(cpus), tokens / min(walls), tokens / min(cpus), f"{total:.4f}", peak))
            details[variant] = {"walls_s": walls, "cpus_s": cpus, "sum": total, "first": values[0, :4].tolist()}
    if options.dump:
        write_lines(pathlib.Path(options.dump), [{"logprobs": row} for row in values.tolist()])
    facts = {
        "model": pathlib.Path(options.model).name,
        "parameters": parameters(model),
        "shape": " x ".join(map(str, ids.shape)),
        "scored": int(ids.shape[0] * (ids.shape[1] - 1)),
        "details": details,
    }
    header = ("variant", "wall s", "CPU s", "tok/s", "tok/CPU s", "sum of log-probs", "peak MiB")
    show("score", facts, header, rows, options.threads, load)


# ---------------------------------------------------------------------------------------------------------------- decode


def decode(options):
    torch = set_threads(options.threads)
    load = os.getloadavg()
    model = load_model(options.model, torch)
    length, new, batch = options.prompt_tokens, options.new, options.batch
    if options.texts:
        prompts = ids_of(options.texts, options.model, length)
        if len(prompts[0]) < length:
            sys.exit(f"{options.texts} has texts of {len(prompts[0])} ids, not {length}")
        prompts = [prompts[row % len(prompts)] for row in range(batch)]
    else:
        source = random.Random(SEED)
        prompts = [[0] + [source.randrange(2, model.config.vocab_size) for _ in range(length - 1)] for _ in range(batch)]
    ids = torch.tensor(prompts)

    def by_hand():
        """Prefill, then `new` passes of one token a sequence; the time of the passes only."""
        step = model(ids, use_cache=True, logits_to_keep=1)
        token = step.logits[:, -1].argmax(-1, keepdim=True)
        produced = [token]

        def steps():
            nonlocal step, token
            for _ in range(new):
                step = model(token, past_key_values=step.past_key_values, use_cache=True, logits_to_keep=1)
                token = step.logits[:, -1].argmax(-1, keepdim=True)
                produced.append(token)

        _, wall, cpu = timed(steps)
        return torch.cat(produced, dim=1), wall, cpu

    model.generation_config.eos_token_id = None
    mask = torch.ones_like(ids)

    def generated(count):
        return model.generate(ids, attention_mask=mask, max_new_tokens=count, do_sample=False, use_cache=True, pad_token_id=1)

    rows, details = [], {}

    def add(name, walls, cpus):
        rate = batch * new / min(walls)
        rows.append((name, batch, min(walls) / new * 1000, min(cpus) / new * 1000, rate, batch * new / min(cpus)))
        details[name] = {"walls_s": walls, "cpus_s": cpus}

    with torch.no_grad():
        runs = [by_hand() for _ in range(options.repeats + 1)][1:]
        add("loop over past_key_values", [run[1] for run in runs], [run[2] for run in runs])
        produced = runs[-1][0]
        walls, cpus = [], []
        if not options.no_generate:
            whole = generated(new + 1)[:, length:]
            if not torch.equal(whole, produced):
                print("generate() and the loop give different tokens", file=sys.stderr)
            for _ in range(options.repeats):
                _, short_wall, short_cpu = timed(lambda: generated(1))
                _, long_wall, long_cpu = timed(lambda: generated(new + 1))
                walls.append(long_wall - short_wall)
                cpus.append(long_cpu - short_cpu)
            add(f"generate(), {new + 1} less 1", walls, cpus)
    facts = {
        "model": pathlib.Path(options.model).name,
        "parameters": parameters(model),
        "prompt_tokens": length,
        "new": new,
        "peak_mib": memory()["peak"],
        "prompts": prompts,
        "produced": produced.tolist(),
        "details": details,
    }
    header = ("variant", "batch", "wall ms/step", "CPU ms/step", "tok/s", "tok/CPU s")
    show("decode", facts, header, rows, options.threads, load)


# ------------------------------------------------------------------------------------------------------------------ gemm


def gemm(options):
    torch = set_threads(options.threads)
    load = os.getloadavg()
    m, k, n = options.size
    torch.manual_seed(SEED)
    left, right, rows_out = torch.randn(m, k), torch.randn(k, n), torch.randn(n, k)
    out = torch.empty(m, n)
    work = 2 * m * k * n / 1e9
    rows = []
    for name, call in (
        ("row-major x row-major", lambda: torch.mm(left, right, out=out)),
        ("row-major x transposed, as a linear layer", lambda: torch.mm(left, rows_out.t(), out=out)),
    ):
        _, walls, cpus = repeated(call, options.repeats)
        middle = sorted(walls)[len(walls) // 2]
        rows.append((name, work / min(walls), work / middle, work / min(cpus)))
    facts = {"size": f"{m} x {k} x {n}", "repeats": options.repeats}
    header = ("product", "GFLOP/s, best", "GFLOP/s, median", "GFLOP per CPU s, best")
    show("gemm", facts, header, rows, options.threads, load)


# --------------------------------------------------------------------------------------------------------------- choices


def child_choices(task):
    """One run of the harness in a fresh process, CPU and wall clocks read between its stages.

    `evaluate` is the whole of `simple_evaluate` after imports, task index and model; it ends with a survey of the machine
    (`pip`, compilers, git) in child processes, seconds that `scoring`, the log-likelihood requests alone, leaves out.
    """
    stages = {"python": {"wall_s": None, "cpu_s": cpu_of_process()}}
    last = [time.perf_counter(), cpu_of_process()]

    def stage(name):
        now = [time.perf_counter(), cpu_of_process()]
        stages[name] = {"wall_s": now[0] - last[0], "cpu_s": now[1] - last[1], "rss_mib": memory().get("rss")}
        last[:] = [time.perf_counter(), cpu_of_process()]

    os.environ["HF_HOME"] = task["scratch"]
    torch = set_threads(task["threads"])
    import lm_eval
    import lm_eval.models.huggingface  # noqa: F401
    from lm_eval.api.registry import get_model
    from lm_eval.tasks import TaskManager

    stage("imports")
    os.chdir(task["task_dir"])
    manager = TaskManager(include_path=".", include_defaults=task["task_index"])
    stage("task index")
    model = get_model("hf")(
        pretrained=task["model"], device="cpu", dtype="float32", batch_size=task["batch_size"], max_length=CONTEXT
    )
    torch.set_num_threads(task["threads"])
    stage("model")
    scoring, loglikelihood = [0.0, 0.0], model.loglikelihood

    def clocked(*given, **named):
        wall, cpu = time.perf_counter(), cpu_of_process()
        answers = loglikelihood(*given, **named)
        scoring[0] += time.perf_counter() - wall
        scoring[1] += cpu_of_process() - cpu
        return answers

    model.loglikelihood = clocked
    result = lm_eval.simple_evaluate(
        model=model, tasks=["choices_500"], task_manager=manager, limit=task["limit"], log_samples=True, num_fewshot=0
    )
    stage("evaluate")
    samples = sorted(result["samples"]["choices_500"], key=lambda sample: sample["doc_id"])
    reply = {
        "stages": stages,
        "scoring": {"wall_s": scoring[0], "cpu_s": scoring[1]},
        "items": len(samples),
        "acc": result["results"]["choices_500"]["acc,none"],
        "memory": memory(),
        "threads_seen": torch.get_num_threads(),
        "sums": [
            {"id": sample["doc"]["id"], "logprobs": [float(answer[0]) for answer in sample["filtered_resps"]]}
            for sample in samples
        ],
    }
    pathlib.Path(task["reply"]).write_text(json.dumps(reply))


def choices(options):
    load = os.getloadavg()
    rows, runs = [], {}
    for size in options.batch_sizes.split(","):
        measured = child(
            "child-choices",
            {
                "model": os.path.abspath(options.model),
                "task_dir": os.path.abspath(options.task_dir),
                "threads": options.threads,
                "batch_size": int(size) if size.isdigit() else size,
                "limit": options.limit,
                "task_index": not options.no_task_index,
            },
        )
        whole, stages, items = measured["process"], measured["stages"], measured["items"]
        evaluate, scoring = stages["evaluate"]["cpu_s"], measured["scoring"]
        rows.append(
            (size, items, whole["wall_s"], whole["cpu_s"], evaluate, scoring["wall_s"], scoring["cpu_s"],
             items / whole["cpu_s"], items / evaluate, items / scoring["cpu_s"], whole["peak_mib"],
             f"{measured['acc']:.3f}")
        )
        runs[size] = measured
    best = max(rows, key=lambda row: row[9])
    if options.dump:
        write_lines(pathlib.Path(options.dump), runs[best[0]]["sums"])
    facts = {
        "model": pathlib.Path(options.model).name,
        "best_batch_size": best[0],
        "items_per_cpu_s_whole": best[7],
        "items_per_cpu_s_evaluating": best[8],
        "items_per_cpu_s_scoring": best[9],
        "cpu_s_of_stages": ", ".join(f"{name} {s['cpu_s']:.2f}" for name, s in runs[best[0]]["stages"].items()),
        "runs": {size: {key: run[key] for key in ("stages", "scoring", "memory", "process")} for size, run in runs.items()},
    }
    header = ("batch size", "items", "wall s", "CPU s", "evaluate, CPU s", "scoring, wall s", "scoring, CPU s",
              "items/CPU s, whole", "evaluate", "scoring", "peak MiB", "acc")
    show("choices", facts, header, rows, options.threads, load)


# ------------------------------------------------------------------------------------------------------------------ load


def child_load(task):
    torch = set_threads(task["threads"])
    from transformers import AutoModelForCausalLM, LlamaForCausalLM  # noqa: F401

    imports = cpu_of_process()
    before = memory()
    reset_peak()
    model, wall, cpu = timed(lambda: load_model(task["model"], torch))
    loaded = memory()
    with torch.no_grad():
        _, first_wall, first_cpu = timed(lambda: model(torch.tensor([[0, 5]]), use_cache=False).logits)
    reply = {
        "imports_cpu_s": imports,
        "before": before,
        "loaded": loaded,
        "after_first": memory(),
        "load": {"wall_s": wall, "cpu_s": cpu},
        "first": {"wall_s": first_wall, "cpu_s": first_cpu},
        "dtype": str(next(model.parameters()).dtype),
        "parameters": parameters(model),
    }
    pathlib.Path(task["reply"]).write_text(json.dumps(reply))


def load(options):
    """`--repeats` fresh processes after one that brings the file into the page cache.

    The weights are mapped, not read, where the file is f32: only a forward pass touches them (all but the rows of the
    embedding that it does not need), so loading is shown with and without one of two tokens.
    """
    average = os.getloadavg()
    task = {"model": os.path.abspath(options.model), "threads": options.threads}
    size = sum(file.stat().st_size for file in pathlib.Path(options.model).glob("*.safetensors"))
    rows, runs = [], []
    for turn in range(options.repeats + 1):
        run = child("child-load", task)
        runs.append(run)
        both = run["load"]["wall_s"] + run["first"]["wall_s"]
        rows.append(
            ("first" if turn == 0 else f"warm {turn}", run["load"]["wall_s"], run["load"]["cpu_s"], both,
             run["load"]["cpu_s"] + run["first"]["cpu_s"], run["before"]["peak"], run["loaded"]["peak"],
             run["after_first"]["peak"], run["imports_cpu_s"], run["process"]["wall_s"], run["process"]["cpu_s"])
        )
    facts = {
        "model": pathlib.Path(options.model).name,
        "parameters": runs[0]["parameters"],
        "weights_mib": size / 2**20,
        "dtype": runs[0]["dtype"],
        "best_warm_load_wall_s": min(row[1] for row in rows[1:] or rows),
        "best_warm_load_and_first_pass_wall_s": min(row[3] for row in rows[1:] or rows),
        "runs": runs,
    }
    header = ("load", "wall s", "CPU s", "with a first pass, wall s", "with a first pass, CPU s", "peak MiB before",
              "loading", "after a pass", "imports, CPU s", "process, wall s", "process, CPU s")
    show("load", facts, header, rows, options.threads, average)


# ------------------------------------------------------------------------------------------------------------------ main


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name, call, text):
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(call=call)
        return made

    one = command("make", make, "writes the checkpoints, texts and four-choice items")
    one.add_argument("--out", required=True, metavar="DIR")
    one.add_argument("--only", action="append", choices=MODELS, metavar="NAME", help=f"{', '.join(MODELS)}; may be repeated")

    one = command("score", score, "log-probability of every next token, PyTorch")
    one.add_argument("--model", required=True, metavar="DIR")
    one.add_argument("--texts", required=True, metavar="FILE")
    one.add_argument("--threads", type=int, default=1)
    one.add_argument("--repeats", type=int, default=3)
    one.add_argument("--variants", default="full,head-per-sequence", help="of full, head-per-sequence, one-by-one")
    one.add_argument("--dump", metavar="FILE", help="writes the log-probabilities of the last variant, a line a text")

    one = command("decode", decode, "greedy decoding with a key/value cache, prefill not counted, PyTorch")
    one.add_argument("--model", required=True, metavar="DIR")
    one.add_argument("--texts", metavar="FILE", help="take the prompts from this file (else random ids from a fixed seed)")
    one.add_argument("--threads", type=int, default=1)
    one.add_argument("--batch", type=int, default=1)
    one.add_argument("--prompt-tokens", type=int, default=64)
    one.add_argument("--new", type=int, default=64)
    one.add_argument("--repeats", type=int, default=3)
    one.add_argument("--no-generate", action="store_true", help="only the loop, not generate()")

    one = command("gemm", gemm, "f32 matrix product of PyTorch")
    one.add_argument("--threads", type=int, default=1)
    one.add_argument("--size", type=int, nargs=3, default=(2048, 768, 2048), metavar=("M", "K", "N"))
    one.add_argument("--repeats", type=int, default=20)

    one = command("choices", choices, "four-choice items with lm-evaluation-harness, each batch size in its own process")
    one.add_argument("--model", required=True, metavar="DIR")
    one.add_argument("--task-dir", required=True, metavar="DIR")
    one.add_argument("--threads", type=int, default=1)
    one.add_argument("--batch-sizes", default="1,8,16")
    one.add_argument("--limit", type=int, help="only the first items")
    one.add_argument("--no-task-index", action="store_true", help="spare the harness the index of its own tasks")
    one.add_argument("--dump", metavar="FILE", help="writes the four sums of every item of the best batch size")

    one = command("load", load, "from_pretrained in f32, each load in its own process")
    one.add_argument("--model", required=True, metavar="DIR")
    one.add_argument("--threads", type=int, default=1)
    one.add_argument("--repeats", type=int, default=2)
    return parser.parse_args()


def main():
    if len(sys.argv) == 3 and sys.argv[1] in ("child-choices", "child-load"):
        call = child_choices if sys.argv[1] == "child-choices" else child_load
        return call(json.loads(sys.argv[2]))
    options = arguments()
    options.call(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
