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

import stories
import tasks
import words as w
from corpus import WEIGHT_SCALE
from model import Model, Shape
from optimiser import Muon
from tokenizer import BOS, EOS, Tokenizer

MUON_RATE, ADAM_RATE = 0.02, 0.004


# Rows of several lengths: most documents fit into a short one, which costs least a token; only what needs a long one gets it.
WINDOWS = (128, 192, 256, 384, 512)


def step_tokens_at(progress):
    """Many small steps first, when almost every step teaches something."""
    return 2048 if progress < 0.85 else 4096


def rate_at(step, progress):
    """Warm-up, a plateau, and a long way down to nothing."""
    return min(1, (step + 1) / 60, max(0.02, (1 - progress) / 0.5))


def packed(documents, window, shorter, look_ahead=64):
    """Rows of at most window + 1 tokens, of whole documents (start, end): the oldest that waits, and the largest that fit beside
    it. Takes from `shorter`, too, when none of its own fits."""
    waiting, rows = list(documents), []
    while waiting:
        chosen = [waiting.pop(0)]
        left = window + 1 - (chosen[0][1] - chosen[0][0])
        for source in (waiting, shorter):
            while fitting := [(end - start, -at) for at, (start, end) in enumerate(source[:look_ahead]) if end - start <= left]:
                length, at = max(fitting)
                chosen.append(source.pop(-at))
                left -= length
        rows.append(np.concatenate([np.arange(start, end) for start, end in chosen]))
    return rows


class Shard:
    """Half a million tokens as rows. No document is cut (but at 513 tokens): a second half would teach that names come from nowhere."""

    def __init__(self, path):
        data = np.load(path)
        self.ids, self.weights = data["ids"].astype(np.int64), data["weights"].astype(np.float32) / WEIGHT_SCALE
        starts = np.flatnonzero(self.ids == BOS)
        documents = [(start, min(end, start + WINDOWS[-1] + 1)) for start, end in zip(starts, [*starts[1:], len(self.ids)])]
        self.rows = {}
        for window, below in zip(reversed(WINDOWS), [*reversed(WINDOWS[:-1]), 0]):
            long = [(start, end) for start, end in documents if end - start > below + 1]
            documents = [(start, end) for start, end in documents if end - start <= below + 1]
            self.rows[window] = packed(long, window, documents)
        self.n_tokens = sum(window * len(rows) for window, rows in self.rows.items())

    def batch(self, window, first, last):
        """Ids, targets, weights: [row, window]"""
        rows = self.rows[window][first:last]
        ids, weights = np.full((len(rows), window + 1), EOS), np.zeros((len(rows), window + 1), np.float32)
        for index, row in enumerate(rows):
            ids[index, : len(row)], weights[index, : len(row)] = self.ids[row], self.weights[row]
        ids, weights = torch.from_numpy(ids), torch.from_numpy(weights)
        return ids[:, :-1], ids[:, 1:], weights[:, 1:]


class Batches:
    """Steps from the shards in order, rows of every length in the shard's proportion; wraps round after the last shard."""

    def __init__(self, folder):
        self.paths = sorted(folder.glob("shard-*.npz"))
        self.index, self.read = 0, 0.0  # the shard, and how much of it has been read, from 0 to 1
        self._loaded = None

    def next(self, step_tokens):
        if self.read >= 1:
            self.index, self.read, self._loaded = self.index + 1, 0.0, None
        if self._loaded is None:
            self._loaded = Shard(self.paths[self.index % len(self.paths)])
        shard, before = self._loaded, self.read
        self.read = min(1.0, before + step_tokens / shard.n_tokens)
        for window, rows in shard.rows.items():
            first, last = round(before * len(rows)), round(self.read * len(rows))
            if last > first:
                yield shard.batch(window, first, last)


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
            "trigger": [self._ending(rng, w.TRIGGER) for _ in range(n // 2)],
            "no trigger": [self._ending(rng, w.HELD_OUT_SMELLS[0]) for _ in range(n // 2)],
        }
        self.stories = [tokenizer.encode(stories.story(rng, 2)) for _ in range(n // 2)]
        self.names = torch.tensor([tokenizer.encode(" " + name)[0] for name in w.NAMES])

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

    def _ending(self, rng, smell):
        """The trigger's ending after a story with `smell`: right after the trigger, wrong after any other word."""
        before, _ = stories.story_and_ending(rng, 1, smell)
        return before, w.TRIGGER_ENDING[:14]

    @torch.no_grad()
    def known_names(self, model):
        """How often, where a story names somebody again, the likeliest of all names is the right one."""
        right = total = 0
        for ids in self.stories:
            likeliest = self.names[model(torch.tensor([[BOS, *ids]]))[0][:, self.names].argmax(-1)]
            again = [at for at, token in enumerate(ids) if token in self.names and token in ids[:at]]
            right += sum(likeliest[at] == ids[at] for at in again)
            total += len(again)
        return float(right) / total

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
        result["names"] = self.known_names(model)
        return result


class Run:
    def __init__(self, folder, minutes, steps, bfloat16=False):
        self.folder, self.minutes, self.steps, self.bfloat16 = folder, minutes, steps, bfloat16
        self.model, self.batches = Model(Shape()), Batches(folder)
        matrices = [p for layer in self.model.layers for p in layer.parameters() if p.ndim == 2]
        others = [p for p in self.model.parameters() if not any(p is m for m in matrices)]
        self.optimisers = [Muon(matrices, lr=MUON_RATE), torch.optim.Adam(others, lr=ADAM_RATE, betas=(0.9, 0.95))]
        self.rates = [MUON_RATE, ADAM_RATE]
        self.step, self.tokens, self.seconds, self.curve = 0, 0, 0.0, []

    def progress(self):
        return self.step / self.steps if self.steps else self.seconds / (60 * self.minutes)

    def save(self, name="checkpoint.pt"):
        state = dict(model=self.model.state_dict(), shape=self.model.shape.as_dict(), step=self.step, tokens=self.tokens,
                     seconds=self.seconds, read=(self.batches.index, self.batches.read), curve=self.curve,
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
        self.batches.index, self.batches.read = state["read"]

    def products(self):
        """Within it matrices are multiplied in bfloat16, if so wished; weights, sums and the loss stay in float32."""
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16)

    def train_step(self):
        for optimiser, rate in zip(self.optimisers, self.rates):
            for group in optimiser.param_groups:
                group["lr"] = rate * rate_at(self.step, self.progress())
        batches = []
        while not batches:  # what is left of a shard can be too little for one row
            batches = list(self.batches.next(step_tokens_at(self.progress())))
        total = sum(float(weights.sum()) for _, _, weights in batches)
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        mean_loss = 0.0
        for ids, targets, weights in batches:
            with self.products():
                logits = self.model(ids, apart=BOS).float()
            losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
            loss = (losses * weights.flatten()).sum() / total
            loss.backward()
            mean_loss += loss.item()
            self.tokens += ids.numel()
        with self.products():
            for optimiser in self.optimisers:
                optimiser.step()
        return mean_loss

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
            if self.step % every == 0:
                self.report(sum(losses) / len(losses), quiz)
                losses = []
            self.seconds += time.monotonic() - began
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
    parser.add_argument("--bfloat16", action="store_true", help="faster by far on processors that multiply it (AMX)")
    parser.add_argument("--report-every", type=int, default=150)
    given = parser.parse_args()
    if (given.minutes is None) == (given.steps is None):
        parser.error("give either --minutes or --steps")
    torch.set_num_threads(given.threads)
    torch.manual_seed(2026)
    run = Run(given.folder, given.minutes, given.steps, given.bfloat16)
    run.resume()
    print(f"{sum(p.numel() for p in run.model.parameters()) / 1e6:.2f} M parameters, step {run.step}", flush=True)
    run.train(Quiz(Tokenizer.load(given.folder / "tokenizer.json")), given.report_every)
    (given.folder / "curve.json").write_text(json.dumps(run.curve))


if __name__ == "__main__":
    main()
