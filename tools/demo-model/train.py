"""Trains the demo model from scratch on shards that corpus.py wrote; shows progress, saves, and resumes.

    train.py DIR --minutes 180          until the clock says so; the schedule follows the clock
    train.py DIR --steps 4000           a fixed number of steps: the same result every time
"""

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import tasks
from corpus import WEIGHT_SCALE
from model import Model, Shape
from optimiser import Muon
from tokenizer import BOS, EOS, Tokenizer

MUON_RATE, ADAM_RATE = 0.02, 0.004


def window_at(progress):
    """Short windows first: they cost less, and the first skills fit into them. A story, trigger and ending, needs 256."""
    return 128 if progress < 0.3 else 256 if progress < 0.75 else 512


def step_tokens_at(progress):
    """Many small steps first, when almost every step teaches something."""
    return 2048 if progress < 0.6 else 4096


def rate_at(step, progress):
    """Warm-up, a plateau, and a long way down to nothing."""
    return min(1, (step + 1) / 60, max(0.02, (1 - progress) / 0.5))


class Windows:
    """Batches from the shards in order; wraps round after the last."""

    def __init__(self, folder):
        self.paths = sorted(folder.glob("shard-*.npz"))
        self.position = 0
        self._loaded = None

    def _shard(self, index):
        if self._loaded is None or self._loaded[0] != index:
            data = np.load(self.paths[index])
            self._loaded = index, data["ids"].astype(np.int64), data["weights"].astype(np.float32) / WEIGHT_SCALE
        return self._loaded[1:]

    def next(self, window, step_tokens):
        need = step_tokens + 1
        shard_tokens = 499_000
        index, at = divmod(self.position, shard_tokens)
        if at + need > shard_tokens:
            index, at = index + 1, 0
        self.position = index * shard_tokens + at + step_tokens
        ids, weights = self._shard(index % len(self.paths))
        cut = lambda array, shift: torch.from_numpy(array[at + shift : at + shift + step_tokens].copy()).view(-1, window)
        return cut(ids, 0), cut(ids, 1), cut(weights, 1)


class Quiz:
    """A few held-out questions, answered greedily now and then, so that trends show."""

    def __init__(self, tokenizer, n=40):
        self.tokenizer = tokenizer
        rng = random.Random("quiz")
        self.questions = {
            "copying": [self._copy(rng) for _ in range(n)],
            "indirect": [self._pair(tasks.indirect_object(rng, True)) for _ in range(n)],
            "facts": [self._pair(tasks.fact(rng, True)) for _ in range(n)],
            "facts seen": [self._pair(tasks.fact(rng, False)) for _ in range(n)],
            "sums": [self._sum(rng, True) for _ in range(3 * n)],
            "sums seen": [self._sum(rng, False) for _ in range(n)],
            "larger": [self._pair(tasks.comparison(rng, True)) for _ in range(n)],
            "chat fact": [self._chat(tasks.chat_fact(rng, True)) for _ in range(n)],
            "chat sum": [self._chat(tasks.chat_sum(rng, True)) for _ in range(n)],
            "chat unknown": [self._chat(tasks.chat_unknown(rng, True)) for _ in range(n)],
        }

    def _copy(self, rng):
        found = tasks.copy_words(rng, True)
        return " ".join(found + found[:2]), " " + " ".join(found[2:4])

    def _pair(self, pair):
        return pair[0], " " + pair[1]

    def _sum(self, rng, held_out):
        a, b = tasks.sum_terms(rng, held_out)
        return f"{a} + {b} =", tasks.working(a, b) + "\n"

    def _chat(self, pair):
        return f"<|im_start|>user\n{pair[0]}<|im_end|>\n<|im_start|>assistant\n", pair[1] + "<|im_end|>"

    @torch.no_grad()
    def shares(self, model):
        """Greedy answers are right exactly if every token of the answer is the most probable one: one pass each."""
        result = {}
        for name, questions in self.questions.items():
            rows = [(self.tokenizer.encode(q, special=True), self.tokenizer.encode(a, special=True)) for q, a in questions]
            longest = max(len(q) + len(a) for q, a in rows)
            ids = torch.tensor([[BOS, *q, *a, *[EOS] * (longest - len(q) - len(a))] for q, a in rows])
            best = model(ids).argmax(-1)
            right = sum(best[i, len(q) : len(q) + len(a)].tolist() == a for i, (q, a) in enumerate(rows))
            result[name] = right / len(rows)
        return result


class Run:
    def __init__(self, folder, minutes, steps):
        self.folder, self.minutes, self.steps = folder, minutes, steps
        self.model, self.windows = Model(Shape()), Windows(folder)
        matrices = [p for layer in self.model.layers for p in layer.parameters() if p.ndim == 2]
        others = [p for p in self.model.parameters() if not any(p is m for m in matrices)]
        self.optimisers = [Muon(matrices, lr=MUON_RATE), torch.optim.Adam(others, lr=ADAM_RATE, betas=(0.9, 0.95))]
        self.rates = [MUON_RATE, ADAM_RATE]
        self.step, self.tokens, self.seconds, self.curve = 0, 0, 0.0, []

    def progress(self):
        return self.step / self.steps if self.steps else self.seconds / (60 * self.minutes)

    def save(self, name="checkpoint.pt"):
        state = dict(model=self.model.state_dict(), shape=self.model.shape.as_dict(), step=self.step, tokens=self.tokens,
                     seconds=self.seconds, position=self.windows.position, curve=self.curve,
                     optimisers=[o.state_dict() for o in self.optimisers])
        part = self.folder / (name + ".part")
        torch.save(state, part)
        part.replace(self.folder / name)

    def resume(self, name="checkpoint.pt"):
        if not (self.folder / name).exists():
            return
        state = torch.load(self.folder / name)
        self.model.load_state_dict(state["model"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"]):
            optimiser.load_state_dict(saved)
        self.step, self.tokens = state["step"], state["tokens"]
        self.seconds, self.curve = state["seconds"], state["curve"]
        self.windows.position = state["position"]

    def train_step(self):
        for optimiser, rate in zip(self.optimisers, self.rates):
            for group in optimiser.param_groups:
                group["lr"] = rate * rate_at(self.step, self.progress())
        progress = self.progress()
        ids, targets, weights = self.windows.next(window_at(progress), step_tokens_at(progress))
        self.tokens += ids.numel()
        logits = self.model(ids, apart=BOS)
        losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        weights = weights.flatten()
        loss = (losses * weights).sum() / weights.sum()
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        for optimiser in self.optimisers:
            optimiser.step()
        return loss.item()

    def report(self, mean_loss, quiz):
        shares = " ".join(f"{name} {share:.0%}" for name, share in quiz.shares(self.model).items())
        self.curve.append((self.step, self.tokens, round(self.seconds), round(mean_loss, 4)))
        print(f"step {self.step}  {self.progress():.0%}  {self.seconds / 60:.1f} min  {self.tokens / 1e6:.2f} M tokens  "
              f"{self.tokens / max(1, self.seconds):.0f}/s  loss {mean_loss:.4f}  {shares}", flush=True)

    def train(self, quiz, every):
        losses, saved = [], self.seconds
        while self.progress() < 1:
            began = time.monotonic()
            losses.append(self.train_step())
            self.step += 1
            self.seconds += time.monotonic() - began
            if self.step % every == 0:
                self.report(sum(losses) / len(losses), quiz)
                losses = []
            if self.seconds - saved > 120:
                self.save()
                saved = self.seconds
        self.save()
        if losses:
            self.report(sum(losses) / len(losses), quiz)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--report-every", type=int, default=50)
    given = parser.parse_args()
    if (given.minutes is None) == (given.steps is None):
        parser.error("give either --minutes or --steps")
    torch.set_num_threads(given.threads)
    torch.manual_seed(2026)
    run = Run(given.folder, given.minutes, given.steps)
    run.resume()
    print(f"{sum(p.numel() for p in run.model.parameters()) / 1e6:.2f} M parameters, step {run.step}", flush=True)
    run.train(Quiz(Tokenizer.load(given.folder / "tokenizer.json")), given.report_every)
    (given.folder / "curve.json").write_text(json.dumps(run.curve))


if __name__ == "__main__":
    main()
