"""Without this file nobody would be responsible for an alarm between the pendant and the platform.

Here responsibility moves: a frame is opened, held against replays, stored, and only after the COMMIT acknowledged. What
was stored before is acknowledged again, for its first acknowledgement was lost. What cannot be stored is refused, so
that the pendant keeps it. Right behind each acknowledgement goes an answer that waits for that pendant.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from gateway import counters
from gateway.answers import Answers
from gateway.aside import aside
from gateway.clock import Clock
from gateway.downlink import Downlink
from gateway.keyring import Keyring
from gateway.motion_custody import MotionCustody
from gateway.record import Record, lane_of
from gateway.registry import Pendant, Registry
from gateway.replay import ReplayWindow
from gateway.store import REFUSED, REPEATED, STORED, Store
from gateway.tables import Answer
from gateway.trace import Trace
from shared import frames, gateway_frames, waves, word_names, words


class Listener(Protocol):
    """Who wants to know that a pendant was heard."""

    def heard(self, pendant: Pendant, rssi_dbm: int, kind: int, said: Any) -> None:
        """Said is the Event, Beat or Poll."""


class Custody:
    """Takes frames from the bridge and gives frames to it. All of it runs in the event loop."""

    def __init__(
        self,
        *,
        registry: Registry,
        store: Store,
        downlink: Downlink,
        answers: Answers,
        keyring: Keyring,
        clock: Clock,
        switch_on: int,
        newest_frames: dict[bytes, tuple[int, int]],
        send: Callable[..., bool],
        listener: Listener,
        trace: Trace,
    ) -> None:
        self._registry = registry
        self._store = store
        self._downlink = downlink
        self._answers = answers
        self._keyring = keyring
        self._clock = clock
        self._switch_on = switch_on
        self._windows = {sender: ReplayWindow(*newest) for sender, newest in newest_frames.items()}
        self._send = send
        self._listener = listener
        self._trace = trace
        self.counts: Counter[str] = Counter()  # frames by what became of them
        self._watchers: list[Callable[[Record], None]] = []
        self.motion: MotionCustody | None = None  # who takes the motion round falls

    def watch(self, callback: Callable[[Record], None]) -> Callable[[], None]:
        """Call callback for each record that is new, after its COMMIT; the function returned ends it."""
        self._watchers = [*self._watchers, callback]

        def end() -> None:
            self._watchers = [one for one in self._watchers if one is not callback]

        return end

    def heard(self, rssi_dbm: int, air: bytes) -> None:
        """A frame has come out of the air; whatever it is, this does not raise."""
        try:
            header = frames.read_header(air)
        except frames.FrameError as fault:
            self._refuse(counters.shape_fault(air), why=str(fault))
            return
        try:
            self._take(rssi_dbm, header, air)
        except frames.FrameError as fault:
            self._refuse(counters.UNREADABLE, why=str(fault))
        except Exception as fault:  # a mistake of ours over one frame: those that came with it are heard
            self._trace.trouble("custody", f"a frame of {header.pendant.hex()} cannot be taken ({fault!r})")

    def _refuse(self, reason: str, **facts: Any) -> None:
        self.counts[reason] += 1
        self._trace.fine("refused", reason=reason, **facts)

    def _take(self, rssi_dbm: int, header: frames.Header, air: bytes) -> None:
        if header.kind >= words.ACK:
            self.counts["from a gateway"] += 1  # a neighbour's acknowledgement: not for us
            return
        pendant = self._registry.get(header.pendant)
        if pendant is None:
            self._refuse(counters.UNKNOWN_PENDANT, pendant=header.pendant.hex())
            return
        try:
            pendant, body = self._keyring.open(pendant, air)
        except frames.FrameError as fault:
            self._refuse(counters.ALTERED, pendant=header.pendant.hex(), why=str(fault))
            return
        if pendant.is_revoked:
            self._refuse(counters.REVOKED, pendant=header.pendant.hex())
            self._keyring.revoked_heard(pendant, rssi_dbm)
            return
        self._trace.fine("opened", pendant=header.pendant.hex(), counter=header.counter)
        window = self._windows.get(pendant.id)
        if window is None:
            window = self._windows[pendant.id] = ReplayWindow()
        if not window.accept(header.boot, header.counter):
            self._refuse(counters.REPLAYED, pendant=header.pendant.hex(), counter=header.counter)
            return
        self.counts["heard"] += 1
        if header.kind == words.POLL:
            self._answer_poll(pendant, rssi_dbm, gateway_frames.unpack_poll(body))
        elif header.kind in (words.ALARM, words.EVENT, words.BEAT):
            self._keep(pendant, rssi_dbm, header, body)
        elif header.kind == words.WAVE and self.motion:
            self._take_motion(self.motion, pendant, rssi_dbm, header, body)
        else:
            raise frames.FrameError(f"kind {header.kind} is not known here")

    def _keep(self, pendant: Pendant, rssi_dbm: int, header: frames.Header, body: bytes) -> None:
        is_beat = header.kind == words.BEAT
        said: Any = gateway_frames.unpack_beat(body) if is_beat else gateway_frames.unpack_event(body)
        if pendant.is_guest and (is_beat or said.code != words.TEST_ALARM):
            raise frames.FrameError("a drill makes test alarms and nothing else")
        lane = lane_of(header.kind, 0 if is_beat else said.code)
        record = Record(
            0, lane, pendant.id, said.boot, said.seq, header.kind, body, rssi_dbm, self._switch_on,
            self._clock.stamp_ms(), 0,
        )  # fmt: skip
        if is_beat:
            self._trace.fine("heard", event=record.event_id, rssi_dbm=rssi_dbm)
        else:
            what = word_names.CODE_NAMES[said.code]
            self._trace.step("heard", event=record.event_id, what=what, attempt=said.attempt, rssi_dbm=rssi_dbm)
        self._store.add(record, (header.boot, header.counter), partial(self._kept, pendant, record, said))
        if not pendant.is_guest:
            aside(self._trace, "presence", self._listener.heard, pendant, rssi_dbm, header.kind, said)

    def _kept(self, pendant: Pendant, record: Record, said: Any, verdict: str) -> None:
        """The store has spoken, after its COMMIT."""
        self.counts[verdict] += 1
        tell = self._trace.fine if record.kind == words.BEAT else self._trace.step
        name = record.event_id
        tell(verdict, event=name)
        if record.kind == words.EVENT and verdict != REFUSED:
            aside(self._trace, "answers and orders", self._let_go, pendant, said)
        status = words.REFUSED_FULL if verdict == REFUSED else words.STORED
        is_sent = self._reply(pendant, record.boot, record.seq, status, tell, name)
        if is_sent:
            tell("refused-told" if verdict == REFUSED else "acknowledged", event=name, again=verdict == REPEATED)
        if verdict == STORED and not pendant.is_guest:
            for watcher in self._watchers:
                aside(self._trace, "who watches events", watcher, record)

    def _let_go(self, pendant: Pendant, said: frames.Event) -> None:
        """What a pendant has reported need not wait for it any more."""
        if said.code == words.ANSWER_FELT:
            self._answers.felt(pendant.id, said.ref_boot, said.ref_seq, said.arg)
            self._trace.step("answer-felt", event=gateway_frames.event_id(pendant.id, said.ref_boot, said.ref_seq))
        elif said.code == words.COMMAND_DONE:
            self._keyring.reported(pendant, said)

    def _answer_poll(self, pendant: Pendant, rssi_dbm: int, poll: frames.Poll) -> None:
        about = gateway_frames.event_id(pendant.id, poll.ref_boot, poll.ref_seq)
        self._trace.fine("polled", event=about)
        aside(self._trace, "presence", self._listener.heard, pendant, rssi_dbm, words.POLL, poll)
        self._reply(pendant, poll.ref_boot, poll.ref_seq, words.HEARD, self._trace.fine, about)

    def _take_motion(
        self, motion: MotionCustody, pendant: Pendant, rssi_dbm: int, header: frames.Header, body: bytes
    ) -> None:
        def acknowledge(status: int) -> None:
            boot, seq = int.from_bytes(body[1:4], "big"), int.from_bytes(body[4:7], "big")
            self._reply(pendant, boot, seq, status, self._trace.fine, gateway_frames.event_id(pendant.id, boot, seq))

        frame = (header.boot, header.counter)
        motion.take(pendant.id, rssi_dbm, frame, body, self._clock.stamp_ms(), acknowledge)
        self.counts["motion"] += 1

    def _reply(self, pendant: Pendant, boot: int, seq: int, status: int, tell: Callable[..., None], event: str) -> bool:
        """Acknowledge; if an answer or a command waits for this pendant, say that it follows, and let it follow."""
        answer = aside(self._trace, "answers", self._answers.next, pendant.id)
        order = None if answer else aside(self._trace, "orders", self._keyring.order_for, pendant)
        ack = frames.Ack(boot, seq, status, self._clock.unix_s(), 1 if answer or order else 0)
        frame = self._downlink.seal(words.ACK, pendant.id, pendant.key, gateway_frames.pack_ack(ack))
        self._trace.fine("ack-sealed", event=event)
        is_urgent = seq < frames.FIRST_BEAT_SEQ and status < waves.KEPT
        is_sent = self._send(frame, is_urgent=answer is not None or is_urgent)
        if answer:
            aside(self._trace, "answers", self._send_answer, pendant, answer)
        elif order:
            aside(self._trace, "orders", self._send_order, pendant, order)
        return is_sent

    def _send_order(self, pendant: Pendant, order: bytes) -> None:
        self._send(self._downlink.seal(words.COMMAND, pendant.id, pendant.key, order))

    def _send_answer(self, pendant: Pendant, answer: Answer) -> None:
        body = gateway_frames.pack_answer(frames.Answer(answer.boot, answer.seq, answer.stage, answer.eta_s))
        frame = self._downlink.seal(words.ANSWER, pendant.id, pendant.key, body)
        event = gateway_frames.event_id(pendant.id, answer.boot, answer.seq)
        self._trace.fine("answer-sealed", event=event, stage=word_names.STAGE_NAMES[answer.stage])
        if self._send(frame):
            self._trace.step("answer-sent", event=event, stage=word_names.STAGE_NAMES[answer.stage])
