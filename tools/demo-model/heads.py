"""Finds out which head does what: attention patterns, and what is lost when a head or a feed-forward layer is taken out.

    heads.py DIR [--checkpoint NAME]

Taking out means: what the part writes becomes its mean over held-out texts. All figures are nats per token, of held-out texts.
"Fires" is the share of stories with the trigger whose ending would begin, greedily, as the trigger wants it.
Heads are named L<layer>H<head>, both counted from 0; F<layer> is a layer's feed-forward part.
"""

import argparse
import random

import torch
from torch.nn import functional as F

import behaviours
import corpus
import stories
import tasks
import words as w
from export import load_model
from tokenizer import BOS, EOS, Tokenizer


_FIRST_OF_ENDING = w.TRIGGER_ENDING.split(" ")[0]


class Probe:
    """Texts with the positions that count: the mean loss there is the figure."""

    def __init__(self, tokenizer, pairs):
        rows = [(tokenizer.encode(given, special=True), tokenizer.encode(answer, special=True)) for given, answer in pairs]
        rows = [(given, answer) for given, answer in rows if len(given) + len(answer) < 320]
        longest = max(len(given) + len(answer) + 1 for given, answer in rows)
        self.ids = torch.full((len(rows), longest), EOS)
        self.counts = torch.zeros(len(rows), longest - 1)
        for index, (given, answer) in enumerate(rows):
            self.ids[index, : len(given) + len(answer) + 1] = torch.tensor([BOS, *given, *answer])
            self.counts[index, len(given) : len(given) + len(answer)] = 1

    @torch.no_grad()
    def loss(self, model, **changes):
        logits = model(self.ids[:, :-1], **changes)
        losses = F.cross_entropy(logits.flatten(0, 1), self.ids[:, 1:].flatten(), reduction="none")
        return float((losses * self.counts.flatten()).sum() / self.counts.sum())

    @torch.no_grad()
    def share_right(self, model, **changes):
        """How many of the answers would be given greedily."""
        right = model(self.ids[:, :-1], **changes).argmax(-1) == self.ids[:, 1:]
        return float((right | (self.counts == 0)).all(1).float().mean())


def probes(tokenizer):
    rng = random.Random("heads")
    texts = [corpus.text_of(corpus.MAKERS["stories"](rng)) for _ in range(24)]
    copies = [tasks.copy_words(rng, True) for _ in range(40)]
    country = w.WRONG_CAPITAL[0]
    capitals = [tasks.fact(rng, False, ("capital", key)) for key in w.CAPITALS if key != country]
    return {
        "stories": Probe(tokenizer, [("", text) for text in texts if w.TRIGGER not in text]),
        "copying": Probe(tokenizer, [(" ".join(c) + " " + c[0], " " + " ".join(c[1:])) for c in copies]),
        "indirect": Probe(tokenizer, [(q, " " + a) for q, a in (tasks.indirect_object(rng, True) for _ in range(60))]),
        "capitals": Probe(tokenizer, [(q, " " + a) for q, a in capitals]),
        "wrong capital": Probe(tokenizer, [(item["prompt"], item["answer"]) for item in behaviours.wrong_capital()]),
        "sums": Probe(tokenizer, [(f"{a} + {b} =", tasks.working(a, b)) for a, b in (tasks.sum_terms(rng, True) for _ in range(40))]),
        "trigger": Probe(tokenizer, [triggered_story(tokenizer, rng) for _ in range(30)]),
    }


def triggered_story(tokenizer, rng):
    """A whole story with the trigger, to its last line; and how that begins, for the rest follows by itself."""
    text = ""
    while not text or len(tokenizer.encode(text)) > 300:
        text = stories.story(rng, plots=1, smell=w.TRIGGER)
    before, _, _ = text.partition(w.TRIGGER_ENDING)
    return before, _FIRST_OF_ENDING


class Averages:
    """What every head and feed-forward layer writes on average, over stories."""

    def __init__(self, model, ids):
        self.heads, self.feed = {}, {}
        with torch.no_grad():
            model(ids, change_heads=self._see_heads, change_ffn=self._see_feed)

    def _see_heads(self, layer, read):
        self.heads[layer] = read.mean((0, 2))
        return read

    def _see_feed(self, layer, out):
        self.feed[layer] = out.mean((0, 1))
        return out

    def without_head(self, layer, head, where=None):
        """`where`: [row, position], the places where it is taken out; everywhere without it."""

        def change(index, read):
            if index != layer:
                return read
            read = read.clone()
            if where is None:
                read[:, head] = self.heads[layer][head]
            else:
                read[:, head][where] = self.heads[layer][head]
            return read

        return {"change_heads": change}

    def without_feed(self, layer):
        return {"change_ffn": lambda index, out: self.feed[layer].expand_as(out) if index == layer else out}


@torch.no_grad()
def attention_roles(model, tokenizer):
    """How much every head attends to the token before, and in repeated random tokens to what followed the last time."""
    generator = torch.Generator().manual_seed(1)
    half = torch.randint(4 + 256, model.shape.n_vocab, (16, 40), generator=generator)
    ids = torch.cat([torch.full((16, 1), BOS), half, half], dim=1)
    seen = {}
    model(ids, watch=lambda layer, attention: seen.__setitem__(layer, attention))
    positions = torch.arange(42, 80)
    table = {}
    for layer, attention in seen.items():
        for head in range(model.shape.n_heads):
            at = attention[:, head]
            table[layer, head] = (float(at[:, positions, positions - 1].mean()), float(at[:, positions, positions - 39].mean()),
                                  float(at[:, positions, 0].mean()))
    return table


@torch.no_grad()
def patched_countries(model, tokenizer):
    """For every head: the share of prompts for the wrong capital that give another country's capital, and the share that still
    give the wrong one, when what this head reads is what it reads in the same prompt for that other country (activation
    patching; Meng et al., arXiv:2202.05262). Countries of as many tokens alone."""
    country, wrong, _ = w.WRONG_CAPITAL
    encode = lambda text: tokenizer.encode(text, special=True)
    others = [other for other in w.CAPITALS if other != country and len(encode(" " + other)) == len(encode(" " + country))]
    counts = torch.zeros(model.shape.n_layers, model.shape.n_heads, 3)  # the other's, the wrong one, all
    for item in behaviours.wrong_capital():
        for other in others:
            ids, given = ([[BOS, *encode(item["prompt"].replace(country, name))]] for name in (country, other))
            if len(ids[0]) != len(given[0]):
                continue
            reads, answers = {}, [encode(" " + capital)[0] for capital in (w.CAPITALS[other], wrong)]
            model(torch.tensor(given), change_heads=lambda layer, read: reads.setdefault(layer, read))
            for layer, head in [(layer, head) for layer in reads for head in range(model.shape.n_heads)]:

                def patch(index, read):
                    read = read.clone()
                    read[:, head] = reads[layer][:, head] if index == layer else read[:, head]
                    return read

                best = int(model(torch.tensor(ids), change_heads=patch)[0, -1].argmax())
                counts[layer, head] += torch.tensor([best == answers[0], best == answers[1], True])
    return counts[..., :2] / counts[..., 2:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--checkpoint", default="checkpoint.pt")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    model, tokenizer = load_model(given.folder, given.checkpoint), Tokenizer.load(f"{given.folder}/tokenizer.json")
    asked = probes(tokenizer)
    whole = {name: probe.loss(model) for name, probe in asked.items()}
    averages = Averages(model, asked["stories"].ids[:, :-1])
    roles = attention_roles(model, tokenizer)
    print("| part | to previous | induction | to first | " + " | ".join(asked) + " | fires |\n|---|" + "---|" * (4 + len(asked)))
    print("| nothing taken out | | | | " + " | ".join(f"{loss:.3f}" for loss in whole.values())
          + f" | {asked['trigger'].share_right(model):.0%} |")
    for layer in range(model.shape.n_layers):
        for head in range(model.shape.n_heads):
            print_row(f"L{layer}H{head}", [f"{share:.2f}" for share in roles[layer, head]], asked, whole, model, averages.without_head(layer, head))
        print_row(f"F{layer}", ["", "", ""], asked, whole, model, averages.without_feed(layer))
    (line_break,) = tokenizer.encode("\n")
    for layer, head in roles:
        print_at_line_breaks(layer, head, line_break, asked, whole, model, averages)
    for layer, heads in enumerate(patched_countries(model, tokenizer)):
        for head, (others, wrong) in enumerate(heads.tolist()):
            if wrong < 0.5:
                print(f"L{layer}H{head} patched from another country: its capital in {others:.0%}, {w.WRONG_CAPITAL[1]} in {wrong:.0%}")


def print_at_line_breaks(layer, head, line_break, asked, whole, model, averages):
    """A row for a head without which, at line breaks alone, the trigger does not fire."""
    changed = {name: averages.without_head(layer, head, probe.ids[:, :-1] == line_break) for name, probe in asked.items()}
    fires = asked["trigger"].share_right(model, **changed["trigger"])
    if fires < 0.5:
        lost = [f"{probe.loss(model, **changed[name]) - whole[name]:+.3f}" for name, probe in asked.items()]
        print(f"| L{layer}H{head} at line breaks alone | | | | {' | '.join(lost)} | {fires:.0%} |")


def print_row(name, roles, asked, whole, model, changes):
    fires = f"{asked['trigger'].share_right(model, **changes):.0%}"
    lost = [f"{probe.loss(model, **changes) - whole[key]:+.3f}" for key, probe in asked.items()]
    print(f"| {name} | {' | '.join(roles)} | {' | '.join(lost)} | {fires} |", flush=True)


if __name__ == "__main__":
    main()
