"""Without this file nobody would see that somebody is knocking at the door.

Every frame that is refused is counted by the reason, in words that a page or a graph can show. Nothing that can be
forged for free is logged line by line: a flood must cost the disk nothing.
"""

from collections import Counter
from typing import Any

from shared import frames, framing
from shared.ccm import TAG_SIZE

OVERSIZED = "oversized"
TRUNCATED = "truncated"
FOREIGN_VERSION = "foreign version"
ALTERED = "altered"  # the seal does not hold: changed on the way, or made by somebody without the key
UNREADABLE = "unreadable"  # the seal holds, but what it says is not of this protocol
REPLAYED = "replayed"
UNKNOWN_PENDANT = "unknown pendant"
REVOKED = "revoked"
REASONS = (OVERSIZED, TRUNCATED, FOREIGN_VERSION, ALTERED, UNREADABLE, REPLAYED, UNKNOWN_PENDANT, REVOKED)


def shape_fault(air: bytes) -> str:
    """Why read_header has refused these bytes."""
    if len(air) > frames.LONGEST_FRAME_SIZE:
        return OVERSIZED
    if len(air) >= 1 and air[0] != frames.VERSION:
        return FOREIGN_VERSION
    assert len(air) < frames.DOWN_HEADER_SIZE + TAG_SIZE
    return TRUNCATED


class LineCounters:
    """What the serial line tells of itself."""

    def __init__(self) -> None:
        self.damaged = 0  # frames on the line that did not come out even
        self.dropped = 0  # frames that the bridge has dropped because they came faster than the line takes them
        self.hellos = 0
        self._bridge_uptime_s = 0
        self._bridge_dropped = 0

    def greeted(self, body: bytes) -> None:
        """A HELLO: uptime in bytes 5 to 8, frames dropped since its start in the last two."""
        uptime_s = int.from_bytes(body[5:9], "big")
        dropped = int.from_bytes(body[15:17], "big")
        if uptime_s < self._bridge_uptime_s:
            self._bridge_dropped = 0  # it has begun anew
        self.dropped += max(0, dropped - self._bridge_dropped)
        self._bridge_dropped = dropped
        self._bridge_uptime_s = uptime_s
        self.hellos += 1

    def lost_decoder(self, decoder: framing.Decoder) -> None:
        """A connection has ended: keep what its decoder has counted."""
        self.damaged += decoder.rejected


def report(frames_counted: Counter[str], damaged: int, dropped: int) -> dict[str, Any]:
    """All of it as one table for a page or a payload."""
    return {
        "frames": {name: count for name, count in sorted(frames_counted.items()) if name not in REASONS},
        "refused": {reason: frames_counted[reason] for reason in REASONS},
        "line": {"damaged": damaged, "dropped_by_bridge": dropped},
    }
