"""Without this file a bridge would carry the rubbish of the whole street to its gateway, and alarms behind it.

A set of pendant ids in 256 bytes that may err on one side only (Bloom, Communications of the ACM 13(7), 1970): whoever
was added is always found, a stranger is found once in 300 times when 106 were added. It holds no secret.
"""

from shared.compat import const
from shared.crc import crc16

SIZE = const(256)
_HASHES = (40_503, 30_029, 51_787)  # odd numbers that share no pattern: each turns the CRC into another bit
_BIT_MASK = const(8 * 256 - 1)


def make(pendants: list[bytes]) -> bytes:
    """The set of these ids."""
    bits = bytearray(SIZE)
    for pendant in pendants:
        crc = crc16(pendant)
        for factor in _HASHES:
            bit = crc * factor >> 7 & _BIT_MASK
            bits[bit >> 3] |= 1 << (bit & 7)
    return bytes(bits)


def may_contain(bits: bytes, pendant: bytes) -> bool:
    """False only if that id was never added."""
    crc = crc16(pendant)
    for factor in _HASHES:
        bit = crc * factor >> 7 & _BIT_MASK
        if not bits[bit >> 3] & 1 << (bit & 7):
            return False
    return True
