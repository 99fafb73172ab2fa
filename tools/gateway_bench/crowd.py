"""Without this file a tormented gateway would have nobody to serve: pendants that fall, call, beat, and never give up.

They keep the promises of real ones: an event is repeated, each time in a fresh frame, until its acknowledgement has
come; while an alarm is open the pendant polls; an answer that is felt is reported in an event of its own.
"""

import random
import threading
import time
from pathlib import Path
from typing import Self

from gateway.drill.ledger import Ledger
from gateway.drill.pendant import Pendant
from shared import frames, gateway_frames, words
from tools.gateway_bench.twins import Bridge, make_pendants, write_registry

_REPEAT_S = 0.25
_TICK_S = 0.02
_OPEN_MOST_S = 120.0


class _Wearer:
    """One pendant and what it still has to say."""

    def __init__(self, pendant: Pendant) -> None:
        self.pendant = pendant
        self.journal: dict[int, tuple[int, int, tuple[int, int]]] = {}  # seq: code, argument, the alarm it belongs to
        self.said_s: dict[int, float] = {}
        self.open_alarms: dict[int, float] = {}  # seq: until when it polls
        self.polled_s = 0.0
        self.felt: set[int] = set()

    def note(self, code: int, arg: int = 0, ref: tuple[int, int] = (0, 0)) -> int:
        """Write an event into the journal; return its seq."""
        self.pendant.seq += 1
        self.journal[self.pendant.seq] = (code, arg, ref)
        return self.pendant.seq


class Crowd:
    """Many pendants behind one bridge, driven by one thread."""

    def __init__(self, bridge: Bridge, number: int, chance: random.Random, registry: Path) -> None:
        self.ledger = Ledger()
        self.acked = self.ledger.acked_s
        self.alarms = 0
        self.answers_felt = 0
        self._bridge = bridge
        self._chance = chance
        self._wearers = {pendant.id: _Wearer(pendant) for pendant in make_pendants(number)}
        self._lock = threading.Lock()
        self._is_calm = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)
        write_registry(registry, [wearer.pendant for wearer in self._wearers.values()])
        bridge.on_air = self._hear

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def calm_down(self) -> None:
        """Let nothing new happen: only what is still to be said is said."""
        self._is_calm = True

    def unacked(self) -> int:
        """Events in the journals."""
        with self._lock:
            return sum(len(wearer.journal) for wearer in self._wearers.values())

    def unfelt(self) -> int:
        """Alarms whose answer was not felt."""
        with self._lock:
            return sum(len(wearer.open_alarms) for wearer in self._wearers.values())

    def wants_answer(self, name: str) -> bool:
        """Whether this event is an alarm that waits for a person."""
        identity, _, seq = name.split("-")
        with self._lock:
            wearer = self._wearers.get(bytes.fromhex(identity))
            return wearer is not None and int(seq) in wearer.open_alarms

    # ---- living

    def _live(self) -> None:
        while not self._stop.wait(_TICK_S):
            with self._lock:
                said = [air for wearer in self._wearers.values() for air in self._tick(wearer)]
            for air in said:
                self._bridge.air(air)

    def _tick(self, wearer: _Wearer) -> list[bytes]:
        now_s = time.monotonic()
        if not self._is_calm:
            self._let_something_happen(wearer)
        airs = [self._say(wearer, seq) for seq in list(wearer.journal) if now_s - wearer.said_s.get(seq, 0) > _REPEAT_S]
        if wearer.open_alarms and now_s - wearer.polled_s > _REPEAT_S:
            wearer.polled_s = now_s
            airs.append(wearer.pendant.poll(wearer.pendant.boot, min(wearer.open_alarms)))
        if self._chance.random() < 0.02 and not self._is_calm:
            airs.append(wearer.pendant.beat())
        return airs

    def _let_something_happen(self, wearer: _Wearer) -> None:
        if self._chance.random() < 0.004:
            seq = wearer.note(words.HELP_REQUESTED)
            wearer.open_alarms[seq] = time.monotonic() + _OPEN_MOST_S
            self.alarms += 1
        if self._chance.random() < 0.004:
            wearer.note(words.TEST_PASSED)

    def _say(self, wearer: _Wearer, seq: int) -> bytes:
        code, arg, ref = wearer.journal[seq]
        wearer.said_s[seq] = time.monotonic()
        self.ledger.say(wearer.pendant.name(seq).encode(), wearer.said_s[seq])
        return wearer.pendant.event(code, seq=seq, arg=arg, ref=ref)

    def _hear(self, air: bytes) -> None:
        with self._lock:
            wearer = self._wearers[frames.read_header(air).pendant]
            kind, said = wearer.pendant.read(air)
            if kind == words.ACK and said.status == words.STORED:
                name = str(gateway_frames.event_id(wearer.pendant.id, said.boot, said.seq)).encode()
                self.ledger.ack(name, time.monotonic())
                wearer.journal.pop(said.seq, None)
                wearer.said_s.pop(said.seq, None)
            elif kind == words.ANSWER and said.stage == words.ANSWERED and said.ref_seq in wearer.open_alarms:
                del wearer.open_alarms[said.ref_seq]
                wearer.note(words.ANSWER_FELT, words.ANSWERED, (said.ref_boot, said.ref_seq))
                self.answers_felt += 1
