"""Without this file a carer would read that somebody fell and not see how: the motion round an impact, for the air.

A window is 192 samples of x, y, z, 50 a second, from 2 s before the impact to 1.8 s after it, in three parts that fit a
frame. Of each two samples of the detector's 100 Hz the larger goes in, so that no peak is lost. An axis travels as its
signed square root, one byte: fine near nought, where the direction of gravity shows, coarse where an impact is.
"""

from shared.compat import const
from shared.fall_window import root

LAYOUT = const(1)  # of what this file says; the upper half of the first byte
PERIOD_MS = const(20)
SAMPLES = const(192)
IMPACT = const(100)  # the number of the sample that holds the impact
PARTS = const(3)
PART_SAMPLES = const(64)
PART_SIZE = const(192)  # bytes of samples in a part
ALL_PARTS = const(7)  # one bit a part

HEAD_SIZE = const(7)  # of a part's body

KEPT = const(0x80)  # status of an acknowledgement: plus one bit for each part that the gateway has

_MOST = const(127)  # squared 16,129: the sensors end at 16,000


def code_of(mg: int) -> int:
    """One axis, milli-g -> 0 to 255: the nearest signed root, in two's complement."""
    size = -mg if mg < 0 else mg
    code = root(size)
    if size - code * code > code:
        code += 1
    code = min(code, _MOST)
    return 256 - code if mg < 0 < code else code


def mg_of(code: int) -> int:
    """The other way."""
    signed = code - 256 if code > _MOST else code
    return signed * abs(signed)


def pack_part(boot: int, seq: int, part: int, samples: bytes | bytearray) -> bytes:
    """Body of a WAVE frame: part number `part` of the window of the fall (boot, seq). samples: PART_SIZE bytes."""
    return bytes((LAYOUT << 4 | part,)) + boot.to_bytes(3, "big") + seq.to_bytes(3, "big") + bytes(samples)
