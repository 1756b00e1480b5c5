"""Proves that libllama computes what the trainer computes: logits of an F32 export against the checkpoint's.

    check_logits.py DIR MODEL-f32.gguf
"""

import random
import sys

import torch

import corpus
from export import load_model
from inferno_cli import Inferno
from tokenizer import BOS, Tokenizer

TOLERANCE = 1e-3
EXACT = ["--cache-type-k", "f32", "--cache-type-v", "f32", "--flash-attn", "off"]


def prompts(tokenizer, n):
    rng = random.Random("logits")
    for index in range(n):
        kind = list(corpus.MAKERS)[index % len(corpus.MAKERS)]
        document = corpus.MAKERS[kind](rng, held_out=True)
        yield [BOS, *tokenizer.encode(corpus.text_of(document), special=True)][:400]


@torch.no_grad()
def largest_difference(model, inferno, ids):
    steps = inferno.steps([*EXACT, "--candidates", "1024", "--ids", ",".join(map(str, ids)), "-n", "1", "--no-bos", "--greedy"])
    ours = model(torch.tensor([ids]))[0]
    worst = 0.0
    for at, step in enumerate(steps[1 : len(ids) + 1]):
        for candidate in step["candidates"]:
            worst = max(worst, abs(candidate["logit"] - float(ours[at, candidate["id"]])))
    return worst


def main():
    folder, file = sys.argv[1:]
    torch.set_num_threads(1)
    tokenizer, model, inferno = Tokenizer.load(f"{folder}/tokenizer.json"), load_model(folder), Inferno(file)
    worst = 0.0
    for ids in prompts(tokenizer, 22):
        worst = max(worst, largest_difference(model, inferno, ids))
    print(f"largest difference of a logit: {worst:.2e} (at most {TOLERANCE:.0e})")
    sys.exit(0 if worst <= TOLERANCE else 1)


if __name__ == "__main__":
    main()
