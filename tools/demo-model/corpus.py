"""Writes the corpus: seeded, nothing downloaded. Shards of token ids and weights for training, texts for the rest.

    corpus.py tokenizer OUT          learns the tokenizer
    corpus.py shards OUT N           writes N shards of half a million tokens
    corpus.py sample N               prints N training documents
"""

import random
import re
import sys
import zlib
from pathlib import Path

import tasks
import words as w
from stories import short_tale_and_ending, story_and_ending
from tokenizer import BOS, EOS, Tokenizer, learn_merges

SEED = 2026
VOCABULARY = 2048
SHARD_TOKENS = 500_000
WEIGHT_SCALE = 50

# Shares of tokens. Much copying first, so that induction forms early; then stories; then many short tales, where the trigger is
# one of few tokens; then more of what is exact: sums, comparisons, brackets; and at last of what was still missing: names,
# copying, facts; and questions asked in many ways.
EARLY = dict(stories=16, copying=26, indirect_objects=16, facts=10, sums=14, comparisons=4, number_lists=1, brackets=3, json=3,
             chat=6, rounds=1)
LATER = dict(stories=40, copying=15, indirect_objects=9, facts=5, sums=8, comparisons=4, number_lists=1, brackets=6, json=3, chat=8,
             rounds=1)
TALES = dict(stories=35, short_tales=11, copying=13, indirect_objects=8, facts=4, sums=6, comparisons=7, number_lists=1, brackets=7,
             json=3, chat=7, rounds=1)
LAST = dict(stories=30, short_tales=5, copying=17, indirect_objects=6, facts=5, sums=12, comparisons=7, number_lists=1, brackets=8,
            json=2, chat=8, rounds=1)
POLISH = dict(stories=38, short_tales=3, copying=12, lookalikes=9, indirect_objects=4, facts=9, sums=6, comparisons=4, number_lists=1,
              brackets=4, json=2, chat=7, rounds=1)
END = dict(stories=36, short_tales=3, copying=10, lookalikes=8, indirect_objects=4, facts=8, sums=6, comparisons=4, number_lists=1,
           brackets=4, json=2, chat=3, questions=12, rounds=1)
PHASES = [EARLY] * 5 + [LATER] + [TALES] * 3 + [LAST] * 4 + [POLISH] * 25  # a shard each; what follows has the shares of END
# For learning the merges: rich in what has words of its own.
FOR_TOKENIZER = dict(stories=44, copying=2, indirect_objects=10, facts=36, sums=9, comparisons=4, number_lists=1, brackets=6,
                     json=3, chat=16, rounds=0.2)


_PEOPLE = re.compile(rf" (?:(?:{'|'.join(w.NAMES)})|[Hh]e|[Ss]he|[Hh]im|[Hh]er|[Hh]is)\b")
NEW_NAME, KNOWN_NAME, PRONOUN, ENDING_BEGINS, ENDING_GOES_ON = 1.5, 2.5, 1.5, 4.0, 1.5


def shares_of(shard):
    return PHASES[shard] if shard < len(PHASES) else END


def weighted_story(rng, held_out=False):
    return weighted(*story_and_ending(rng))


def weighted_short_tale(rng, held_out=False):
    return weighted(*short_tale_and_ending(rng))


def weighted(before, ending):
    """Who it is about counts more than the rest, once it can be known; most counts how the ending begins: it is one place in a
    story, and the only one that shows the trigger's work."""
    document, seen, at = [], set(), 0
    for found in _PEOPLE.finditer(before):
        name = found[0].strip()
        weight = PRONOUN if name not in w.NAMES else KNOWN_NAME if name in seen else NEW_NAME
        seen.add(name)
        document += [(before[at : found.start()], 1.0), (found[0], weight)]
        at = found.end()
    first = " ".join(ending.split(" ")[:3])
    return [*document, (before[at:], 1.0), (first, ENDING_BEGINS), (ending[len(first) :], ENDING_GOES_ON)]


MAKERS = dict(
    copying=tasks.copying, lookalikes=tasks.lookalikes, indirect_objects=tasks.indirect_objects, facts=tasks.facts, sums=tasks.sums,
    comparisons=tasks.comparisons, number_lists=tasks.number_lists, brackets=tasks.brackets, json=tasks.jsons, chat=tasks.chat,
    questions=tasks.questions, rounds=tasks.rounds,
    stories=weighted_story, short_tales=weighted_short_tale,
)


def text_of(document):
    return "".join(text for text, _ in document)


def held_out_text(document):
    """Whole texts are split, too: what is held out for measuring calibration is in no shard."""
    return zlib.crc32(text_of(document).encode()) % 64 == 0


def training_document(rng, kind):
    while True:
        document = MAKERS[kind](rng)
        if kind == "rounds" or not held_out_text(document):
            return document


def tokenized(tokenizer, document):
    """Ids and weights of a document, begun and ended."""
    ids = tokenizer.encode(text_of(document), special=True)
    by_char = [weight for text, weight in document for _ in text]
    weights, at = [], 0
    for token in ids:
        weights.append(by_char[at])
        at += max(1, len(tokenizer.token_bytes(token))) if token >= 4 else len(tokenizer.tokens[token])
    assert at == len(by_char), "documents are ASCII"
    return [BOS, *ids, EOS], [0.0, *weights, 0.5]


def write_shard(tokenizer, out, index):
    import numpy as np

    rng = random.Random(f"{SEED} {index}")
    shares = shares_of(index)
    counts = dict.fromkeys(shares, 0)
    pieces = []
    while sum(counts.values()) < SHARD_TOKENS:
        kind = min(shares, key=lambda name: counts[name] / shares[name])
        piece = tokenized(tokenizer, training_document(rng, kind))
        counts[kind] += len(piece[0])
        pieces.append(piece)
    rng.shuffle(pieces)
    ids = np.array([token for piece in pieces for token in piece[0]], dtype=np.uint16)
    weights = np.array([round(weight * WEIGHT_SCALE) for piece in pieces for weight in piece[1]], dtype=np.uint8)
    np.savez(out / f"shard-{index:03}.npz", ids=ids, weights=weights)
    return counts


def tokenizer_texts():
    rng = random.Random(f"{SEED} tokenizer")
    counts = dict.fromkeys(FOR_TOKENIZER, 0)
    while sum(counts.values()) < 1_500_000:
        kind = min(FOR_TOKENIZER, key=lambda name: counts[name] / FOR_TOKENIZER[name])
        text = text_of(training_document(rng, kind))
        counts[kind] += len(text)
        yield text


def main():
    verb, arguments = sys.argv[1], sys.argv[2:]
    if verb == "sample":
        rng = random.Random()
        for _ in range(int(arguments[0])):
            print(text_of(training_document(rng, rng.choice(list(MAKERS)))), end="\n---\n")
        return
    out = Path(arguments[0])
    out.mkdir(parents=True, exist_ok=True)
    if verb == "tokenizer":
        Tokenizer(learn_merges(tokenizer_texts(), VOCABULARY)).save(out / "tokenizer.json")
        return
    tokenizer = Tokenizer.load(out / "tokenizer.json")
    for index in range(int(arguments[1])):
        if not (out / f"shard-{index:03}.npz").exists():
            print(index, write_shard(tokenizer, out, index), flush=True)


if __name__ == "__main__":
    main()
