"""Without this file a drill's alarm would be said once, and a real pendant never says it once only.

A pendant that does not exist: it says a test alarm again and again, each time in a fresh frame, until the gateway has
acknowledged it.
"""

import os
import time

from gateway.drill.control import DRILL_ID
from gateway.drill.ledger import Ledger
from gateway.drill.pendant import Pendant
from shared import frames, framing, words

REPEAT_S = 0.5
_EPOCH_S = 1_767_225_600  # 2026-01-01
_BOOT_S = 16  # a boot is a sixteenth of a minute and a bit: larger at each drill, for eight years


class Caller:
    """The drill's pendant and what it still has to say."""

    def __init__(self, ledger: Ledger) -> None:
        boot = max(1, int(time.time() - _EPOCH_S) // _BOOT_S) & int(frames.COUNTER_MOST)
        self.key = os.urandom(16)
        self._pendant = Pendant(DRILL_ID, self.key, boot)
        self._ledger = ledger
        self._journal: dict[int, float] = {}  # seq: when it was said last
        self._began_s: dict[int, float] = {}

    def call(self) -> None:
        """One more test alarm."""
        self._pendant.seq += 1
        self._journal[self._pendant.seq] = 0.0
        self._began_s[self._pendant.seq] = time.monotonic()
        self._ledger.say(self._pendant.name().encode(), time.monotonic())

    def due(self) -> list[bytes]:
        """What a bridge would put on the line now, frame by frame."""
        now_s = time.monotonic()
        late = [seq for seq, said_s in self._journal.items() if now_s - said_s >= REPEAT_S]
        return [self._say(seq, now_s) for seq in late]

    def hear(self, air: bytes) -> None:
        """A frame from the gateway."""
        kind, said = self._pendant.read(air)
        if kind == words.ACK and said.status == words.STORED and said.boot == self._pendant.boot:
            self._journal.pop(said.seq, None)
            self._ledger.ack(self._pendant.name(said.seq).encode(), time.monotonic())

    def _say(self, seq: int, now_s: float) -> bytes:
        self._journal[seq] = now_s
        age_ms = int((now_s - self._began_s[seq]) * 1_000)
        air = self._pendant.event(words.TEST_ALARM, words.ALARM, seq, age_ms=age_ms)
        return bytes(framing.encode(framing.HEARD, DRILL_ID + b"\xce" + air))
