#!/usr/bin/env python3
"""Norms of gradients by PyTorch for the tiny checkpoints of every family, as mimir's `gradnorm` takes them.

    python make_gradnorm.py --golden LOCAL_MODELS_FOLDER --out tests/fixtures/gradnorm.json

For every folder with a causal model: the weights in f32, eager attention, one thread; the loss is the mean negative
log-probability of all ids but the first; of every parameter that has a gradient the 1-, 2- and infinity-norm; and the mean of
each over the parameters. `windowed` cuts the ids as mimir does: windows of the context at half of it. Needs torch and
transformers. The same versions give the same numbers.
"""

import argparse
import json
import os
import random
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM

LENGTHS = (2, 9, 24)
WINDOWED = ("gpt2", "gpt_neox", "llama")  # one family of each kind of positions


def norms(model, loss):
    model.zero_grad()
    loss.backward()
    gradients = [p.grad.detach().double() for p in model.parameters() if p.grad is not None]
    mean = lambda order: torch.stack([g.norm(order) for g in gradients]).mean().item()
    return {"l1": mean(1), "l2": mean(2), "inf": mean(float("inf")), "n_tensors": len(gradients)}


def logprobs(model, ids):
    logits = model(torch.tensor([ids])).logits[0].float().log_softmax(-1)
    return torch.stack([logits[i - 1, ids[i]] for i in range(1, len(ids))])


def windowed(model, ids, window):
    found, stride = [], window // 2
    for start in range(0, len(ids), stride):
        begin, end = max(start + stride - window, 0), min(start + stride, len(ids))
        scored = end - max(start, begin + 1)
        if scored > 0:
            found.append(logprobs(model, ids[begin:end])[-scored:])
    return torch.cat(found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--golden", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cases = []
    for folder in sorted(args.golden.iterdir()):
        if not (folder / "config.json").exists():
            continue
        config = AutoConfig.from_pretrained(folder)
        if config.model_type == "bert":
            continue
        try:
            model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
        except ValueError as error:
            print(folder.name, error)
            continue
        text = config.get_text_config()
        draw = random.Random(folder.name)
        context = text.max_position_embeddings
        # Beyond the original context of the LongRoPE checkpoint.
        for length in LENGTHS + ((80,) if folder.name == "phi3-longrope" else ()):
            ids = [draw.randrange(3, text.vocab_size) for _ in range(length)]
            cases.append({"folder": folder.name, "ids": ids, **norms(model, -logprobs(model, ids).mean())})
        # The padding token's row of the embedding gets no gradient where the model names one.
        padding = model.get_input_embeddings().padding_idx
        if padding is not None:
            ids = [draw.randrange(3, text.vocab_size) for _ in range(12)]
            ids[2] = ids[7] = padding
            cases.append({"folder": folder.name, "ids": ids, **norms(model, -logprobs(model, ids).mean())})
        if folder.name in WINDOWED:
            ids = [draw.randrange(3, text.vocab_size) for _ in range(context + context // 2 + 5)]
            loss = -windowed(model, ids, context).mean()
            cases.append({"folder": folder.name, "ids": ids, "windowed": True, **norms(model, loss)})
        print(folder.name, cases[-1]["n_tensors"], context)
    made_by = f"torch {torch.__version__}, transformers {transformers.__version__}"
    lines = ",\n".join(json.dumps(case) for case in cases)
    args.out.write_text(f'{{"made_by": "{made_by}", "relative_tolerance": 5e-4, "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
