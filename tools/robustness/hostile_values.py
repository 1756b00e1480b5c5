"""Model files that are laid out well and mean nothing: hyperparameters, architecture, tokenizer, splits.

As in hostile_layout.py: pairs (name of the case, how to write it).
"""

import math

from gguf_bytes import ARRAY, BOOL, F32, F64, I32, I64, STRING, U8, U16, U32, U64, array
from hostile_layout import changed

MAX = 2**32 - 1
NUMBERS = {
    "llama.block_count": (0, 2, 513, 10**5, MAX),
    "llama.attention.head_count": (0, 1, 3, 7, 32, 2**31, MAX),
    "llama.attention.head_count_kv": (0, 1, 3, 7, MAX),
    "llama.embedding_length": (0, 1, 31, 33, 64, 2**31, MAX),
    "llama.context_length": (0, 1, 2**31, MAX),
    "llama.feed_forward_length": (0, 1, 63, MAX),
    "llama.rope.dimension_count": (0, 1, 3, 15, 64, MAX),
    "llama.attention.key_length": (0, 1, 3, 17, MAX),
    "llama.attention.value_length": (0, 1, 17, MAX),
    "llama.vocab_size": (0, 1, 10**6, MAX),
    "llama.expert_count": (1, 2, 2**30, MAX),
    "llama.expert_used_count": (0, 5, MAX),
    "llama.attention.sliding_window": (0, 1, MAX),
    "llama.leading_dense_block_count": (7, MAX),
    "general.file_type": (99, 1024, MAX),
    "general.quantization_version": (0, 99, MAX),
}
FLOATS = {
    "llama.attention.layer_norm_rms_epsilon": (0.0, -1.0, math.nan, math.inf, 1e30),
    "llama.rope.freq_base": (0.0, -1.0, math.nan, math.inf, 1e30),
    "llama.rope.scaling.factor": (0.0, -1.0, math.nan, math.inf),
    "llama.attention.scale": (0.0, math.nan, math.inf),
    "llama.logit_scale": (0.0, math.nan, -math.inf),
}
ARCHITECTURES = (
    "clip", "bert", "t5", "t5encoder", "mamba", "mamba2", "rwkv6", "rwkv7", "gpt2", "gptneox", "falcon", "bloom", "mpt", "qwen2", "qwen2moe",
    "qwen3", "qwen3next", "phi2", "phi3", "gemma", "gemma2", "gemma3", "gemma3n", "deepseek", "deepseek2", "llama4", "jamba", "granitehybrid",
    "nomic-bert", "modern-bert", "command-r", "dbrx", "olmo2", "openai-moe", "gpt-oss", "lfm2", "plamo2", "falcon-h1", "wavtokenizer-dec", "dream",
    "diffucoder", "llada", "minicpm3", "chatglm", "exaone", "starcoder2", "bitnet", "grok", "nemotron_h", "kimi-linear",
)  # fmt: skip
SPECIAL = ("bos", "eos", "eot", "unknown", "padding", "seperator", "eom", "fim_pre", "mask")


def _as_other_types(key):
    yield "text", STRING, "2"
    yield "float", F32, 2.0
    yield "64 bits", U64, 2**40
    yield "signed", I32, -1
    yield "long signed", I64, -(2**60)
    yield "flag", BOOL, 1


def hyperparameters(base):
    for key, values in NUMBERS.items():
        for value in values:
            yield f"{key} {value}", changed(base, lambda m, k=key, v=value: m.set_scalar(k, U32, v))
        for name, kind, value in _as_other_types(key):
            yield f"{key} as {name}", changed(base, lambda m, k=key, t=kind, v=value: m.set_scalar(k, t, v))
        for name, elements in {"no": [], "one": [2], "600": [2] * 600}.items():
            yield f"{key} as an array of {name}", changed(base, lambda m, k=key, e=elements: m.set_array(k, U32, e))
        if base.find(key):
            yield f"{key} absent", changed(base, lambda m, k=key: m.remove(k))
    for key, values in FLOATS.items():
        for value in values:
            yield f"{key} {value}", changed(base, lambda m, k=key, v=value: m.set_scalar(k, F32, v))
        for name, kind, value in (("text", STRING, "x"), ("integer", U32, 1), ("double", F64, math.nan)):
            yield f"{key} as {name}", changed(base, lambda m, k=key, t=kind, v=value: m.set_scalar(k, t, v))
    yield "more experts used than there are", changed(base, lambda m: (m.set_scalar("llama.expert_count", U32, 2), m.set_scalar("llama.expert_used_count", U32, 4)))
    for kind in ("yarn", "longrope", "unknown", ""):
        yield f"rope scaling {kind!r}", changed(base, lambda m, k=kind: m.set_scalar("llama.rope.scaling.type", STRING, k))
    yield "everything at its largest", changed(base, lambda m: [m.set_scalar(k, U32, MAX) for k in NUMBERS if k.startswith("llama.")])


def _become(name, rename):
    def change(model):
        model.set_scalar("general.architecture", STRING, name)
        if rename:
            for entry in model.entries:
                if entry[0].startswith(b"llama."):
                    entry[0] = name.encode() + entry[0][5:]

    return change


def architectures(base):
    yield "architecture absent", changed(base, lambda m: m.remove("general.architecture"))
    yield "architecture a number", changed(base, lambda m: m.set_scalar("general.architecture", U32, 1))
    yield "architecture a list", changed(base, lambda m: m.set_array("general.architecture", STRING, ["llama"]))
    for name in ("", "unknown-model", "x" * 100_000, "../../etc/passwd", "%s%n%s", "llama\0gpt2"):
        yield f"architecture {name[:20]!r}", changed(base, _become(name, False))
        yield f"architecture {name[:20]!r}, keys too", changed(base, _become(name, True))
    for name in ARCHITECTURES:
        yield f"called {name}", changed(base, _become(name, False))
        yield f"called {name}, keys too", changed(base, _become(name, True))
    for kind in ("adapter", "mmproj", "vocab", "imatrix", "", "x" * 1000):
        yield f"general.type {kind[:9]!r}", changed(base, lambda m, k=kind: m.set_scalar("general.type", STRING, k))


def _tokens(base):
    return base.strings("tokenizer.ggml.tokens")


def tokenizers(base):
    tokens = _tokens(base)
    n = len(tokens)

    def with_tokens(values):
        return changed(base, lambda m: m.set_array("tokenizer.ggml.tokens", STRING, values))

    for name in ("none", "no_vocab", "bert", "unknown", "", "gpt2", "t5", "rwkv", "plamo2", "llama", "x" * 10_000):
        yield f"tokenizer {name[:9]!r}", changed(base, lambda m, v=name: m.set_scalar("tokenizer.ggml.model", STRING, v))
    yield "tokenizer absent", changed(base, lambda m: m.remove("tokenizer.ggml.model"))
    yield "tokenizer a number", changed(base, lambda m: m.set_scalar("tokenizer.ggml.model", U32, 1))
    yield "tokens absent", changed(base, lambda m: m.remove("tokenizer.ggml.tokens"))
    yield "tokens numbers", changed(base, lambda m: m.set_array("tokenizer.ggml.tokens", U32, [1] * n))
    yield "tokens one text", changed(base, lambda m: m.set_scalar("tokenizer.ggml.tokens", STRING, "a b c"))
    for name, values in {
        "none": [], "one": tokens[:1], "half": tokens[: n // 2], "one more": [*tokens, b"more"], "all the same": [b"a"] * n,
        "all empty": [b""] * n, "not UTF-8": [bytes([255, i % 256]) for i in range(n)], "one of 1 MB": [b"x" * (1 << 20), *tokens[1:]],
        "with NUL": [b"a\0b", *tokens[1:]], "100,000": [b"t%d" % i for i in range(100_000)],
        "two alike": [*tokens[:-1], tokens[n // 2]],
        "bad bytes": [b"<0xZZ>" if t.startswith(b"<0x") else t for t in tokens], "no bytes": [b"w%d" % i for i in range(n)],
    }.items():  # fmt: skip
        yield f"tokens: {name}", with_tokens(values)
    for name, values in {"none": [], "short": [0.0] * (n - 1), "long": [0.0] * (n + 1), "NaN": [math.nan] * n, "infinite": [math.inf] * n}.items():
        yield f"scores: {name}", changed(base, lambda m, v=values: m.set_array("tokenizer.ggml.scores", F32, v))
    yield "scores integers", changed(base, lambda m: m.set_array("tokenizer.ggml.scores", U8, [1] * n))
    yield "scores absent", changed(base, lambda m: m.remove("tokenizer.ggml.scores"))
    for name, values in {"none": [], "short": [1] * (n - 1), "99": [99] * n, "-1": [-1] * n, "all control": [3] * n, "all bytes": [6] * n, "all unknown": [2] * n, "all unused": [5] * n}.items():
        yield f"token types: {name}", changed(base, lambda m, v=values: m.set_array("tokenizer.ggml.token_type", I32, v))
    yield "token types texts", changed(base, lambda m: m.set_array("tokenizer.ggml.token_type", STRING, ["1"] * n))
    for special in SPECIAL:
        for value in (n, 2**31 - 1, MAX):
            yield f"{special} token {value}", changed(base, lambda m, s=special, v=value: m.set_scalar(f"tokenizer.ggml.{s}_token_id", U32, v))
        yield f"{special} token a text", changed(base, lambda m, s=special: m.set_scalar(f"tokenizer.ggml.{s}_token_id", STRING, "1"))
    yield "add_bos_token a text", changed(base, lambda m: m.set_scalar("tokenizer.ggml.add_bos_token", STRING, "yes"))
    for size in (0, 1, 100, 1 << 20):
        yield f"charsmap of {size}", changed(base, lambda m, s=size: (m.set_scalar("tokenizer.ggml.model", STRING, "t5"), m.set_array("tokenizer.ggml.precompiled_charsmap", U8, [255] * s)))
    yield from _merges(base, tokens)


def _merges(base, tokens):
    def bpe(values, pre="default"):
        def change(model):
            model.set_scalar("tokenizer.ggml.model", STRING, "gpt2")
            model.set_scalar("tokenizer.ggml.pre", STRING, pre)
            if values is not None:
                model.set("tokenizer.ggml.merges", ARRAY, array(STRING, values))

        return changed(base, change)

    yield "merges absent", bpe(None)
    for name, values in {
        "none": [], "empty": [b""] * 10, "without a space": [b"ab"] * 10, "with two spaces": [b"a b c"] * 10, "a space alone": [b" "] * 10,
        "of unknown tokens": [b"qqq zzz"] * 10, "all the same": [b"a b"] * 1000, "10^6": [b"a%d b" % i for i in range(10**6)],
        "one of 1 MB": [b"a" * (1 << 20) + b" b"], "not UTF-8": [b"\xff \xfe"] * 10,
    }.items():  # fmt: skip
        yield f"merges: {name}", bpe(values)
    for pre in ("unknown", "", "x" * 10_000, "gpt-4o", "tekken", "deepseek-v3", "llama-bpe"):
        yield f"pre-tokenizer {pre[:12]!r}", bpe([b"a b"], pre)
    yield "merges numbers", changed(base, lambda m: (m.set_scalar("tokenizer.ggml.model", STRING, "gpt2"), m.set_array("tokenizer.ggml.merges", U32, [1, 2])))


def splits(base):
    """A split model's first part; others beside it where the case needs them."""

    def part(number, count, kind=U16, tensors=None):
        def change(model):
            model.set_scalar("split.no", kind, number)
            model.set_scalar("split.count", kind, count)
            model.set_scalar("split.tensors.count", I32, len(base.tensors))
            if tensors is not None:
                model.tensors = [t for t in model.tensors if (t.name in tensors)]

        return changed(base, change)

    def files(**parts):
        def write(path):
            path.write_bytes(parts.pop("first"))
            for ending, data in parts.items():
                target = path.with_name(path.name.replace("00001", ending.strip("_")))
                target.mkdir() if data is None else target.write_bytes(data)

        return write

    names = [t.name for t in base.tensors]
    yield "split, its other part missing -00001-of-00002", part(0, 2)
    yield "split, wrong index -00001-of-00002", part(7, 2)
    yield "split, second part first -00001-of-00002", part(1, 2)
    yield "split, 65535 parts -00001-of-65535", part(0, 65535)
    yield "split, no parts", part(0, 0)
    yield "split, name says nothing", part(0, 2)
    yield "split, index a text -00001-of-00002", changed(base, lambda m: (m.set_scalar("split.no", STRING, "0"), m.set_scalar("split.count", U16, 2)))
    yield "split, count of 32 bits -00001-of-00002", part(0, 2, U32)
    yield "split, count negative -00001-of-00002", part(0, -2, I32)
    yield "split, both parts the same -00001-of-00002", files(first=part(0, 2), _00002=part(0, 2))
    yield "split, second part empty -00001-of-00002", files(first=part(0, 2), _00002=b"")
    yield "split, second part cut -00001-of-00002", files(first=part(0, 2), _00002=part(1, 2)[:500])
    yield "split, second part a folder -00001-of-00002", files(first=part(0, 2), _00002=None)
    yield "split, second part no GGUF -00001-of-00002", files(first=part(0, 2), _00002=b"hello" * 100)
    yield "split, tensors missing from both -00001-of-00002", files(first=part(0, 2, tensors=names[:2]), _00002=part(1, 2, tensors=names[2:4]))
    yield "split, good -00001-of-00002", files(first=part(0, 2, tensors=names[:3]), _00002=part(1, 2, tensors=names[3:]))
