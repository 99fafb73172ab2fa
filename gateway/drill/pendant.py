"""Without this file neither a drill nor a bench would have anybody to call: a pendant made of the shared code.

The frames are made and opened by the same code that pendants run; only the sealing is the library's, for speed.
"""

from typing import Any

from gateway.seal import Ccm
from shared import frames, gateway_frames, waves, words


class Pendant:
    """Makes the frames of one pendant and reads what is meant for it."""

    def __init__(self, identity: bytes, key: bytes, boot: int = 1) -> None:
        self.id, self.key, self.boot = identity, key, boot
        self.counter = 0
        self.seq = 0
        self.beats = 0
        self._cipher = Ccm(key)
        self._down: dict[bytes, Ccm] = {}

    def frame(self, kind: int, body: bytes) -> bytes:
        """A sealed frame under the next counter."""
        self.counter += 1
        return bytes(frames.seal(kind, self.id, self.boot, self.counter, body, self._cipher))

    def event(
        self, code: int, kind: int | None = None, seq: int | None = None, arg: int = 0, ref: tuple[int, int] = (0, 0),
        age_ms: int = 100, attempt: int = 1, boot: int | None = None,
    ) -> bytes:  # fmt: skip
        """A frame with a new event, or with seq a repeat of an earlier one."""
        if seq is None:
            self.seq += 1
            seq = self.seq
        if kind is None:
            kind = words.ALARM if code in words.ALARM_CODES else words.EVENT
        body = frames.pack_event(frames.Event(boot or self.boot, seq, code, age_ms, 800, attempt, arg, *ref))
        return self.frame(kind, body)

    def beat(self) -> bytes:
        """A frame with the next beat."""
        self.beats += 1
        seq = frames.FIRST_BEAT_SEQ + self.beats
        beat = frames.Beat(self.boot, seq, 3900, 80, -60, 1, words.WORN, words.VERSION, 100)
        return self.frame(words.BEAT, frames.pack_beat(beat))

    def poll(self, boot: int, seq: int) -> bytes:
        """A frame that asks about an alarm."""
        return self.frame(words.POLL, frames.pack_poll(frames.Poll(boot, seq)))

    def wave(self, seq: int, part: int, samples: bytes = bytes(int(waves.PART_SIZE))) -> bytes:
        """A frame with one part of the motion round the fall with this number."""
        return self.frame(words.WAVE, waves.pack_part(self.boot, seq, part, samples))

    def read(self, air: bytes) -> tuple[int, Any]:
        """(kind, Ack or Answer) of a downlink frame that is meant for this pendant."""
        header = frames.read_header(air)
        if header.pendant != self.id:
            raise frames.FrameError("for another pendant")
        cipher = self._down.get(header.gateway)
        if cipher is None:
            cipher = self._down[header.gateway] = Ccm(frames.downlink_key(self.key, header.gateway))
        body = frames.open_frame(air, cipher)
        return header.kind, (frames.unpack_ack if header.kind == words.ACK else frames.unpack_answer)(body)

    def name(self, seq: int | None = None) -> str:
        """The id of an event; of the newest without a seq."""
        return str(gateway_frames.event_id(self.id, self.boot, seq or self.seq))
