"""Without this file the fuzzer would be noise: what an attacker or a bad cable does to bytes that were once right."""

import random
from collections.abc import Callable

from shared import frames

Mutation = Callable[[random.Random, bytes, bytes], bytes]


def flip(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """One to eight bits are wrong."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def overwrite(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """A run of bytes is somebody else's."""
    at = chance.randrange(len(data) + 1)
    run = chance.randbytes(chance.randint(1, 12))
    return data[:at] + run + data[at + len(run) :]


def cut(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """The end is missing."""
    return data[: chance.randrange(len(data) + 1)]


def behead(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """The beginning is missing."""
    return data[chance.randrange(len(data) + 1) :]


def lengthen(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """There is too much of it."""
    return data + chance.randbytes(chance.choice((1, 2, 8, 60, 250, 1_000)))


def splice(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """The head of one and the tail of another."""
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def invent(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """Nothing but noise."""
    return chance.randbytes(chance.randrange(300))


def impersonate(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """A right header, perhaps with a newer counter, before a body that nobody sealed."""
    header = bytearray(data[: frames.UP_HEADER_SIZE].ljust(frames.UP_HEADER_SIZE, b"\0"))
    header[1] = chance.choice((0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x7F, 0x81, 0x82, 0x83, 0xFF))
    header[8:14] = chance.randbytes(6)
    return bytes(header) + chance.randbytes(chance.choice((8, 14, 27, 29, 35, 100)))


def foreign(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """Another version of the protocol."""
    return bytes((chance.randrange(256),)) + data[1:]


def repeat(_chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """Word for word: a replay."""
    return data


ALL: tuple[Mutation, ...] = (
    flip, flip, overwrite, cut, behead, lengthen, splice, invent, impersonate, impersonate, foreign, repeat,
)  # fmt: skip


def mutate(chance: random.Random, data: bytes, other: bytes) -> tuple[str, bytes]:
    """(name of the mutation, the bytes that came of it)."""
    mutation = chance.choice(ALL)
    return mutation.__name__, mutation(chance, data, other)
