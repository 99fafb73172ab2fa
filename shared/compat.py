"""Without this file every other one would have to know which Python it runs on.

Everything that differs between MicroPython and CPython stands here, found by trying (a feature test), never by asking
for the implementation's name. Nobody patches ``time``: who needs another clock is handed one.
"""

__all__ = [
    "Aes",
    "const",
    "crc_hqx",
    "sleep_ms",
    "ticks_add",
    "ticks_diff",
    "ticks_ms",
    "ticks_us",
]

try:
    from micropython import const
except ImportError:  # CPython: same meaning, no magic

    def const(value: int) -> int:
        return value


try:
    from time import sleep_ms, ticks_add, ticks_diff, ticks_ms, ticks_us  # type: ignore[attr-defined]
except ImportError:  # CPython: the board's arithmetic, which wraps at 2**30
    import time

    _TICKS_PERIOD = 1 << 30

    def ticks_ms() -> int:
        """Milliseconds of a clock that only goes forwards and wraps at 2**30."""
        return (time.monotonic_ns() // 1_000_000) % _TICKS_PERIOD

    def ticks_us() -> int:
        """Microseconds of a clock that only goes forwards and wraps at 2**30."""
        return (time.monotonic_ns() // 1_000) % _TICKS_PERIOD

    def ticks_add(ticks: int, delta: int) -> int:
        """The tick that comes delta after ticks."""
        return (ticks + delta) % _TICKS_PERIOD

    def ticks_diff(end: int, start: int) -> int:
        """How much later end is than start; right while they are less than 2**29 apart."""
        return (end - start + _TICKS_PERIOD // 2) % _TICKS_PERIOD - _TICKS_PERIOD // 2

    def sleep_ms(ms: int) -> None:
        """Do nothing for ms milliseconds."""
        time.sleep(ms / 1_000)


try:
    from binascii import crc_hqx
except ImportError:  # MicroPython's binascii has only crc32

    def crc_hqx(data: bytes | bytearray | memoryview, crc: int) -> int:  # type: ignore[misc]
        """CRC-16 of polynomial 0x1021 of data, continued from crc."""
        for byte in data:
            # The table-free form: the eight shifts of one byte folded into three exclusive-ors.
            byte ^= crc >> 8
            byte ^= byte >> 4
            crc = (crc << 8 ^ byte << 12 ^ byte << 5 ^ byte) & 0xFFFF
        return crc


_BLOCK_SIZE = const(16)

try:
    from cryptolib import aes as _aes

    class Aes:
        """AES under one key, made once: whoever makes it anew for each frame needs room for it in a full heap."""

        def __init__(self, key: bytes) -> None:
            self._one_by_one = _aes(key, 1)  # ECB

        def encrypt(self, blocks: bytes | bytearray) -> bytes:
            """AES of every 16-byte block of blocks on its own; return the ciphertext as bytes."""
            return self._one_by_one.encrypt(blocks)

        def chain(self, blocks: bytes | bytearray) -> bytes:
            """The last block of AES-CBC of blocks (a multiple of 16 bytes) from an initial vector of zeros."""
            state = bytearray(_BLOCK_SIZE)
            for start in range(0, len(blocks), _BLOCK_SIZE):
                for i in range(_BLOCK_SIZE):
                    state[i] ^= blocks[start + i]
                self._one_by_one.encrypt(state, state)
            return bytes(state)

except ImportError:  # CPython: the same from a library that is looked after
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    class Aes:  # type: ignore[no-redef]
        """AES under one key."""

        def __init__(self, key: bytes) -> None:
            self._key = algorithms.AES(key)

        def encrypt(self, blocks: bytes | bytearray) -> bytes:
            """AES of every 16-byte block of blocks on its own; return the ciphertext as bytes."""
            return Cipher(self._key, modes.ECB()).encryptor().update(blocks)

        def chain(self, blocks: bytes | bytearray) -> bytes:
            """The last block of AES-CBC of blocks (a multiple of 16 bytes) from an initial vector of zeros."""
            return Cipher(self._key, modes.CBC(bytes(_BLOCK_SIZE))).encryptor().update(blocks)[-_BLOCK_SIZE:]
