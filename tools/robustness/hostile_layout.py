"""Model files that are wrong in how they are laid out: the container, the keys, the descriptions of tensors.

Each function gives pairs (name of the case, how to write it): bytes, or a function that is given the path.
"""

import copy
import os
import socket
import struct

from gguf_bytes import ARRAY, BOOL, F32, I32, STRING, U8, U32, U64, Gguf, Tensor, array, scalar, string

TERABYTE = 1 << 40
COUNTS = {"-1": -1, "10^9": 10**9, "2^31": 2**31, "2^62": 2**62, "+1": None}
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 4368438944\n"


def changed(base, change):
    """The bytes of a copy of `base` to which `change` was done."""
    model = copy.deepcopy(base)
    change(model)
    return model.to_bytes()


def _sparse(head, size):
    def write(path):
        with open(path, "wb") as file:
            file.write(head)
            file.truncate(size)

    return write


def _socket(path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def container(base):
    good = base.to_bytes()
    yield "empty", b""
    yield "magic only", b"GGUF"
    yield "three bytes of magic", b"GGU"
    yield "wrong magic", b"GGUX" + good[4:]
    yield "reversed magic", b"FUGG" + good[4:]
    yield "web page", b"<!doctype html><title>Not found</title>" * 10
    yield "LFS pointer", LFS_POINTER
    yield "ZIP", b"PK\3\4" + bytes(200)
    yield "gzip", b"\x1f\x8b\x08" + bytes(200)
    yield "JSON", b'{"architectures": ["LlamaForCausalLM"]}' * 9
    yield "safetensors", struct.pack("<Q", 30) + b'{"t":{"dtype":"F32"}}' + bytes(64)
    yield "text", b"once upon a time " * 50
    yield "zeros", bytes(4096)
    for version in (0, 1, 2, 4, 2**31, 2**32 - 1):
        yield f"version {version}", good[:4] + struct.pack("<I", version) + good[8:]
    yield "big-endian", good[:4] + struct.pack(">I", 3) + good[8:]
    for what in ("n_tensors", "n_entries"):
        true = len(base.tensors if what == "n_tensors" else base.entries)
        for name, count in {**COUNTS, "0": 0, "one too few": true - 1}.items():
            yield f"{what} {name}", changed(base, lambda m, c=count, t=true, w=what: setattr(m, w, t + 1 if c is None else c))
    head = len(base.head())
    for size in sorted({5, 8, 12, 16, 23, 24, 25, 32, 40, *(head * i // 12 for i in range(1, 13)), head - 1, (head + len(good)) // 2, len(good) - 1}):
        yield f"cut at {size} of {len(good)}", good[:size]
    yield "1 MB behind the end", good + bytes(1 << 20)
    yield "good, then a hole of 1 TB", _sparse(good, TERABYTE)
    yield "hole of 1 TB", _sparse(b"", TERABYTE)
    yield "head, then a hole of 1 TB", _sparse(base.head(), TERABYTE)
    yield "named pipe", lambda path: os.mkfifo(path)
    yield "folder", lambda path: os.mkdir(path)
    yield "socket", _socket
    yield "link to itself", lambda path: os.symlink(path, path)
    yield "link to nothing", lambda path: os.symlink("nowhere.gguf", path)
    yield "link to /dev/zero", lambda path: os.symlink("/dev/zero", path)
    yield "link to /dev/null", lambda path: os.symlink("/dev/null", path)
    yield "link to /proc/self/mem", lambda path: os.symlink("/proc/self/mem", path)
    yield "good, through a link", lambda path: (path.with_suffix(".real").write_bytes(good), os.symlink(path.with_suffix(".real"), path))


def _raw_entry(raw):
    """Puts bytes that are no entry where the first one belongs."""

    def change(model):
        head, entries = model.entries, b"".join(string(k) + struct.pack("<I", t) + v for k, t, v in model.entries)
        model.n_entries = len(head) + 1
        model.entries = []
        plain = model.head()
        model.head = lambda: plain[:24] + raw + entries + b"".join(t.description() for t in model.tensors)

    return change


def keys(base):
    for name, size in {"-1": 2**64 - 1, "2^31": 2**31, "2^62": 2**62}.items():
        yield f"key of length {name}", changed(base, _raw_entry(struct.pack("<Q", size) + b"some.key" + struct.pack("<II", U32, 1)))
        yield f"text of length {name}", changed(base, _raw_entry(string("some.key") + struct.pack("<IQ", STRING, size) + b"text"))
    for name, key in {"empty": b"", "of 64 kB": b"k" * 65536, "of 1 MB": b"k" * (1 << 20), "with NUL": b"a\0b", "not UTF-8": b"\xff\xfe\x80"}.items():
        yield f"key {name}", changed(base, lambda m, k=key: m.entries.append([k, U32, scalar(U32, 1)]))
    for name, text in {"not UTF-8": b"\xff\xfe\xc0", "with NUL": b"a\0b", "of 10 MB": b"x" * (10 << 20), "of controls": bytes(range(32))}.items():
        yield f"name {name}", changed(base, lambda m, t=text: m.set_scalar("general.name", STRING, t))
    yield "same key twice", changed(base, lambda m: m.entries.append(list(m.entries[0])))
    yield "same key, other type", changed(base, lambda m: m.entries.append([b"general.architecture", U32, scalar(U32, 1)]))
    for kind in (13, 255, 2**31, 2**32 - 1):
        yield f"value of type {kind}", changed(base, lambda m, k=kind: m.entries.append([b"some.key", k, scalar(U64, 1)]))
        yield f"array of type {kind}", changed(base, lambda m, k=kind: m.entries.append([b"some.key", ARRAY, struct.pack("<IQ", k, 1) + bytes(8)]))
    nested = array(U32, [1])
    for _ in range(2000):
        nested = struct.pack("<IQ", ARRAY, 1) + nested
    yield "array in an array", changed(base, lambda m: m.entries.append([b"some.key", ARRAY, struct.pack("<IQ", ARRAY, 1) + array(U32, [1])]))
    yield "arrays 2000 deep", changed(base, lambda m: m.entries.append([b"some.key", ARRAY, nested]))
    for name, kind in {"bytes": U8, "numbers": U32, "texts": STRING, "floats": F32}.items():
        for power in (30, 40, 63):
            yield f"array of 2^{power} {name}", changed(base, _raw_entry(string("some.key") + struct.pack("<IIQ", ARRAY, kind, 2**power) + bytes(64)))
    yield "empty array", changed(base, lambda m: m.set_array("some.key", U32, []))
    yield "bool of 7", changed(base, lambda m: m.entries.append([b"some.flag", BOOL, b"\7"]))
    for alignment in (0, 1, 3, 16, 64, 2**31, 2**32 - 1):
        yield f"alignment {alignment}", changed(base, lambda m, a=alignment: m.set_scalar("general.alignment", U32, a))
    for name, kind, value in (("text", STRING, "32"), ("float", F32, 32.0), ("64 bits", U64, 32), ("signed", I32, -32)):
        yield f"alignment as {name}", changed(base, lambda m, k=kind, v=value: m.set_scalar("general.alignment", k, v))


def _each(name):
    """`name` of every tensor: what is done to the first one of that name."""
    return lambda model: next(t for t in model.tensors if t.name.endswith(name.encode()))


def tensors(base):
    some = _each("ffn_up.weight")

    def on(tensor, change):
        return changed(base, lambda m: change(tensor(m)))

    for name, size in {"0": 0, "-1": -1, "2^31": 2**31, "2^62": 2**62, "2^63": 2**63}.items():
        for i in (0, 1):
            yield f"dimension {i} of {name}", on(some, lambda t, i=i, s=size: t.dimensions.__setitem__(i, s))
    yield "dimensions whose product overflows", on(some, lambda t: t.dimensions.__setitem__(slice(None), [2**32, 2**32]))
    yield "dimensions whose bytes overflow", on(some, lambda t: t.dimensions.__setitem__(slice(None), [2**31, 2**31]))
    for count in (0, 1, 5, 64, 2**31, -1):
        yield f"{count} dimensions", on(some, lambda t, c=count: setattr(t, "n_dimensions", c))
    for kind in (4, 5, 9, 16, 31, 36, 42, 99, 255, 2**31, -1):
        yield f"type {kind}", on(some, lambda t, k=kind: setattr(t, "kind", k))
    for kind in (24, 25, 26, 27, 28):
        yield f"embedding of type {kind}", on(_each("token_embd.weight"), lambda t, k=kind: setattr(t, "kind", k))
    for kind in (2, 8, 12, 14, 16, 18, 34):
        yield f"blocks that do not fit, type {kind}", on(some, lambda t, k=kind: (setattr(t, "kind", k), t.dimensions.__setitem__(0, 33)))
    for name, text in {"empty": b"", "of 63 bytes": b"n" * 63, "of 64 bytes": b"n" * 64, "of 65 bytes": b"n" * 65, "of 1 MB": b"n" * (1 << 20), "not UTF-8": b"\xff\xfe", "with NUL": b"ffn\0up"}.items():
        yield f"tensor name {name}", on(some, lambda t, n=text: setattr(t, "name", n))
    yield "two tensors of one name", on(some, lambda t: setattr(t, "name", b"token_embd.weight"))
    for name, offset in {"unaligned": 7, "huge": 2**62, "-1": -1, "-32": -32, "behind the end": 1 << 30, "over another": 0, "unaligned and huge": 2**63 + 1}.items():
        yield f"offset {name}", on(some, lambda t, o=offset: setattr(t, "offset", o))
    for tensor in base.tensors:
        name = tensor.name.decode()
        yield f"without {name}", changed(base, lambda m, n=name: m.tensors.remove(m.tensor(n)))
        yield f"{name} of wrong shape", changed(base, lambda m, n=name: m.tensor(n).dimensions.__setitem__(0, 16))
    extra = Tensor(b"blk.7.surprise.weight", [32], 0, 0, bytes(128))
    yield "a tensor more", changed(base, lambda m: m.tensors.append(copy.deepcopy(extra)))
    yield "no tensors", changed(base, lambda m: m.tensors.clear())
    for name, pattern in {"NaN": b"\0\0\xc0\x7f", "infinity": b"\0\0\x80\x7f", "largest": b"\xff\xff\x7f\x7f", "zero": bytes(4)}.items():
        yield f"all weights {name}", changed(base, lambda m, p=pattern: [setattr(t, "data", p * (len(t.data) // 4)) for t in m.tensors])
        yield f"output {name}", changed(base, lambda m, p=pattern: setattr(m.tensor("output.weight"), "data", p * (len(m.tensor("output.weight").data) // 4)))


def parse(path):
    return Gguf(path.read_bytes())
