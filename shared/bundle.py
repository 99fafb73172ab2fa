"""Without this file an earthquake would queue in front of a cable: alarms that travel together, without ballast.

Every ALARM has the same version, the same kind and the same length, and its sender's address is the id in its header:
of each only its strength and the rest of the frame are carried, 42 bytes instead of 55. Bytes in, values out; what is
no such frame does not fit and travels alone.
"""

from shared import words
from shared.compat import const

MOST = const(6)  # 255 bytes with type and check: COBS then costs one byte for all of them
_VERSION = const(1)
_ALARM_SIZE = const(43)  # header 14, event 21, tag 8
_ITEM_SIZE = const(42)
_BEGIN = bytes((1, words.ALARM))


def fits(frame: bytes) -> bool:
    """Whether a frame from the air is an alarm of the one shape."""
    return len(frame) == _ALARM_SIZE and frame[0] == _VERSION and frame[1] == words.ALARM


def item(rssi_dbm: int, frame: bytes) -> bytes:
    """What is carried of one alarm that fits."""
    return bytes((rssi_dbm & 0xFF,)) + frame[2:]


def alone(one: bytes) -> bytes:
    """The body of the message HEARD for an item: its sender is the pendant in its header."""
    return one[1:7] + one[:1] + _BEGIN + one[1:]


def split(body: bytes) -> list[tuple[int, bytes]]:
    """(strength in dBm, frame as it was in the air) of each alarm in a body; nothing if it does not come out even."""
    if not body or len(body) % _ITEM_SIZE:
        return []
    return [
        ((body[at] ^ 0x80) - 0x80, _BEGIN + bytes(body[at + 1 : at + _ITEM_SIZE]))
        for at in range(0, len(body), _ITEM_SIZE)
    ]
