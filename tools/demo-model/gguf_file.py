"""Writes and reads GGUF files, version 3: as much as the demo model needs. Needs numpy for tensors only."""

import struct

MAGIC, VERSION, ALIGNMENT = b"GGUF", 3, 32
U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
TENSOR_F32, TENSOR_Q8_0 = 0, 8
_PACK = {U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}
_Q8_BLOCK = 32


def _string(text):
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def _value(kind, value):
    return _string(value) if kind == STRING else struct.pack(_PACK[kind], value)


def _entry(key, kind, value):
    head = _string(key)
    if kind != ARRAY:
        return head + struct.pack("<I", kind) + _value(kind, value)
    element, items = value
    return head + struct.pack("<IIQ", ARRAY, element, len(items)) + b"".join(_value(element, item) for item in items)


def _padded(data):
    return data + bytes(-len(data) % ALIGNMENT)


def quantise_q8_0(values):
    """Blocks of 32 along rows: a half-precision scale, then 32 signed bytes."""
    import numpy as np

    blocks = values.astype(np.float32).reshape(-1, _Q8_BLOCK)
    scale = np.abs(blocks).max(axis=1, keepdims=True) / 127
    with np.errstate(divide="ignore", invalid="ignore"):
        quants = np.where(scale > 0, np.rint(blocks / scale), 0).astype(np.int8)
    packed = np.empty(len(blocks), dtype=[("scale", "<f2"), ("quants", "i1", (_Q8_BLOCK,))])
    packed["scale"], packed["quants"] = scale[:, 0].astype(np.float16), quants
    return packed.tobytes()


def dequantise_q8_0(data):
    import numpy as np

    packed = np.frombuffer(data, dtype=[("scale", "<f2"), ("quants", "i1", (_Q8_BLOCK,))])
    return (packed["scale"].astype(np.float32)[:, None] * packed["quants"]).ravel()


def write(path, metadata, tensors):
    """`metadata`: (key, kind, value) in order; `tensors`: (name, array, type). Arrays are row-major; GGUF lists the
    fastest dimension first."""
    infos, data = b"", b""
    for name, values, kind in tensors:
        infos += _string(name) + struct.pack("<I", values.ndim)
        infos += b"".join(struct.pack("<Q", size) for size in reversed(values.shape)) + struct.pack("<IQ", kind, len(data))
        data += _padded(quantise_q8_0(values) if kind == TENSOR_Q8_0 else values.astype("<f4").tobytes())
    head = MAGIC + struct.pack("<IQQ", VERSION, len(tensors), len(metadata))
    head += b"".join(_entry(*entry) for entry in metadata) + infos
    with open(path, "wb") as file:
        file.write(_padded(head) + data)


class Reader:
    """Metadata and tensor descriptions of a file that write() made; tensor bytes on demand."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self._data = file.read()
        self._at = 4
        if self._data[:4] != MAGIC or self._take("<I") != VERSION:
            raise ValueError(f"{path} is no GGUF file of version {VERSION}")
        n_tensors, n_entries = self._take("<Q"), self._take("<Q")
        self.metadata = {self._text(): self._any(self._take("<I")) for _ in range(n_entries)}
        self.tensors = {}
        for _ in range(n_tensors):
            name, n_dims = self._text(), self._take("<I")
            shape = tuple(reversed([self._take("<Q") for _ in range(n_dims)]))
            self.tensors[name] = shape, self._take("<I"), self._take("<Q")
        self._start = self._at + -self._at % ALIGNMENT

    def _take(self, form):
        value = struct.unpack_from(form, self._data, self._at)[0]
        self._at += struct.calcsize(form)
        return value

    def _text(self):
        size = self._take("<Q")
        self._at += size
        return self._data[self._at - size : self._at].decode("utf-8")

    def _any(self, kind):
        if kind == STRING:
            return self._text()
        if kind == ARRAY:
            element, count = self._take("<I"), self._take("<Q")
            return [self._any(element) for _ in range(count)]
        return self._take(_PACK[kind])

    def tensor_bytes(self, name):
        shape, kind, offset = self.tensors[name]
        n_values = 1
        for size in shape:
            n_values *= size
        n_bytes = n_values // _Q8_BLOCK * 34 if kind == TENSOR_Q8_0 else n_values * 4
        return self._data[self._start + offset : self._start + offset + n_bytes]
