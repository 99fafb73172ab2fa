"""Without this file anybody in the street could ring an alarm, or silence one.

AES-128-CCM as in RFC 3610 with an 8-byte tag (M = 8) and a 13-byte nonce (L = 2), composed from the two modes that
stock MicroPython has. The primitives come from the chip's library (``shared.compat``); only the composition is ours,
and it is held to the vectors of the RFC.
"""

from shared.compat import Aes, const

KEY_SIZE = const(16)
NONCE_SIZE = const(13)
TAG_SIZE = const(8)

_BLOCK_SIZE = const(16)
_MOST_TEXT_SIZE = const(0xFFFF)  # L = 2: the length field has two bytes
_MOST_CLEAR_SIZE = const(0xFEFF)  # RFC 3610 section 2.2: beyond it the length is encoded otherwise
_FLAGS_MAC = const(0x59)  # clear data present, M = 8, L = 2 (section 2.2)
_FLAGS_COUNTER = const(0x01)  # L = 2 (section 2.3)


class SealError(ValueError):
    """The seal does not hold: wrong key, wrong nonce, or somebody has changed a byte."""


class Ccm:
    """One key's seal. Stateless between calls: who calls sees to it that no nonce comes twice."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError("a key has 16 bytes, not {}".format(len(key)))
        self._aes = Aes(bytes(key))

    def seal(self, nonce: bytes, clear: bytes, text: bytes) -> bytes:
        """Encrypt text, authenticate it and clear; return ciphertext + tag (8 bytes longer than text)."""
        _check(nonce, clear, text)
        stream = self._stream(nonce, len(text))
        tag = self._mac(nonce, clear, text)
        return _xor(text, stream, _BLOCK_SIZE) + _xor(tag, stream, 0)

    def open(self, nonce: bytes, clear: bytes, sealed: bytes) -> bytes:
        """Return the text that was sealed; SealError if a single bit is not as it was."""
        if len(sealed) < TAG_SIZE:
            raise SealError("shorter than its tag")
        text_size = len(sealed) - TAG_SIZE
        _check(nonce, clear, sealed)
        stream = self._stream(nonce, text_size)
        text = _xor(memoryview(sealed)[:text_size], stream, _BLOCK_SIZE)
        tag = _xor(self._mac(nonce, clear, text), stream, 0)
        if not _same(tag, memoryview(sealed)[text_size:]):
            raise SealError("the seal does not hold")
        return text

    def _stream(self, nonce: bytes, size: int) -> bytes:
        """The key stream: S_0 (for the tag), then enough blocks for size bytes (RFC 3610 section 2.3)."""
        blocks = 1 + (size + _BLOCK_SIZE - 1) // _BLOCK_SIZE
        counters = bytearray(blocks * _BLOCK_SIZE)
        for i in range(blocks):
            start = i * _BLOCK_SIZE
            counters[start] = _FLAGS_COUNTER
            counters[start + 1 : start + 1 + NONCE_SIZE] = nonce
            counters[start + 14] = i >> 8
            counters[start + 15] = i & 0xFF
        return self._aes.encrypt(counters)

    def _mac(self, nonce: bytes, clear: bytes, text: bytes) -> bytes:
        """The first 8 bytes of the CBC-MAC over length, clear and text (RFC 3610 section 2.2)."""
        clear_end = _BLOCK_SIZE
        if clear:
            clear_end += _padded(2 + len(clear))
        blocks = bytearray(clear_end + _padded(len(text)))
        blocks[0] = _FLAGS_MAC if clear else _FLAGS_MAC & 0xBF
        blocks[1 : 1 + NONCE_SIZE] = nonce
        blocks[14] = len(text) >> 8
        blocks[15] = len(text) & 0xFF
        if clear:
            blocks[16] = len(clear) >> 8
            blocks[17] = len(clear) & 0xFF
            blocks[18 : 18 + len(clear)] = clear
        blocks[clear_end : clear_end + len(text)] = text
        return self._aes.chain(blocks)[:TAG_SIZE]


def _check(nonce: bytes, clear: bytes, text: bytes) -> None:
    if len(nonce) != NONCE_SIZE:
        raise ValueError("a nonce has 13 bytes, not {}".format(len(nonce)))
    if len(text) > _MOST_TEXT_SIZE or len(clear) > _MOST_CLEAR_SIZE:
        raise ValueError("too long to be sealed in one piece")


def _padded(size: int) -> int:
    return (size + _BLOCK_SIZE - 1) // _BLOCK_SIZE * _BLOCK_SIZE


def _xor(data: bytes | memoryview, stream: bytes, start: int) -> bytes:
    mixed = bytearray(len(data))
    for i in range(len(data)):
        mixed[i] = data[i] ^ stream[start + i]
    return bytes(mixed)


def _same(left: bytes, right: bytes | memoryview) -> bool:
    """Compare in a time that does not tell how much was right."""
    difference = len(left) ^ len(right)
    for i in range(len(left)):
        difference |= left[i] ^ right[i]
    return difference == 0
