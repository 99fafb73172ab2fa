"""Without this file every other one would have to know which Python it runs on.

Everything that differs between MicroPython and CPython stands here, found by trying (a feature test), never by asking
for the implementation's name. Nobody patches ``time``: who needs another clock is handed one.
"""

__all__ = [
    "aes_cbc_encrypt",
    "aes_ecb_encrypt",
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


_ECB = const(1)
_CBC = const(2)

try:
    from cryptolib import aes as _aes

    def aes_ecb_encrypt(key: bytes, blocks: bytes | bytearray) -> bytes:
        """AES of every 16-byte block of blocks on its own; return the ciphertext as bytes."""
        return _aes(key, _ECB).encrypt(blocks)

    def aes_cbc_encrypt(key: bytes, blocks: bytes | bytearray) -> bytes:
        """AES-CBC of blocks (a multiple of 16 bytes) from an initial vector of zeros."""
        return _aes(key, _CBC, bytes(16)).encrypt(blocks)

except ImportError:  # CPython: the same two primitives from a library that is looked after
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    def aes_ecb_encrypt(key: bytes, blocks: bytes | bytearray) -> bytes:
        """AES of every 16-byte block of blocks on its own; return the ciphertext as bytes."""
        return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(blocks)

    def aes_cbc_encrypt(key: bytes, blocks: bytes | bytearray) -> bytes:
        """AES-CBC of blocks (a multiple of 16 bytes) from an initial vector of zeros."""
        return Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor().update(blocks)
