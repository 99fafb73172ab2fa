"""Without this file a torn record on flash would pass for an event, and a spoilt line for a frame.

It stands alone because a pendant needs it and nothing else of framing.py.
"""

from shared.compat import crc_hqx


def crc16(data: bytes | bytearray | memoryview) -> int:
    """CRC-16/CCITT-FALSE of data: polynomial 0x1021, from 0xFFFF, not reflected."""
    return crc_hqx(data, 0xFFFF)
