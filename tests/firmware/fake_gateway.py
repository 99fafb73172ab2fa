"""A gateway behind a fake radio: it opens and seals real frames; ``is_deaf`` and ``loses`` make it a bad one."""

from shared import frames, gateway_frames, waves, words
from shared.ccm import Ccm

PENDANT_ID = bytes.fromhex("a4cf12000001")
GATEWAY_ID = bytes.fromhex("0a0b0c0d0e0f")
KEY = bytes(range(16))


class FakeGateway:
    """Stores, acknowledges, and answers when told to. ``events`` is every Event in the order stored."""

    def __init__(self, clock, key=KEY, gateway_id=GATEWAY_ID):
        self._clock = clock
        self._id = gateway_id
        self._take_key(key)
        self.next_key = None  # a rotation is under way
        self.commands = []  # Command, sent in each listening window until done
        self._counter = 0
        self.boot = 7
        self.is_deaf = False
        self.loses = lambda: False
        self.channel = 6
        self.status = words.STORED
        self.unix_at_nought_s = 0  # wall clock when the bench began; 0 = the gateway does not know the time
        self.events = []
        self.stored_ms = {}
        self.beats = []
        self.polls = []
        self.parts = {}  # of motion, by fall
        self.parts_heard = []  # (at_ms, fall, part)
        self.knows_no_waves = False
        self.heard = []  # (at_ms, kind, boot, counter)
        self.answers = []  # Answer, sent in each listening window until felt

    def hears(self, frame):
        """Return the frames that it sends back."""
        if self.is_deaf or self.loses():
            return []
        header = frames.read_header(frame)
        body = self._open(frame)
        self.heard.append((self._clock.ms, header.kind, header.boot, header.counter))
        unix_s = self.unix_at_nought_s and self.unix_at_nought_s + self._clock.ms // 1_000
        ack = frames.Ack(0, 0, words.HEARD, unix_s, 0)
        if header.kind in (words.ALARM, words.EVENT):
            event = gateway_frames.unpack_event(body)
            ack = frames.Ack(event.boot, event.seq, self.status, unix_s, 0)
            if self.status == words.STORED:
                self._store(event)
        elif header.kind == words.BEAT:
            beat = gateway_frames.unpack_beat(body)
            self.beats.append(beat)
            ack = frames.Ack(beat.boot, beat.seq, words.STORED, unix_s, 0)
        elif header.kind == words.POLL:
            self.polls.append((self._clock.ms, gateway_frames.unpack_poll(body)))
        elif header.kind == words.WAVE:
            if self.knows_no_waves:
                return []
            ack = self._keep_part(body, unix_s)
        answer = self.answers[0] if self.answers else None
        command = self.commands[0] if self.commands else None
        if answer or command:
            ack = ack._replace(more=1)
        out = [self.seal(words.ACK, gateway_frames.pack_ack(ack))]
        if answer:
            out.append(self.seal(words.ANSWER, gateway_frames.pack_answer(answer)))
        elif command:
            out.append(self.seal(words.COMMAND, gateway_frames.pack_command(command)))
        return [] if self.loses() else out

    def _keep_part(self, body, unix_s):
        ref = int.from_bytes(body[1:4], "big"), int.from_bytes(body[4:7], "big")
        parts = self.parts.setdefault(ref, {})
        self.parts_heard.append((self._clock.ms, ref, body[0] & 0xF))
        if self.status == words.STORED:
            parts[body[0] & 0xF] = body[waves.HEAD_SIZE :]
        status = waves.KEPT | sum(1 << part for part in parts) if self.status == words.STORED else self.status
        return frames.Ack(*ref, status, unix_s, 0)

    def _open(self, frame):
        try:
            return frames.open_frame(frame, self._up)
        except frames.FrameError:
            if not self.next_key:
                raise
        body = frames.open_frame(frame, Ccm(self.next_key))
        self._take_key(self.next_key)
        self.next_key = None
        return body

    def _take_key(self, key):
        self.key = key
        self._up = Ccm(key)
        self._down = Ccm(frames.downlink_key(key, self._id))

    def seal(self, kind, body):
        """A frame from this gateway."""
        self._counter += 1
        return frames.seal(kind, PENDANT_ID, self.boot, self._counter, body, self._down, self._id)

    def _store(self, event):
        if (event.boot, event.seq) in self.stored_ms:
            return
        self.stored_ms[event.boot, event.seq] = self._clock.ms
        self.events.append(event)
        if event.code == words.COMMAND_DONE:
            self.commands = []
        if event.code == words.ANSWER_FELT:
            self.answers = [
                answer
                for answer in self.answers
                if (answer.ref_boot, answer.ref_seq, answer.stage) != (event.ref_boot, event.ref_seq, event.arg)
            ]

    def codes(self):
        """The codes of all stored events."""
        return [event.code for event in self.events]


class FakeRadio:
    """The reply comes reply_ms after the frame."""

    senders = 0

    def __init__(self, clock, gateway, sent, channel, reply_ms=50):
        self._clock = clock
        self._gateway = gateway
        self._reply_ms = reply_ms
        self._coming = []
        self.channel = channel
        self.is_on = False
        self.sent = sent  # (at_ms, channel, frame)

    def on(self):
        """Power up."""
        self.is_on = True

    def off(self):
        """Power down: what came is lost."""
        self.is_on = False
        self._coming = []

    def tune(self, channel):
        """Move to a channel."""
        self.channel = channel

    def send(self, frame):
        """Transmit; a gateway on another channel hears nothing."""
        assert self.is_on
        self.sent.append((self._clock.ms, self.channel, frame))
        if self.channel != self._gateway.channel:
            return True
        for reply in self._gateway.hears(frame):
            self._coming.append((self._clock.ms + self._reply_ms, reply))
        return True

    def listen(self, ms):
        """Wait for a frame."""
        if self._coming and self._coming[0][0] <= self._clock.ms + ms:
            at_ms, frame = self._coming.pop(0)
            self._clock.pass_ms(max(0, at_ms - self._clock.ms))
            return b"bridge", -60, frame
        self._clock.pass_ms(max(1, ms))
        return None
