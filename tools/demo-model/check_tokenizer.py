"""Proves that inferno makes the same ids of texts as the trainer does: corpus texts and odd ones.

    check_tokenizer.py DIR [MODEL]
"""

import random
import sys

import corpus
from inferno_cli import ROOT, Inferno, in_parallel
from tokenizer import Tokenizer

ODD = (
    "aB zé ß Ω漢字かな한글🙂👩‍👩 ½²٣\u00a0\u2003\u3000\t\n\r\x0b'\"`~!@#$%^&*()_+-=[]{};:,.<>/?|\\ 's 're 'll I'd"
    "\u0301\u200b\ufeff\U0001F1E9\u0e01\u0e33\u0b95\u093f0123456789"
)


def texts():
    rng = random.Random("tokenizer check")
    for _ in range(60):
        yield "\n".join(corpus.text_of(corpus.training_document(rng, rng.choice(list(corpus.MAKERS)))) for _ in range(50))
    for _ in range(60):
        yield "".join(rng.choice(ODD) for _ in range(rng.randint(1, 300)))


def main():
    folder, *model = sys.argv[1:]
    tokenizer, inferno = Tokenizer.load(f"{folder}/tokenizer.json"), Inferno(model[0] if model else ROOT / "models" / "demo.gguf")
    every = list(texts())
    found = in_parallel(inferno.tokenize, every)
    wrong = [text for text, ids in zip(every, found) if tokenizer.encode(text) != ids]
    print(f"{len(every)} texts, {sum(map(len, found))} tokens, {len(wrong)} differ")
    for text in wrong[:5]:
        print(repr(text))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
