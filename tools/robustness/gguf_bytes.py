"""GGUF files taken apart and put together again byte by byte, with no check at all: for making wrong ones.

Python's standard library alone.
"""

import struct

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
_FORMS = {U8: "<B", I8: "<b", U16: "<H", I16: "<h", U32: "<I", I32: "<i", F32: "<f", BOOL: "<B", U64: "<Q", I64: "<q", F64: "<d"}


def string(text):
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data)) + data


def scalar(kind, value):
    return string(value) if kind == STRING else struct.pack(_FORMS[kind], value)


def array(kind, values):
    return struct.pack("<IQ", kind, len(values)) + b"".join(scalar(kind, value) for value in values)


class Tensor:
    def __init__(self, name, dimensions, kind, offset, data):
        self.name, self.dimensions, self.kind, self.offset, self.data = name, list(dimensions), kind, offset, data
        self.n_dimensions = None  # what the file says instead of the true count

    def description(self):
        n_dimensions = len(self.dimensions) if self.n_dimensions is None else self.n_dimensions
        shape = b"".join(struct.pack("<Q", size % 2**64) for size in self.dimensions)
        return string(self.name) + struct.pack("<I", n_dimensions % 2**32) + shape + struct.pack("<IQ", self.kind % 2**32, self.offset % 2**64)


class Gguf:
    """`entries` are [key, type, packed value], in order; offsets of tensors are kept as they were read."""

    def __init__(self, data):
        self._data, self._at = data, 4
        self.magic, self.version, self.alignment, self.tail = data[:4], self._take("<I"), 32, b""
        self.n_tensors = self.n_entries = None  # what the file says instead of the true counts
        n_tensors, n_entries = self._take("<Q"), self._take("<Q")
        self.entries = [self._entry() for _ in range(n_entries)]
        descriptions = [self._description() for _ in range(n_tensors)]
        start = self._at + -self._at % self.alignment
        ends = sorted(offset for *_, offset in descriptions) + [len(data) - start]
        self.tensors = [
            Tensor(name, shape, kind, offset, data[start + offset : start + ends[ends.index(offset) + 1]])
            for name, shape, kind, offset in descriptions
        ]

    def _take(self, form):
        value = struct.unpack_from(form, self._data, self._at)[0]
        self._at += struct.calcsize(form)
        return value

    def _bytes(self):
        size = self._take("<Q")
        self._at += size
        return self._data[self._at - size : self._at]

    def _skip(self, kind):
        if kind == STRING:
            self._bytes()
        elif kind == ARRAY:
            element, count = self._take("<I"), self._take("<Q")
            for _ in range(count):
                self._skip(element)
        else:
            self._take(_FORMS[kind])

    def _entry(self):
        key, kind = self._bytes(), self._take("<I")
        start = self._at
        self._skip(kind)
        return [key, kind, self._data[start : self._at]]

    def _description(self):
        name, n_dimensions = self._bytes(), self._take("<I")
        shape = [self._take("<Q") for _ in range(n_dimensions)]
        return name, shape, self._take("<I"), self._take("<Q")

    def find(self, key):
        key = key.encode() if isinstance(key, str) else key
        return next((entry for entry in self.entries if entry[0] == key), None)

    def strings(self, key):
        """The elements of an array of strings."""
        packed, at, out = self.find(key)[2], 12, []
        for _ in range(struct.unpack_from("<Q", packed, 4)[0]):
            size = struct.unpack_from("<Q", packed, at)[0]
            out.append(packed[at + 8 : at + 8 + size])
            at += 8 + size
        return out

    def set(self, key, kind, packed):
        """Replaces an entry, or adds it."""
        entry = self.find(key)
        if entry is None:
            self.entries.append([key.encode() if isinstance(key, str) else key, kind, packed])
        else:
            entry[1:] = kind, packed

    def set_scalar(self, key, kind, value):
        self.set(key, kind, scalar(kind, value))

    def set_array(self, key, kind, values):
        self.set(key, ARRAY, array(kind, values))

    def remove(self, key):
        self.entries = [entry for entry in self.entries if entry[0] != key.encode()]

    def tensor(self, name):
        return next(tensor for tensor in self.tensors if tensor.name == name.encode())

    def head(self):
        n_tensors = len(self.tensors) if self.n_tensors is None else self.n_tensors
        n_entries = len(self.entries) if self.n_entries is None else self.n_entries
        counts = struct.pack("<IQQ", self.version % 2**32, n_tensors % 2**64, n_entries % 2**64)
        entries = b"".join(string(key) + struct.pack("<I", kind % 2**32) + packed for key, kind, packed in self.entries)
        return self.magic + counts + entries + b"".join(tensor.description() for tensor in self.tensors)

    def to_bytes(self):
        head = self.head()
        data, at = [], 0
        for tensor in sorted(self.tensors, key=lambda one: one.offset):
            if tensor.offset < at or tensor.offset > 2**32:
                continue  # a wrong offset: only the description says so
            data.append(bytes(tensor.offset - at) + tensor.data)
            at = tensor.offset + len(tensor.data)
        return head + bytes(-len(head) % self.alignment) + b"".join(data) + self.tail
