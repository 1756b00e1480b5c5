"""Byte-level BPE: learns merges from texts, and tokenizes as llama.cpp does with the pre-tokenizer "smollm".

That pre-tokenizer first sets every number character apart, then splits each piece between them as GPT-2
does. Needs the standard library alone.
"""

import json
import re
import unicodedata
from collections import Counter, defaultdict

BOS, EOS, IM_START, IM_END = range(4)
CONTROL = ["<|begin|>", "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CONTROL_IDS = {name: index for index, name in enumerate(CONTROL)}

_WHITESPACE = frozenset(
    map(chr, [*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000])
)
_ASCII_PIECE = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[^\sA-Za-z]+|\s+(?!\S)|\s+", re.ASCII)
_DIGITS_APART = re.compile(r"[0-9]|[^0-9]+")
_CONTROL_APART = re.compile("(" + "|".join(re.escape(name) for name in CONTROL) + ")")


def _byte_names():
    """GPT-2's printable stand-in for every byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    names = {byte: chr(byte) for byte in printable}
    for byte in range(256):
        if byte not in names:
            names[byte] = chr(256 + len(names) - len(printable))
    return names


BYTE_NAME = _byte_names()
NAME_BYTE = {name: byte for byte, name in BYTE_NAME.items()}


def _kind(char):
    if char in _WHITESPACE:
        return "space"
    category = unicodedata.category(char)
    return {"L": "letter", "N": "number"}.get(category[0], "other")


def _split_at_numbers(text):
    piece = ""
    for char in text:
        if _kind(char) != "number":
            piece += char
            continue
        if piece:
            yield piece
        yield char
        piece = ""
    if piece:
        yield piece


def _run_end(piece, start, kind):
    end = start
    while end < len(piece) and _kind(piece[end]) == kind:
        end += 1
    return end


def _word_end(piece, at):
    """Where the GPT-2 pattern's match that begins at `at` ends; the piece holds no numbers but as a whole."""
    if piece[at] == "'":
        for suffix in ("'s", "'t", "'m", "'d", "'re", "'ve", "'ll"):
            if piece.startswith(suffix, at):
                return at + len(suffix)
    first = at + 1 if piece[at] == " " and at + 1 < len(piece) else at
    kind = _kind(piece[first])
    if kind != "space":
        return _run_end(piece, first, kind)
    end = _run_end(piece, at, "space")
    return end - 1 if end < len(piece) and end - at > 1 else end


def pre_tokenize(text):
    """The pieces that merges never cross."""
    if text.isascii():
        return [word for part in _DIGITS_APART.findall(text) for word in _ASCII_PIECE.findall(part)]
    words = []
    for piece in _split_at_numbers(text):
        at = 0
        while at < len(piece):
            end = _word_end(piece, at)
            words.append(piece[at:end])
            at = end
    return words


def _byte_symbols(word):
    return [BYTE_NAME[byte] for byte in word.encode("utf-8")]


def learn_merges(texts, n_tokens):
    """The merges that bring the vocabulary, control tokens and bytes included, to n_tokens."""
    counts = Counter(word for text in texts for word in pre_tokenize(text))
    words = [(_byte_symbols(word), count) for word, count in sorted(counts.items())]
    pairs, where = Counter(), defaultdict(set)
    for index, (symbols, count) in enumerate(words):
        for pair in zip(symbols, symbols[1:]):
            pairs[pair] += count
            where[pair].add(index)
    merges = []
    while len(CONTROL) + 256 + len(merges) < n_tokens and pairs:
        best = max(pairs.items(), key=lambda item: (item[1], item[0]))[0]
        merges.append(best)
        for index in where.pop(best):
            _merge_in_word(words, index, best, pairs, where)
        del pairs[best]
    return merges


def _merge_in_word(words, index, pair, pairs, where):
    symbols, count = words[index]
    for old in zip(symbols, symbols[1:]):
        if old != pair:
            pairs[old] -= count
            if pairs[old] <= 0:
                del pairs[old]
    merged = _merged(symbols, pair)
    words[index] = (merged, count)
    for new in zip(merged, merged[1:]):
        pairs[new] += count
        where[new].add(index)


def _merged(symbols, pair):
    result, at = [], 0
    while at < len(symbols):
        if at + 1 < len(symbols) and (symbols[at], symbols[at + 1]) == pair:
            result.append(symbols[at] + symbols[at + 1])
            at += 2
        else:
            result.append(symbols[at])
            at += 1
    return result


class Tokenizer:
    """Text to ids and back. Control tokens are read from text only where asked for."""

    def __init__(self, merges):
        self.merges = [tuple(merge) for merge in merges]
        self.ranks = {merge: rank for rank, merge in enumerate(self.merges)}
        self.tokens = CONTROL + [BYTE_NAME[byte] for byte in range(256)] + ["".join(merge) for merge in self.merges]
        self.ids = {token: index for index, token in enumerate(self.tokens)}
        self._cache = {}

    @classmethod
    def load(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(json.load(file)["merges"])

    def save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"merges": self.merges}, file, ensure_ascii=True)

    def encode(self, text, special=False):
        if not special:
            return self._encode_plain(text)
        ids = []
        for part in _CONTROL_APART.split(text):
            ids += [CONTROL_IDS[part]] if part in CONTROL_IDS else self._encode_plain(part)
        return ids

    def _encode_plain(self, text):
        ids = []
        for word in pre_tokenize(text):
            known = self._cache.get(word)
            if known is None:
                known = self._cache[word] = self._encode_word(word)
            ids += known
        return ids

    def _encode_word(self, word):
        symbols = _byte_symbols(word)
        while len(symbols) > 1:
            rank, pair = min((self.ranks.get(pair, len(self.ranks)), pair) for pair in zip(symbols, symbols[1:]))
            if rank == len(self.ranks):
                break
            symbols = _merged(symbols, pair)
        return [self.ids[symbol] for symbol in symbols]

    def token_bytes(self, token):
        if token < len(CONTROL):
            return b""
        return bytes(NAME_BYTE[char] for char in self.tokens[token])

    def decode(self, ids):
        return b"".join(self.token_bytes(token) for token in ids).decode("utf-8", errors="replace")
