#!/usr/bin/env python3
"""Make the golden folders of further local model architectures.

Every folder is a complete tiny checkpoint with random weights, as a hub would hold it (`config.json`, `model.safetensors`,
`tokenizer.json`, `tokenizer_config.json`), and `golden.json` with the reference outputs of the `transformers` library
(CPU, f32, one thread, eager attention). The prompts, the continuation pairs, the chat conversations and most of the
tokenizers are taken from the golden folders that exist already; see their README.md for the fields of `golden.json`.

    python make_local_models.py --golden EXISTING_GOLDEN_FOLDER --out OUTPUT_FOLDER [NAME ...]

Needs torch, transformers, tokenizers, safetensors, sentencepiece and jinja2. The same versions give the same files.
"""

import argparse
import collections
import copy
import dataclasses
import json
import logging
import math
import os
import platform
import shutil
import tempfile
from pathlib import Path
from typing import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import safetensors.torch
import sentencepiece
import tokenizers
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers.utils.chat_template_utils import render_jinja_template

SMALLEST_MARGIN = 0.002  # greedy decoding must never hang on a tie
FEWEST_DISTINCT = 8  # nor consist of a few tokens over and over
GREEDY_TOKENS = 20
MAX_FOLDER_BYTES = 600_000
LONGROPE_ORIGINAL_LENGTH = 80

# ---------------------------------------------------------------------------------------------------------------------
# Weights
# ---------------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Spread:
    """How the random weights of a model are spread."""

    logits: float = 1.5
    norm_centre: float = 1.0
    head_norm_centre: float = 1.0  # of q_norm and k_norm
    final_norm_centre: float = 1.0  # larger with smaller logits: a tied model is then less fond of its last token
    bias: float = 0.3


def fill_weights(model, seed: int, spread: Spread) -> None:
    """Random weights under which attention is sharp and the logits spread, with no norm or bias at its neutral value."""
    gen = torch.Generator().manual_seed(seed)
    hidden = model.config.hidden_size
    tied = model.config.tie_word_embeddings
    for name, param in model.named_parameters():  # (a tied head is named once)
        noise = torch.randn(param.shape, generator=gen)
        if name.endswith(("q_norm.weight", "k_norm.weight")):
            value = spread.head_norm_centre + 0.25 * noise
        elif name.endswith("model.norm.weight"):
            value = spread.final_norm_centre + 0.25 * noise
        elif "norm" in name.lower() and name.endswith(".weight"):
            value = spread.norm_centre + 0.25 * noise
        elif param.dim() == 1:
            value = spread.bias * noise
        elif name.endswith(("lm_head.weight", "embed_out.weight")) or ("embed" in name and tied):
            value = noise * (spread.logits / math.sqrt(hidden))
        elif "embed" in name:
            value = 0.5 * noise
        else:
            value = noise * (linear_gain(name) / math.sqrt(param.shape[1]))
        with torch.no_grad():
            param.copy_(value)


def linear_gain(name: str) -> float:
    """Spread of a linear layer's outputs for inputs of unit spread."""
    if any(part in name for part in ("o_proj", "down_proj", "attention.dense", "dense_4h_to_h")):
        return 0.8
    if any(part in name for part in ("q_proj", "k_proj", "qkv", "query_key_value", "query", "key")):
        return 1.4
    return 1.1


def round_weights(model, dtype: torch.dtype) -> None:
    """Round the parameters, and only them (never the rotary frequencies), to what `dtype` can hold."""
    with torch.no_grad():
        for param in model.parameters():
            param.copy_(param.to(dtype).to(torch.float32))


# ---------------------------------------------------------------------------------------------------------------------
# Reference outputs of a causal language model
# ---------------------------------------------------------------------------------------------------------------------


def log_softmax(logits: torch.Tensor) -> torch.Tensor:
    return torch.log_softmax(logits.to(torch.float64), dim=-1)


def all_logits(model, ids: list[int]) -> torch.Tensor:
    """Logits after every position of one sequence, without a cache."""
    with torch.no_grad():
        return model(torch.tensor([ids]), use_cache=False).logits[0]


def cached_greedy(model, ids: list[int], count: int) -> tuple[list[int], list[float], float]:
    """Greedy decoding with the cache: ids, their log-probs, the smallest gap between first and second choice."""
    cache = transformers.DynamicCache(config=model.config)
    step, out, logprobs, margin = list(ids), [], [], math.inf
    for _ in range(count):
        with torch.no_grad():
            logits = model(torch.tensor([step]), past_key_values=cache, use_cache=True).logits[0, -1]
        best = torch.topk(log_softmax(logits), 2)
        margin = min(margin, float(best.values[0] - best.values[1]))
        out.append(int(best.indices[0]))
        logprobs.append(float(best.values[0]))
        step = [out[-1]]
    return out, logprobs, margin


def check_greedy_without_cache(model, ids: list[int], out: list[int], logprobs: list[float]) -> None:
    """The cached greedy tokens must be those of one pass over the whole sequence."""
    table = log_softmax(all_logits(model, ids + out[:-1]))[len(ids) - 1 :]
    assert [int(row.argmax()) for row in table] == out, "the cache changes the greedy tokens"
    worst = max(abs(float(row[tok]) - lp) for row, tok, lp in zip(table, out, logprobs))
    assert worst < 1e-4, f"the cache changes a log-prob by {worst}"


def score_prompt(model, tokenizer: Tokenizer, prompt: str) -> dict:
    """One entry of `cases`."""
    ids = tokenizer.encode(prompt).ids
    logits = all_logits(model, ids)
    table = log_softmax(logits)
    logprobs = [float(table[i, tok]) for i, tok in enumerate(ids[1:])]
    top = torch.topk(table[-1], 5)
    greedy, greedy_logprobs, margin = cached_greedy(model, ids, GREEDY_TOKENS)
    check_greedy_without_cache(model, ids, greedy, greedy_logprobs)
    return {
        "prompt": prompt,
        "ids": ids,
        "token_logprobs": [round(x, 6) for x in logprobs],
        "sum_logprob": round(sum(logprobs), 5),
        "token_is_greedy": [int(table[i].argmax()) == tok for i, tok in enumerate(ids[1:])],
        "top5_next": [{"id": int(i), "logprob": round(float(v), 6)} for v, i in zip(top.values, top.indices)],
        "greedy20": greedy,
        "greedy20_logprobs": [round(x, 6) for x in greedy_logprobs],
        "greedy20_text": tokenizer.decode(greedy, skip_special_tokens=False),
        "greedy_min_margin": round(margin, 5),
        "logit_max_abs": round(float(logits.abs().max()), 4),
    }


def score_pair(model, tokenizer: Tokenizer, context: str, continuation: str) -> dict:
    """One entry of `pairs`."""
    context_ids = tokenizer.encode(context).ids
    ids = tokenizer.encode(context + continuation).ids
    table = log_softmax(all_logits(model, ids))
    span = range(len(context_ids), len(ids))
    return {
        "context": context,
        "continuation": continuation,
        "full_ids": ids,
        "context_len": len(context_ids),
        "context_ids_are_prefix": ids[: len(context_ids)] == context_ids,
        "continuation_logprob": round(sum(float(table[i - 1, ids[i]]) for i in span), 5),
        "continuation_is_greedy": all(int(table[i - 1].argmax()) == ids[i] for i in span),
    }


def render_chats(tokenizer: Tokenizer, template: str, specials: dict, conversations: list) -> list[dict]:
    """The `chat` list: every conversation rendered and encoded without added special tokens, or the template's error."""
    out = []
    for messages, add_generation_prompt in conversations:
        entry = {"messages": messages, "add_generation_prompt": add_generation_prompt}
        try:
            rendered = render_jinja_template(
                [messages], chat_template=template, add_generation_prompt=add_generation_prompt, **specials
            )[0][0]
            entry["rendered"] = rendered
            entry["ids"] = tokenizer.encode(rendered, add_special_tokens=False).ids
        except Exception as error:  # the template called raise_exception
            entry["error"] = str(error)
        out.append(entry)
    return out


def made_by() -> dict:
    return {
        "transformers": transformers.__version__,
        "torch": torch.__version__,
        "tokenizers": tokenizers.__version__,
        "python": platform.python_version(),
        "attn": "eager",
        "threads": torch.get_num_threads(),
    }


# ---------------------------------------------------------------------------------------------------------------------
# Tokenizers
# ---------------------------------------------------------------------------------------------------------------------

CORPUS = [
    "The harbour clerk wrote the name of every ship in the ledger.",
    "Question: which ship carried salt? Answer: the Marigold carried salt.",
    "Question: which ship carried rope? Answer: the Swallow carried rope.",
    "A ledger remembers, a clerk forgets.",
    "On Monday the Marigold carried salt, on Tuesday it carried rope.",
    "On Wednesday the Swallow carried barrels and crates to the harbour.",
    "Ana moved from Porto to Bergen in March; she counted crates and barrels.",
    "Every clerk counted the tonnes twice, quietly, and wrote the total down.",
    "Le port est froid, le café est chaud, la mer est calme.",
    "def count(items): total = 0; return total",
    "Who forgets? The clerk forgets, the ledger remembers.",
    "Ships carry rope, salt, oil and letters; ledgers carry the numbers.",
    "Be brief. Name a ship. Its cargo? Rope, forty crates of it.",
    "The captain asked the clerk for the weather of the week before.",
    "Bergen is north of Porto, and the harbour there is quiet in winter.",
]

GEMMA_TEMPLATE = """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- set opening = messages[0]['content'] | trim + '\n\n' -%}
    {%- set turns = messages[1:] -%}
{%- else -%}
    {%- set opening = '' -%}
    {%- set turns = messages -%}
{%- endif -%}
{%- for message in turns -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if message['role'] == 'assistant' -%}
        {%- set role = 'model' -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\n' + (opening if loop.first else '') + message['content'] | trim + '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{ '<start_of_turn>model\n' }}
{%- endif -%}
"""


def train_gemma_sentencepiece(vocab_size: int = 400) -> bytes:
    """A SentencePiece BPE model with Gemma's options; returns the bytes of `tokenizer.model`."""
    with tempfile.TemporaryDirectory() as folder:
        prefix = str(Path(folder) / "spm")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(CORPUS),
            model_prefix=prefix,
            model_type="bpe",
            vocab_size=vocab_size,
            character_coverage=1.0,
            byte_fallback=True,
            split_digits=True,
            allow_whitespace_only_pieces=True,
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            pad_id=0,
            pad_piece="<pad>",
            eos_id=1,
            eos_piece="<eos>",
            bos_id=2,
            bos_piece="<bos>",
            unk_id=3,
            unk_piece="<unk>",
            user_defined_symbols=["<start_of_turn>", "<end_of_turn>", "\n", "\n\n"],
            num_threads=1,
            minloglevel=2,
        )
        return Path(prefix + ".model").read_bytes()


def gemma_tokenizer(model_bytes: bytes) -> Tokenizer:
    """The `tokenizer.json` form of a SentencePiece BPE model, put together as Gemma's is."""
    spm = sentencepiece.SentencePieceProcessor(model_proto=model_bytes)
    pieces = [spm.id_to_piece(i) for i in range(spm.get_piece_size())]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    merges = []
    for i, piece in enumerate(pieces):
        if spm.is_control(i) or spm.is_unknown(i) or spm.is_byte(i) or spm.get_score(i) == 0.0 and i < 8:
            continue
        for cut in range(1, len(piece)):
            left, right = piece[:cut], piece[cut:]
            if left in vocab and right in vocab:
                merges.append((-spm.get_score(i), len(left), len(right), left, right))
    merges = [(left, right) for _, _, _, left, right in sorted(merges)]
    tokenizer = Tokenizer(
        models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.add_special_tokens(["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"])
    tokenizer.add_tokens([tokenizers.AddedToken(t, normalized=False) for t in ("\n", "\n\n")])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos> $B", special_tokens=[("<bos>", vocab["<bos>"])]
    )
    return tokenizer


def check_against_sentencepiece(tokenizer: Tokenizer, model_bytes: bytes, texts: list[str]) -> None:
    spm = sentencepiece.SentencePieceProcessor(model_proto=model_bytes)
    for text in texts:
        ours = tokenizer.encode(text, add_special_tokens=False).ids
        assert ours == spm.encode(text), f"tokenizer.json and tokenizer.model disagree on {text!r}"


def train_wordpieces(words: list[str], vocab_size: int) -> list[str]:
    """WordPiece pieces by repeated merging of the most frequent pair; ties go to the first in order of spelling
    (the trainer of the tokenizers library breaks them at random)."""
    counts = collections.Counter(words)
    splits = {word: [word[0]] + ["##" + c for c in word[1:]] for word in counts}
    pieces = sorted({piece for split in splits.values() for piece in split})
    while len(pieces) < vocab_size:
        pairs = collections.Counter()
        for word, split in splits.items():
            for pair in zip(split, split[1:]):
                pairs[pair] += counts[word]
        if not pairs:
            break
        left, right = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merged = left + right.removeprefix("##")
        if merged not in pieces:
            pieces.append(merged)
        for word, split in splits.items():
            for i in range(len(split) - 1, 0, -1):
                if split[i - 1 : i + 1] == [left, right]:
                    split[i - 1 : i + 1] = [merged]
    return pieces


def bert_tokenizer(vocab_size: int = 300) -> Tokenizer:
    """A lower-casing WordPiece tokenizer as BERT's."""
    normalizer, pre_tokenizer = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    lines = [normalizer.normalize_str(line) for line in CORPUS]
    words = [word for line in lines for word, _ in pre_tokenizer.pre_tokenize_str(line)]
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = specials + train_wordpieces(words, vocab_size - len(specials))
    tokenizer = Tokenizer(models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(specials)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


# ---------------------------------------------------------------------------------------------------------------------
# What to make
# ---------------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Spec:
    """One folder (or several with the same weights: see `variants`)."""

    name: str
    arch: str
    notes: str
    model_class: str
    config: Callable[[], "transformers.PreTrainedConfig"]
    tokenizer: str  # an existing golden folder, or "gemma"
    seed: int
    spread: Spread = dataclasses.field(default_factory=Spread)
    dtype: torch.dtype = torch.float32  # of the stored weights
    rewrite_config: Callable[[dict], dict] | None = None  # from what save_pretrained writes to what the folder holds


def decoder_sizes(**more) -> dict:
    """The sizes that most of the models share."""
    sizes = dict(
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=80,
        max_position_embeddings=512,
        vocab_size=400,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=None,
    )
    sizes.update(more)
    return sizes


def mistral_config():
    return transformers.MistralConfig(
        **decoder_sizes(head_dim=24, sliding_window=16, tie_word_embeddings=False, rms_norm_eps=1e-5),
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
    )


def qwen3_config():
    return transformers.Qwen3Config(
        **decoder_sizes(vocab_size=432, head_dim=32, tie_word_embeddings=True, eos_token_id=2),
        rope_parameters={"rope_type": "default", "rope_theta": 1000000.0},
    )


def qwen2_sliding_config():
    return transformers.Qwen2Config(
        **decoder_sizes(vocab_size=432, num_hidden_layers=3, tie_word_embeddings=True, eos_token_id=2),
        use_sliding_window=True,
        sliding_window=12,
        max_window_layers=1,
        rope_parameters={"rope_type": "default", "rope_theta": 1000000.0},
    )


def qwen2_sliding_published(config: dict) -> dict:
    """The keys of published Qwen2 files: no layer_types, rope_theta at the top."""
    config = dict(config)
    config.pop("layer_types")
    config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
    config["torch_dtype"] = config.pop("dtype")
    return config


def phi3_config():
    return transformers.Phi3Config(
        **decoder_sizes(sliding_window=20, tie_word_embeddings=False),
        original_max_position_embeddings=512,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
    )


def phi3_longrope_config():
    gen = torch.Generator().manual_seed(5)
    factors = [[round(float(x), 4) for x in 1 + 3 * torch.rand(8, generator=gen)] for _ in range(2)]
    return transformers.Phi3Config(
        **decoder_sizes(sliding_window=None, tie_word_embeddings=False),
        original_max_position_embeddings=LONGROPE_ORIGINAL_LENGTH,
        rope_parameters={
            "rope_type": "longrope",
            "rope_theta": 10000.0,
            "short_factor": factors[0],
            "long_factor": factors[1],
        },
    )


def gemma3_config():
    return transformers.Gemma3TextConfig(
        **decoder_sizes(hidden_size=48, intermediate_size=40, num_hidden_layers=7, head_dim=16, sliding_window=16)
        | dict(bos_token_id=2, eos_token_id=1, pad_token_id=0),
        query_pre_attn_scalar=24,
        rope_parameters={
            "full_attention": {"rope_type": "linear", "rope_theta": 1000000.0, "factor": 8.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
        },
    )


def gemma3_published(config: dict) -> dict:
    """The keys of published Gemma 3 text files (transformers 4)."""
    config = dict(config)
    rope = config.pop("rope_parameters")
    config.pop("layer_types")
    config.pop("_sliding_window_pattern", None)
    config["sliding_window_pattern"] = 6
    config["rope_theta"] = rope["full_attention"]["rope_theta"]
    config["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
    config["rope_scaling"] = {"rope_type": "linear", "factor": rope["full_attention"]["factor"]}
    config["torch_dtype"] = config.pop("dtype")
    return config


def gemma3_multimodal(config: dict) -> dict:
    """The keys of published multimodal Gemma 3 files: whatever has its default value in the text part is left out."""
    keep = (
        "vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads num_key_value_heads head_dim "
        "max_position_embeddings query_pre_attn_scalar sliding_window model_type"
    ).split()
    text = {key: config[key] for key in keep}
    text["rope_scaling"] = {"factor": 8.0, "rope_type": "linear"}
    return {
        "architectures": ["Gemma3ForConditionalGeneration"],
        "boi_token_index": 398,
        "eoi_token_index": 399,
        "image_token_index": 397,
        "eos_token_id": [1, 5],
        "initializer_range": 0.02,
        "mm_tokens_per_image": 4,
        "model_type": "gemma3",
        "text_config": text,
        "torch_dtype": "float32",
        "vision_config": {
            "hidden_size": 8,
            "image_size": 16,
            "intermediate_size": 16,
            "model_type": "siglip_vision_model",
            "num_attention_heads": 2,
            "num_hidden_layers": 1,
            "patch_size": 4,
            "vision_use_head": False,
        },
    }


def olmo2_config():
    return transformers.Olmo2Config(
        **decoder_sizes(tie_word_embeddings=False, rms_norm_eps=1e-6),
        rope_parameters={"rope_type": "default", "rope_theta": 500000.0},
    )


def gpt_neox_sequential_config():
    sizes = decoder_sizes(vocab_size=384, intermediate_size=128, eos_token_id=0)
    del sizes["num_key_value_heads"]
    return transformers.GPTNeoXConfig(
        **sizes,
        hidden_act="gelu_new",
        use_parallel_residual=False,
        attention_bias=True,
        tie_word_embeddings=False,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
    )


def llama_linear_config():
    return transformers.LlamaConfig(
        **decoder_sizes(head_dim=20, tie_word_embeddings=False, rms_norm_eps=1e-5),
        attention_bias=True,
        mlp_bias=True,
        rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0},
    )


GEMMA_NOTES = (
    "7 layers, every 6th full and the others sliding (window 16); per-head q and k norms; all norms times (1 + w); "
    "embeddings times sqrt(hidden); scale query_pre_attn_scalar^-0.5 with query_pre_attn_scalar 24 and head_dim 16; "
    "hidden 48 is not heads*head_dim; rope base 1e4 unscaled on sliding layers, 1e6 with linear factor 8 on the full one; "
    "tanh gelu; tied head; SentencePiece-style BPE with byte fallback, BOS added by tokenizer.json; template in "
    "chat_template.jinja; "
)

GEMMA_SPREAD = Spread(logits=0.4, norm_centre=0.0, head_norm_centre=0.4, final_norm_centre=2.75)

LONGROPE_NOTES = (
    "fused qkv and gate_up, rope longrope: original_max_position_embeddings 80, max 512, attention factor "
    "sqrt(1 + ln(512/80)/ln 80) on cos and sin whichever factors are in use. transformers 5.23 chooses once per forward "
    "call, for all positions alike: long_factor if max(position_ids) + 1 > original_max_position_embeddings (80), else "
    "short_factor; a batch that holds one longer sequence therefore moves the shorter ones as well (here: one sequence "
    "per call). Prompts of 11, 13, 55, 42 and 25 ids (and their 20 greedy tokens, at most 75 positions) use short_factor, "
    "the one of 105 ids uses long_factor from its first position on. No case crosses the border while decoding: there a "
    "plain cached forward leaves the older keys rotated with short_factor and rotates the new ones with long_factor, "
    "whereas generate() of Phi3ForCausalLM drops the cache once when the input first has 81 ids and computes all of them "
    "again with long_factor (equal to a forward without a cache)"
)

SPECS = [
    Spec(
        "mistral",
        "mistral",
        "sliding window 16 on both layers (query i sees keys i-15..i), explicit head_dim 24 (4*24 is not hidden 64), GQA 4/2, "
        "untied head, key style of transformers 5 (rope_parameters)",
        "MistralForCausalLM",
        mistral_config,
        "llama",
        seed=100,
    ),
    Spec(
        "qwen3",
        "qwen3",
        "per-head RMS norm of q and k before rope, no biases, explicit head_dim 32 (4*32 is not hidden 64), tied head, "
        "12 more embedding rows than tokenizer entries, ChatML template, rope_parameters and layer_types keys",
        "Qwen3ForCausalLM",
        qwen3_config,
        "qwen2",
        seed=200,
        spread=Spread(head_norm_centre=1.3),
    ),
    Spec(
        "qwen2-sliding",
        "qwen2",
        "use_sliding_window with window 12 and max_window_layers 1: layer 0 is full, layers 1 and 2 slide; key style of "
        "published checkpoints (rope_theta at the top, no layer_types); bias on q,k,v; tied; ChatML template",
        "Qwen2ForCausalLM",
        qwen2_sliding_config,
        "qwen2",
        seed=300,
        rewrite_config=qwen2_sliding_published,
    ),
    Spec(
        "phi3",
        "phi3",
        "fused qkv_proj (q rows, k rows, v rows) and gate_up_proj (gate rows first), rotary on the first half of every head "
        "(partial_rotary_factor 0.5), sliding window 20 on both layers, GQA 4/2, untied head",
        "Phi3ForCausalLM",
        phi3_config,
        "llama",
        seed=400,
    ),
    Spec(
        "phi3-longrope",
        "phi3",
        LONGROPE_NOTES,
        "Phi3ForCausalLM",
        phi3_longrope_config,
        "llama",
        seed=500,
    ),
    Spec(
        "gemma3_text",
        "gemma3_text",
        GEMMA_NOTES + "rope_parameters per layer type and layer_types as transformers 5 writes them",
        "Gemma3ForCausalLM",
        gemma3_config,
        "gemma",
        seed=603,
        spread=GEMMA_SPREAD,
    ),
    Spec(
        "gemma3_text-old",
        "gemma3_text",
        GEMMA_NOTES + "same weights as gemma3_text, key style of published checkpoints (rope_theta, rope_local_base_freq, "
        "rope_scaling, sliding_window_pattern, no layer_types)",
        "Gemma3ForCausalLM",
        gemma3_config,
        "gemma",
        seed=603,
        spread=GEMMA_SPREAD,
        rewrite_config=gemma3_published,
    ),
    Spec(
        "olmo2",
        "olmo2",
        "RMS norm of the whole q row and the whole k row before rope, no norm before attention and MLP but one on their "
        "outputs (before the residual sum), GQA 4/2, untied head",
        "Olmo2ForCausalLM",
        olmo2_config,
        "llama",
        seed=700,
    ),
    Spec(
        "gemma3-multimodal-text",
        "gemma3",
        GEMMA_NOTES + "same weights as gemma3_text in the layout of published multimodal files: model_type gemma3 with "
        "text_config (defaults left out: rms_norm_eps, rope_theta, rope_local_base_freq, sliding_window_pattern, "
        "hidden_activation, tie_word_embeddings), tensors under language_model.model., and one vision tensor to ignore",
        "Gemma3ForCausalLM",
        gemma3_config,
        "gemma",
        seed=603,
        spread=GEMMA_SPREAD,
        rewrite_config=gemma3_multimodal,
    ),
    Spec(
        "gpt_neox-sequential",
        "gpt_neox",
        "use_parallel_residual false (attention, then MLP on the sum), rotary on the first half of every head, tanh gelu "
        "(gelu_new), biases, untied; keys as transformers 5 writes them (rope_parameters with partial_rotary_factor)",
        "GPTNeoXForCausalLM",
        gpt_neox_sequential_config,
        "gpt_neox",
        seed=800,
    ),
    Spec(
        "llama-linear",
        "llama",
        "rope type linear with factor 4, biases on q,k,v,o (attention_bias) and gate,up,down (mlp_bias), explicit head_dim 20 "
        "(4*20 is not hidden 64), f16 weights, upcast to f32 before compute",
        "LlamaForCausalLM",
        llama_linear_config,
        "llama",
        seed=900,
        dtype=torch.float16,
    ),
]

# ---------------------------------------------------------------------------------------------------------------------
# Making a folder of a causal language model
# ---------------------------------------------------------------------------------------------------------------------


def build_model(spec: Spec, seed: int):
    model = getattr(transformers, spec.model_class)._from_config(spec.config(), attn_implementation="eager").eval()
    fill_weights(model, seed, spec.spread)
    if spec.dtype != torch.float32:
        round_weights(model, spec.dtype)
    return model


def write_weights_and_config(spec: Spec, model, folder: Path) -> dict[str, torch.Tensor]:
    """`model.safetensors` and `config.json`; returns the stored tensors."""
    stored = copy.deepcopy(model).to(spec.dtype) if spec.dtype != torch.float32 else model
    stored.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    config_file, weights_file = folder / "config.json", folder / "model.safetensors"
    tensors = safetensors.torch.load_file(weights_file)
    if spec.rewrite_config:
        config = spec.rewrite_config(json.loads(config_file.read_text()))
        config_file.write_text(json.dumps(config, indent=2) + "\n")
    if spec.name == "gemma3-multimodal-text":
        tensors = {f"language_model.{name}": tensor for name, tensor in tensors.items()}
        tensors["vision_tower.x.weight"] = torch.ones(3, 5)
        safetensors.torch.save_file(tensors, weights_file, metadata={"format": "pt"})
    return tensors


def write_tokenizer(spec: Spec, golden: Path, folder: Path) -> tuple[Tokenizer, dict]:
    """The tokenizer files; returns the tokenizer and {bos_token, eos_token, template}."""
    if spec.tokenizer == "gemma":
        model_bytes = train_gemma_sentencepiece()
        tokenizer = gemma_tokenizer(model_bytes)
        check_against_sentencepiece(tokenizer, model_bytes, CORPUS + [p for p, _ in existing_prompts(golden)])
        tokenizer.save(str(folder / "tokenizer.json"))
        settings = {"bos_token": "<bos>", "eos_token": "<eos>"}
        (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1))
        (folder / "chat_template.jinja").write_text(GEMMA_TEMPLATE)
        return tokenizer, settings | {"template": GEMMA_TEMPLATE}
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(golden / spec.tokenizer / name, folder / name)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    info = {"bos_token": settings["bos_token"], "eos_token": settings["eos_token"]}
    return Tokenizer.from_file(str(folder / "tokenizer.json")), info | {"template": settings.get("chat_template")}


def existing_golden(golden: Path, name: str) -> dict:
    return json.loads((golden / name / "golden.json").read_text())


def existing_prompts(golden: Path) -> list[tuple[str, int]]:
    return [(case["prompt"], len(case["ids"])) for case in existing_golden(golden, "llama")["cases"]]


def conversations(golden: Path, gemma: bool) -> list:
    """The existing conversations; for Gemma one more whose roles do not alternate (an error)."""
    out = [(c["messages"], c["add_generation_prompt"]) for c in existing_golden(golden, "llama")["chat"]]
    if gemma:
        out.append(([{"role": "user", "content": "Name a ship."}, {"role": "user", "content": "Its cargo?"}], True))
    return out


def read_back(spec: Spec, folder: Path):
    """The folder as the library loads it."""
    if spec.arch == "gemma3":
        return transformers.Gemma3ForConditionalGeneration.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager"
        ).eval()
    return transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).eval()


def reload_difference(spec: Spec, folder: Path, cases: list[dict]) -> float:
    model, worst = read_back(spec, folder), 0.0
    for case in cases:
        table = log_softmax(all_logits(model, case["ids"]))
        for i, (tok, logprob) in enumerate(zip(case["ids"][1:], case["token_logprobs"])):
            worst = max(worst, abs(float(table[i, tok]) - logprob))
    return worst


def find_seed(spec: Spec, tokenizer: Tokenizer, prompts: list[str]):
    """The first seed from the spec's own on with clear and varied greedy steps and log-probs of about -7."""
    for seed in range(spec.seed, spec.seed + 100):
        model = build_model(spec, seed)
        cases = [score_prompt(model, tokenizer, prompt) for prompt in prompts]
        logprobs = [x for case in cases for x in case["token_logprobs"]]
        mean = sum(logprobs) / len(logprobs)
        clear = all(case["greedy_min_margin"] > SMALLEST_MARGIN for case in cases)
        varied = all(len(set(case["greedy20"])) >= FEWEST_DISTINCT for case in cases)
        if -8.3 < mean < -6.5 and clear and varied:
            return seed, mean, model, cases
    raise SystemExit(f"{spec.name}: no fitting seed")


def check_longrope_border(cases: list[dict]) -> None:
    for case in cases:
        length = len(case["ids"])
        assert length > LONGROPE_ORIGINAL_LENGTH or length + GREEDY_TOKENS < LONGROPE_ORIGINAL_LENGTH, case["prompt"]


def make_causal(spec: Spec, golden: Path, out: Path) -> str:
    """Write one folder; returns a line of facts."""
    with tempfile.TemporaryDirectory(dir=out) as temporary:
        folder = Path(temporary) / spec.name
        folder.mkdir()
        tokenizer, info = write_tokenizer(spec, golden, folder)
        template = info.pop("template")
        seed, mean, model, cases = find_seed(spec, tokenizer, [prompt for prompt, _ in existing_prompts(golden)])
        if spec.name == "phi3-longrope":
            check_longrope_border(cases)
        tensors = write_weights_and_config(spec, model, folder)
        result = {
            "made_by": made_by(),
            "arch": spec.arch,
            "notes": spec.notes,
            "n_params": model.num_parameters(),
            "tensors": {name: list(tensor.shape) for name, tensor in tensors.items()},
            "cases": cases,
            "pairs": [
                score_pair(model, tokenizer, pair["context"], pair["continuation"])
                for pair in existing_golden(golden, "llama")["pairs"]
            ],
        }
        if template:
            chats = conversations(golden, gemma=spec.tokenizer == "gemma")
            result["chat"] = render_chats(tokenizer, template, info, chats)
        result["reload_max_abs_diff"] = reload_difference(spec, folder, cases)
        assert result["reload_max_abs_diff"] < 2e-5, result["reload_max_abs_diff"]
        size = finish(folder, result, out)
    margin = min(case["greedy_min_margin"] for case in cases)
    keys = " ".join(sorted(json.loads((out / spec.name / "config.json").read_text())))
    return (
        f"{spec.name} seed={seed} bytes={size} mean_logprob={mean:.3f} min_margin={margin} "
        f"reload_diff={result['reload_max_abs_diff']:.2g} config_keys: {keys}"
    )


def finish(folder: Path, result: dict, out: Path) -> int:
    """Write golden.json, check the size and move the folder into place; returns its bytes."""
    (folder / "golden.json").write_text(json.dumps(result, indent=1, ensure_ascii=False))
    files = [file for file in folder.rglob("*") if file.is_file()]
    for file in files:
        file.chmod(0o644)
    size = sum(file.stat().st_size for file in files)
    assert size < MAX_FOLDER_BYTES, f"{folder.name}: {size} bytes"
    target = out / folder.name
    if target.exists():
        shutil.rmtree(target)
    shutil.move(folder, target)
    return size


# ---------------------------------------------------------------------------------------------------------------------
# The sentence encoder
# ---------------------------------------------------------------------------------------------------------------------

BERT_MAX_SEQ_LENGTH = 24
BERT_NOTES = (
    "sentence encoder: BertModel (learned positions, token type 0 everywhere, post-LayerNorm with eps 1e-12, exact gelu), "
    "then the mean of the last hidden states over all tokens ([CLS] and [SEP] count), then L2 normalisation. WordPiece, "
    "lower-casing, accents stripped. ids are cut to max_seq_length 24 as [CLS] + 22 + [SEP]. The file also holds "
    "pooler.dense (not used) and embeddings.position_ids (int64, not used), as published ones do"
)
BERT_TEXTS = [
    "The harbour clerk wrote the name of every ship.",
    "Which ship carried rope?",
    "LE CAFÉ EST FROID À BERGEN, naïve Ana — Ça va?",
    "",
    CORPUS[3] + " " + CORPUS[4] + " " + CORPUS[5] + " " + CORPUS[6],
    "zxqj 港 🚢 12 crates, 7.5 tonnes",
]


def bert_model(vocab_size: int, seed: int):
    config = transformers.BertConfig(
        vocab_size=vocab_size,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    model = transformers.BertModel._from_config(config, attn_implementation="eager").eval()
    fill_weights(model, seed, Spread(logits=4.0, bias=0.1))
    return model


def bert_embedding(model, tokenizer: Tokenizer, text: str) -> dict:
    """One entry of `embeddings`."""
    ids = tokenizer.encode(text).ids
    with torch.no_grad():
        hidden = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
    pooled = hidden.mean(dim=0)
    unit = pooled / pooled.norm()
    return {
        "text": text,
        "ids": ids,
        "pooled": [round(float(x), 7) for x in pooled],
        "embedding": [round(float(x), 7) for x in unit],
    }


def write_sentence_transformer_files(folder: Path) -> None:
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
    ]
    pooling = {
        "word_embedding_dimension": 32,
        "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    }
    (folder / "1_Pooling").mkdir()
    (folder / "modules.json").write_text(json.dumps(modules, indent=2))
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling, indent=2))
    settings = {"max_seq_length": BERT_MAX_SEQ_LENGTH, "do_lower_case": False}
    (folder / "sentence_bert_config.json").write_text(json.dumps(settings, indent=2))


def bert_reload_difference(folder: Path, tokenizer: Tokenizer, embeddings: list[dict]) -> float:
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    again = [bert_embedding(model, tokenizer, entry["text"]) for entry in embeddings]
    return max(abs(x - y) for a, b in zip(embeddings, again) for x, y in zip(a["pooled"], b["pooled"]))


def make_bert(golden: Path, out: Path) -> str:
    """The folder `bert`; returns a line of facts."""
    with tempfile.TemporaryDirectory(dir=out) as temporary:
        folder = Path(temporary) / "bert"
        folder.mkdir()
        tokenizer = bert_tokenizer()
        tokenizer.save(str(folder / "tokenizer.json"))
        tokenizer.enable_truncation(BERT_MAX_SEQ_LENGTH)
        specials = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"}
        settings = specials | {"mask_token": "[MASK]", "do_lower_case": True}
        (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1))
        model = bert_model(tokenizer.get_vocab_size(), seed=1000)
        model.save_pretrained(folder)
        tensors = safetensors.torch.load_file(folder / "model.safetensors")
        positions = torch.arange(model.config.max_position_embeddings).unsqueeze(0)
        tensors = {"embeddings.position_ids": positions} | tensors
        safetensors.torch.save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        write_sentence_transformer_files(folder)
        embeddings = [bert_embedding(model, tokenizer, text) for text in BERT_TEXTS]
        result = {
            "made_by": made_by(),
            "arch": "bert",
            "notes": BERT_NOTES,
            "n_params": model.num_parameters(),
            "tensors": {name: list(tensor.shape) for name, tensor in tensors.items()},
            "embeddings": embeddings,
            "reload_max_abs_diff": bert_reload_difference(folder, tokenizer, embeddings),
        }
        assert result["reload_max_abs_diff"] < 1e-6
        size = finish(folder, result, out)
    lengths = [len(entry["ids"]) for entry in embeddings]
    return f"bert bytes={size} vocab={tokenizer.get_vocab_size()} ids_lengths={lengths}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--golden", type=Path, required=True, help="folder of the existing golden cases")
    parser.add_argument("--out", type=Path, required=True, help="where the new folders go")
    parser.add_argument("names", nargs="*", help="only these folders")
    args = parser.parse_args()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    makers = {spec.name: (lambda spec=spec: make_causal(spec, args.golden, args.out)) for spec in SPECS}
    makers["bert"] = lambda: make_bert(args.golden, args.out)
    for name in args.names or makers:
        print(makers[name](), flush=True)


if __name__ == "__main__":
    main()
