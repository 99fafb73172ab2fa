"""Without this file the parts of a motion window would lie about: here they become one window, or are forgotten.

Bounded whatever comes: a few windows of each pendant, so many in all, each for some minutes. Nothing here is on disk: a
pendant keeps its window until all parts are named in one acknowledgement, and that one is given after the COMMIT.
"""

from collections import OrderedDict
from typing import NamedTuple

from shared import frames, waves

MOST_OF_A_PENDANT = 2
MOST = 256
KEEP_MS = 120_000  # a pendant gives up after one minute


class Part(NamedTuple):
    """One part of the window of the fall (boot, seq)."""

    boot: int
    seq: int
    number: int
    samples: bytes


class Axes(NamedTuple):
    """A window as numbers, in milli-g."""

    x_mg: list[int]
    y_mg: list[int]
    z_mg: list[int]


def unpack(body: bytes) -> Part:
    """Body of a WAVE frame -> Part; FrameError if it is none."""
    if len(body) != waves.HEAD_SIZE + waves.PART_SIZE:
        raise frames.FrameError(f"a part of motion with {len(body)} bytes")
    layout, number = body[0] >> 4, body[0] & 0xF
    boot, seq = int.from_bytes(body[1:4], "big"), int.from_bytes(body[4:7], "big")
    if layout != waves.LAYOUT or number >= waves.PARTS:
        raise frames.FrameError(f"part {number} of a window of layout {layout}")
    if not 0 < seq < frames.FIRST_BEAT_SEQ:
        raise frames.FrameError(f"motion of an event that cannot be: {seq}")
    return Part(boot, seq, number, body[waves.HEAD_SIZE :])


def pack_window(boot: int, seq: int, samples: bytes) -> bytes:
    """A whole window as it is stored: as one part, with the number 15."""
    return bytes((waves.LAYOUT << 4 | 0xF,)) + boot.to_bytes(3, "big") + seq.to_bytes(3, "big") + samples


def axes(body: bytes) -> Axes:
    """A stored window -> numbers."""
    samples = body[waves.HEAD_SIZE :]
    columns = [[waves.mg_of(code) for code in samples[axis::3]] for axis in range(3)]
    return Axes(*columns)


class Parts:
    """What has come of each window so far. The oldest gives way."""

    def __init__(self) -> None:
        self._begun: OrderedDict[tuple[bytes, int, int], tuple[int, dict[int, bytes]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._begun)

    def take(self, pendant: bytes, part: Part, now_ms: int) -> tuple[int, bytes | None]:
        """One more part: (a bit for each part that is here, the samples if that is all of them)."""
        self._forget_old(now_ms)
        key = (pendant, part.boot, part.seq)
        if key not in self._begun:
            self._make_room(pendant)
            self._begun[key] = (now_ms, {})
        parts = self._begun[key][1]
        parts.setdefault(part.number, part.samples)
        if len(parts) < waves.PARTS:
            return sum(1 << number for number in parts), None
        return int(waves.ALL_PARTS), b"".join(parts[number] for number in range(waves.PARTS))

    def drop(self, pendant: bytes, boot: int, seq: int) -> None:
        """It is stored, or cannot be."""
        self._begun.pop((pendant, boot, seq), None)

    def _forget_old(self, now_ms: int) -> None:
        while self._begun:
            key, (begun_ms, _) = next(iter(self._begun.items()))
            if now_ms - begun_ms < KEEP_MS:
                return
            del self._begun[key]

    def _make_room(self, pendant: bytes) -> None:
        mine = [key for key in self._begun if key[0] == pendant]
        if len(mine) >= MOST_OF_A_PENDANT:
            del self._begun[mine[0]]
        elif len(self._begun) >= MOST:
            self._begun.popitem(last=False)
