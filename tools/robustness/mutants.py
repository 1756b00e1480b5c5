"""Random damage to a good model file. The same seed gives the same mutants.

Most of it goes to the head, where the meaning is: a change of a weight changes a number and nothing else.
"""

import random
import struct

INTERESTING = (0, 1, 2, 3, 7, 31, 127, 128, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1)


def _flip_bit(rng, data, head):
    data[rng.randrange(head)] ^= 1 << rng.randrange(8)


def _set_byte(rng, data, head):
    data[rng.randrange(head)] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))


def _set_number(rng, data, head):
    form, size = rng.choice((("<I", 4), ("<Q", 8)))
    at = rng.randrange(head - size)
    data[at : at + size] = struct.pack(form, rng.choice(INTERESTING) % 2 ** (8 * size))


def _nudge_number(rng, data, head):
    at = rng.randrange(head - 4)
    value = struct.unpack_from("<I", data, at)[0]
    struct.pack_into("<I", data, at, (value + rng.choice((-2, -1, 1, 2, 8))) % 2**32)


def _remove(rng, data, head):
    at = rng.randrange(head)
    del data[at : at + rng.choice((1, 4, 8, 100))]


def _repeat(rng, data, head):
    at = rng.randrange(head)
    data[at:at] = data[at : at + rng.choice((1, 4, 8, 100))]


def _move(rng, data, head):
    size = rng.choice((4, 8, 64))
    a, b = rng.randrange(head - size), rng.randrange(head - size)
    data[a : a + size] = data[b : b + size]


def _cut(rng, data, head):
    del data[rng.randrange(len(data)) :]


def _weights(rng, data, head):
    at = rng.randrange(head, len(data) - 64)
    data[at : at + 64] = rng.randbytes(64)


KINDS = (_flip_bit, _set_byte, _set_number, _set_number, _nudge_number, _nudge_number, _remove, _repeat, _move, _cut, _weights)


def mutant(good, head, seed):
    """`head`: how many bytes come before the weights."""
    rng = random.Random(seed)
    data = bytearray(good)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        rng.choice(KINDS)(rng, data, min(head, len(data) - 128))
        if len(data) < 256:
            break
    return bytes(data)
