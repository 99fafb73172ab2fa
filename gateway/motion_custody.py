"""Without this file the motion round a fall would be refused as rubbish; it is taken here, behind all alarms.

The parts of a window gather in memory. When all are there the window goes to disk twice: into the lane of telemetry,
for the platform, and into the table of the last ones, for the carers of the house. Only then is it acknowledged whole.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from gateway import motion_parts, motion_store
from gateway.motion_parts import Parts
from gateway.record import TELEMETRY, Record
from gateway.store import REFUSED, Store
from gateway.trace import Trace
from shared import gateway_frames, waves, words

Fall = tuple[bytes, int, int]  # pendant, boot, seq
Then = Callable[[int], None]  # told the status of the acknowledgement


class MotionCustody:
    """Takes the parts of windows. All of it runs in the event loop."""

    def __init__(self, *, store: Store, switch_on: int, known: list[Fall], trace: Trace) -> None:
        self._store = store
        self._switch_on = switch_on
        self._trace = trace
        self._known = OrderedDict.fromkeys(known[-motion_store.MOST :])
        self._under_way: set[Fall] = set()
        self.parts = Parts()
        self.on_kept: Callable[[bytes, int, int], None] = lambda pendant, boot, seq: None

    def take(self, sender: bytes, rssi_dbm: int, frame: tuple[int, int], body: bytes, now_ms: int, then: Then) -> None:
        """One part of a window; FrameError if it is none. then(status) once there is something to acknowledge."""
        part = motion_parts.unpack(body)
        fall = (sender, part.boot, part.seq)
        if fall in self._known:
            then(waves.KEPT | waves.ALL_PARTS)
            return
        here, samples = self.parts.take(sender, part, now_ms)
        if samples is None:
            then(waves.KEPT | here)
        elif fall not in self._under_way:  # else its acknowledgement is on its way already
            self._under_way.add(fall)
            window = motion_parts.pack_window(part.boot, part.seq, samples)
            record = Record(0, TELEMETRY, *fall, words.WAVE, window, rssi_dbm, self._switch_on, now_ms, 0)
            self._store.add(record, frame, partial(self._added, record, then))

    def _added(self, record: Record, then: Then, verdict: str) -> None:
        """In the lane of telemetry, or refused."""
        if verdict == REFUSED:
            self._end(record, then, words.REFUSED_FULL)
            return
        fall = (record.sender, record.boot, record.seq)
        kept = motion_store.Kept(*fall, record.body, record.switch_on, record.heard_ms)
        self._store.ask(partial(motion_store.put, kept=kept), partial(self._kept, record, then))

    def _kept(self, record: Record, then: Then, outcome: object) -> None:
        """In the table too, after the COMMIT; if that would not take it the platform's copy is safe all the same."""
        self._end(record, then, waves.KEPT | waves.ALL_PARTS)
        if isinstance(outcome, Exception):
            return
        fall = (record.sender, record.boot, record.seq)
        self._known[fall] = None
        while len(self._known) > motion_store.MOST:
            self._known.popitem(last=False)
        self._trace.step("motion-kept", event=gateway_frames.event_id(*fall))
        self.on_kept(*fall)

    def _end(self, record: Record, then: Then, status: int) -> None:
        fall = (record.sender, record.boot, record.seq)
        self._under_way.discard(fall)
        self.parts.drop(*fall)
        then(status)
