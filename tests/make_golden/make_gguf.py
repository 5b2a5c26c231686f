#!/usr/bin/env python3
"""Make tiny GGUF files from golden folders with llama.cpp's converter, and reference outputs for them.

    python make_gguf.py --llama-cpp LLAMA_CPP_FOLDER --golden EXISTING_GOLDEN_FOLDER --made MADE_FOLDER --out OUT [NAME ...]

`LLAMA_CPP_FOLDER` holds `convert_hf_to_gguf.py` (the sdist of `llama-cpp-python` has it under `vendor/llama.cpp`),
`EXISTING_GOLDEN_FOLDER` the golden cases that came first, `MADE_FOLDER` what `make_local_models.py` wrote. For every name
`OUT/NAME.gguf` and `OUT/NAME.json` are written. The reference numbers come from the `transformers` model whose weights are
those STORED in the file: every tensor is read back and dequantised with the `gguf` package, and whatever the converter did
to its layout is undone. Where the format of an architecture has no place for a setting of the source, the model is
computed as the file describes it, and `notes` says so.
"""

import argparse
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

GREEDY_TOKENS = 12


@dataclass
class Spec:
    """One GGUF file; its name is the source folder's."""

    source: str
    file_type: str
    pre_tokenizer: str  # what llama.cpp calls the split pattern of the byte-level BPE; "" for SentencePiece
    notes: str
    config: dict = field(default_factory=dict)  # what the file does not say, as the file's reader must take it
    extra_hparams: dict = field(default_factory=dict)  # keys that the converter wants in config.json


SPECS = [
    Spec(
        "llama",
        "f32",
        "llama-bpe",
        "q and k rows permuted (neighbour-pair rope); the llama3 rope scaling is the tensor rope_freqs.weight "
        "(divisors of the frequencies), there is no rope.scaling key",
    ),
    Spec(
        "qwen2",
        "q8_0",
        "qwen2",
        "all matrices Q8_0 (the tied token_embd too), norms and biases F32, rows not permuted; no output.weight; "
        "12 padding tokens [PAD420].. of type 5; the NFC normaliser of the source is not in the file",
    ),
    Spec(
        "gpt2",
        "f32",
        "gpt-2",
        "matrices transposed to [out, in], position_embd.weight; gpt2.feed_forward_length says 4*n_embd = 256 although the "
        "source has n_inner 128: the shape of ffn_up.weight is right",
        extra_hparams={"n_ctx": 256},
    ),
    Spec(
        "gpt_neox",
        "f16",
        "gpt-2",
        "matrices F16, norms and biases F32; attn_qkv rows are all q, then all k, then all v (not by head as in "
        "the source); no rope.freq_base key (1e4) and no head_count_kv",
    ),
    Spec("qwen3", "f16", "qwen2", "matrices F16, norms F32, rows not permuted, tied: no output.weight"),
    Spec(
        "phi3",
        "f32",
        "llama-bpe",
        "fused attn_qkv and ffn_up (gate rows first), rope.dimension_count 8 of 16; attention.sliding_window 20 is in "
        "the file and used here (llama.cpp itself ignores it for phi3)",
    ),
    Spec(
        "gemma3_text",
        "f32",
        "",
        "norm weights hold the +1; SentencePiece tokenizer (control and user-defined pieces marked by token_type); the file "
        "has no query_pre_attn_scalar (source: 24), so the scale here is head_dim^-0.5 = 1/4; rope.scaling linear 8 is for "
        "the full layers only, rope.freq_base_swa 1e4 (files of older converters lack the key) for the sliding ones; no "
        "layer pattern in the file (every 6th full)",
        config={"query_pre_attn_scalar": 16},
    ),
    Spec("olmo2", "f32", "llama-bpe", "norms of the whole q and k rows; post norms; rows not permuted"),
    Spec(
        "mistral",
        "f32",
        "llama-bpe",
        "architecture llama in the file: q and k rows permuted, and no sliding window (source: 16), so every layer is full here",
        config={"sliding_window": None},
    ),
]

# ---------------------------------------------------------------------------------------------------------------------
# Conversion (in a process of its own, with llama.cpp's own gguf package)
# ---------------------------------------------------------------------------------------------------------------------


def stage(spec: Spec, source: Path, folder: Path) -> None:
    """A copy of the source with what the converter asks for besides."""
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        if (source / name).exists():
            shutil.copyfile(source / name, folder / name)
            (folder / name).chmod(0o644)
    config = json.loads((folder / "config.json").read_text()) | spec.extra_hparams
    (folder / "config.json").write_text(json.dumps(config))
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    # phi3 is converted as byte-level BPE under this class name only
    settings["tokenizer_class"] = "GPT2Tokenizer" if spec.source == "phi3" else "PreTrainedTokenizerFast"
    if not spec.pre_tokenizer:
        from make_local_models import train_gemma_sentencepiece

        (folder / "tokenizer.model").write_bytes(train_gemma_sentencepiece())
        settings["added_tokens_decoder"] = added_tokens(folder)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def added_tokens(folder: Path) -> dict:
    """`added_tokens_decoder` of a tokenizer_config.json (tells the converter which pieces are control or user-defined)."""
    tokens = json.loads((folder / "tokenizer.json").read_text())["added_tokens"]
    return {str(token.pop("id")): token for token in tokens}


def convert(spec: Spec, llama_cpp: Path, source: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / spec.source
        folder.mkdir()
        stage(spec, source, folder)
        command = [sys.executable, __file__, "--converter", str(llama_cpp), spec.pre_tokenizer]
        command += [str(folder), "--outfile", str(target), "--outtype", spec.file_type]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{spec.source}: conversion failed\n{done.stdout}{done.stderr}")


def run_converter(llama_cpp: str, pre_tokenizer: str, arguments: list[str]) -> None:
    """llama.cpp's converter with two changes: a fixed answer to "which pre-tokenizer is this" (it knows published ones by
    hash), and the keys of config.json kept that the library's config class renames (gpt_neox: rotary_pct)."""
    sys.path[:0] = [llama_cpp, str(Path(llama_cpp) / "gguf-py")]
    import conversion.base
    import convert_hf_to_gguf

    base = conversion.base
    load_hparams = base.ModelBase.load_hparams

    def load_hparams_and_raw(folder, is_mistral_format):
        return json.loads((folder / "config.json").read_text()) | load_hparams(folder, is_mistral_format)

    base.ModelBase.load_hparams = staticmethod(load_hparams_and_raw)
    base.TextModel.get_vocab_base_pre = lambda self, tokenizer: pre_tokenizer
    sys.argv = ["convert_hf_to_gguf.py"] + arguments
    convert_hf_to_gguf.main()


# ---------------------------------------------------------------------------------------------------------------------
# Reading the stored weights back into the library's model
# ---------------------------------------------------------------------------------------------------------------------

LLAMA_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "self_attn.qkv_proj": "attn_qkv",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.gate_up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
POST_NORM_NAMES = LLAMA_NAMES | {
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}
NAMES = {
    "olmo2": POST_NORM_NAMES,
    "gemma3_text": POST_NORM_NAMES,
    "gpt2": {
        "transformer.wte": "token_embd",
        "transformer.wpe": "position_embd",
        "transformer.ln_f": "output_norm",
        "ln_1": "attn_norm",
        "attn.c_attn": "attn_qkv",
        "attn.c_proj": "attn_output",
        "ln_2": "ffn_norm",
        "mlp.c_fc": "ffn_up",
        "mlp.c_proj": "ffn_down",
    },
    "gpt_neox": {
        "gpt_neox.embed_in": "token_embd",
        "gpt_neox.final_layer_norm": "output_norm",
        "lm_head": "output",
        "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
        "attention.query_key_value": "attn_qkv",
        "attention.dense": "attn_output",
        "mlp.dense_h_to_4h": "ffn_up",
        "mlp.dense_4h_to_h": "ffn_down",
    },
}


def stored_name(model_type: str, name: str) -> str:
    """The GGUF name of a parameter of the library's model."""
    names = NAMES.get(model_type, LLAMA_NAMES)
    module, _, kind = name.rpartition(".")
    parts = module.split(".")
    if "layers" in parts or "h" in parts:
        at = parts.index("layers" if "layers" in parts else "h") + 1
        return f"blk.{parts[at]}.{names['.'.join(parts[at + 1 :])]}.{kind}"
    return f"{names[module]}.{kind}"


def restore(config, name: str, stored):
    """Undo what the converter did to the layout or the values of a tensor."""
    kind = config.model_type
    heads = config.num_attention_heads
    if kind in ("llama", "mistral") and ("q_proj" in name or "k_proj" in name):
        count = heads if "q_proj" in name else config.num_key_value_heads
        rows = stored.reshape(count, stored.shape[0] // count // 2, 2, *stored.shape[1:])
        return rows.swapaxes(1, 2).reshape(stored.shape)
    if kind == "gemma3_text" and "norm" in name:
        return stored - 1
    if kind == "gpt2" and ".c_" in name and name.endswith(".weight"):
        return stored.T
    if kind == "gpt_neox" and "query_key_value" in name:
        rows = stored.reshape(3, heads, stored.shape[0] // heads // 3, *stored.shape[1:])
        return rows.swapaxes(0, 1).reshape(stored.shape)
    return stored


def load_stored(spec: Spec, source: Path, gguf_file: Path):
    """The library's model with the weights of the GGUF file; also how far they are from the source's."""
    import gguf
    import torch
    import transformers

    config = transformers.AutoConfig.from_pretrained(source)
    for key, value in spec.config.items():
        setattr(config, key, value)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        source, config=config, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    tensors = {t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(gguf_file).tensors}
    used, moved = set(), 0.0
    with torch.no_grad():
        for name, param in model.named_parameters():
            key = stored_name(config.model_type, name)
            value = torch.from_numpy(restore(config, name, tensors[key]).copy()).to(torch.float32)
            assert value.shape == param.shape, (name, value.shape, param.shape)
            moved = max(moved, float((value - param).abs().max()))
            param.copy_(value)
            used.add(key)
    left = set(tensors) - used
    assert left <= {"rope_freqs.weight"}, f"tensors of the file without a place in the model: {left}"
    return model, moved


# ---------------------------------------------------------------------------------------------------------------------
# Reference outputs
# ---------------------------------------------------------------------------------------------------------------------


def reference_case(model, tokenizer, prompt: str) -> dict:
    import torch
    from make_local_models import SMALLEST_MARGIN, all_logits, cached_greedy, check_greedy_without_cache, log_softmax

    ids = tokenizer.encode(prompt).ids
    table = log_softmax(all_logits(model, ids))
    greedy, logprobs, margin = cached_greedy(model, ids, GREEDY_TOKENS)
    check_greedy_without_cache(model, ids, greedy, logprobs)
    assert margin > SMALLEST_MARGIN, (prompt, margin)
    top = torch.topk(table[-1], 5)
    return {
        "prompt": prompt,
        "ids": ids,
        "token_logprobs": [round(float(table[i, tok]), 5) for i, tok in enumerate(ids[1:])],
        "top5_next": [
            {"id": int(i), "token": tokenizer.id_to_token(int(i)), "logprob": round(float(v), 5)}
            for v, i in zip(top.values, top.indices)
        ],
        "greedy12": greedy,
        "greedy12_text": tokenizer.decode(greedy, skip_special_tokens=False),
        "greedy_min_margin": round(margin, 5),
    }


def versions() -> dict:
    import importlib.metadata

    import gguf  # noqa: F401  (the installed package, not llama.cpp's copy)
    import torch
    import transformers

    return {
        "transformers": transformers.__version__,
        "torch": torch.__version__,
        "gguf": importlib.metadata.version("gguf") + " (python package)",
        "converter": "llama.cpp's convert_hf_to_gguf.py (in the sdist of llama-cpp-python)",
        "compute": "f32, eager attention, 1 thread, every weight dequantised to f32",
    }


def make(spec: Spec, args: argparse.Namespace) -> str:
    """One GGUF file and its reference; returns a line of facts."""
    from tokenizers import Tokenizer

    source = args.made / spec.source if (args.made / spec.source).is_dir() else args.golden / spec.source
    target = args.out / f"{spec.source}.gguf"
    convert(spec, args.llama_cpp, source, target)
    target.chmod(0o644)
    model, moved = load_stored(spec, source, target)
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    prompts = [case["prompt"] for case in json.loads((source / "golden.json").read_text())["cases"]]
    result = {
        "made_by": versions(),
        "source": spec.source,
        "file_type": spec.file_type,
        "notes": spec.notes,
        "cases": [reference_case(model, tokenizer, prompt) for prompt in prompts],
    }
    (args.out / f"{spec.source}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False))
    margin = min(case["greedy_min_margin"] for case in result["cases"])
    return (
        f"gguf/{spec.source} {spec.file_type} bytes={target.stat().st_size} min_margin={margin} "
        f"largest weight change={moved:.3g}"
    )


def main() -> None:
    if sys.argv[1:2] == ["--converter"]:
        run_converter(sys.argv[2], sys.argv[3], sys.argv[4:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--llama-cpp", type=Path, required=True, help="folder of convert_hf_to_gguf.py")
    parser.add_argument("--golden", type=Path, required=True, help="folder of the existing golden cases")
    parser.add_argument("--made", type=Path, required=True, help="folder that make_local_models.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="where NAME.gguf and NAME.json go")
    parser.add_argument("names", nargs="*", help="only these")
    args = parser.parse_args()
    import torch
    import transformers

    logging.getLogger("transformers").setLevel(logging.ERROR)
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    for spec in SPECS:
        if not args.names or spec.source in args.names:
            print(make(spec, args), flush=True)


if __name__ == "__main__":
    main()
