"""Radio on one side, serial on the other: what goes first; without it a flood of beats would drown an alarm.

The bridge keeps no secrets and opens no seal. The kind byte in the clear is enough to know an alarm from a beat, and
the header's shape is enough to drop what cannot be ours; the gateway tells which ids may be (shared/known.py). Towards
the gateway alarms go first, one of each pendant at a time (turns.py), together where the gateway understands it
(shared/bundle.py). Beats and events have a short queue of their own, in which the oldest gives way, and the motion
round falls has another behind it: nothing else ever takes an alarm's place.
"""

from firmware.bridge import turns
from shared import bundle, framing, known, words
from shared.compat import const, ticks_add, ticks_diff

_SHORTEST_FRAME_SIZE = const(22)  # header and tag
_LONGEST_FRAME_SIZE = const(240)
_OTHERS_MOST = const(32)  # 32 frames of 55 bytes: an eighth of a second of the line
_WAVES_MOST = const(6)  # 250 bytes each, 20 ms of the line: they come only while the line has nothing else to do
_LOGS_MOST = const(4)
_ALLOWED_MS = const(7_000)  # three hellos: a gateway that goes on allowing the short forms goes on understanding them
_HELLO_LATE_MS = const(1_000)  # then it overtakes alarms: a bridge that is busy must not look dead
_SENDERS_MOST = const(640)  # 500 pendants and a street, 50 kB of memory: more are somebody's doing
_SENDERS_LIMIT = const(900)
_OURS_MOST = const(640)  # ids whose way through the filter is remembered, 400 us each on the chip


class Relay:
    """Frames and line bytes in; bytes for the line and frames for the air out. Opens nothing, sleeps nowhere."""

    def __init__(self, firmware, mac, channel, hello_ms, now_ms):
        self._firmware = firmware
        self._mac = mac
        self.channel = channel
        self._hello_ms = hello_ms
        self._hello_due_ms = now_ms
        self._decoder = framing.Decoder()
        self._turns = turns.Turns()
        self._alarm_ms = None  # when the last alarm was heard, as long as that is not long ago
        self._others = []
        self._waves = []
        self._known = b"\xff" * known.SIZE  # until the gateway has told: everybody
        self._ours = {}  # ids that were found in it
        self._allows_short = False
        self._allowed_ms = now_ms
        self._logs = []
        self.uptime_ms = 0
        self._now_ms = now_ms
        self.dropped = 0

    def heard(self, mac, rssi_dbm, frame):
        """A frame from the air: keep it for the line, unless it cannot be a pendant's."""
        if not _SHORTEST_FRAME_SIZE <= len(frame) <= _LONGEST_FRAME_SIZE or frame[0] != 1 or frame[1] >= words.ACK:
            return
        pendant = frame[2:8]
        if pendant not in self._ours and not self._is_ours(pendant):
            return  # a neighbour's, or rubbish
        pendant = self._ours[pendant]  # the one object of that name: memory is short
        if frame[1] == words.ALARM:
            self._keep_alarm(pendant, mac, rssi_dbm, frame)
        elif frame[1] == words.WAVE:
            self._queue(self._waves, (mac, rssi_dbm, frame), _WAVES_MOST)
        else:
            self._queue(self._others, (mac, rssi_dbm, frame), _OTHERS_MOST)

    def _queue(self, queue, heard, most):
        queue.append(heard)
        if len(queue) > most:
            queue.pop(0)
            self._drop()

    def _is_ours(self, pendant):
        if not known.may_contain(self._known, pendant):
            return False
        if len(self._ours) >= _OURS_MOST:
            self._ours = {}
        self._ours[pendant] = pendant
        return True

    def _keep_alarm(self, pendant, mac, rssi_dbm, frame):
        """As it will travel, if it has the one shape: that takes the least memory."""
        self._alarm_ms = self._now_ms
        alarm = bundle.item(rssi_dbm, frame) if bundle.fits(frame) else (mac, rssi_dbm, frame)
        if not self._turns.keep(pendant, alarm, self._now_ms):
            self._drop()

    def _next_alarms(self):
        """As many as travel together, in the order of their turns; or the first alone."""
        alarm = self._turns.take(self._now_ms)
        if isinstance(alarm, tuple):
            return _heard_line(*alarm)
        if not self._allows_short:
            return framing.encode(framing.HEARD, bundle.alone(alarm))
        items = [alarm]
        while len(self._turns) and len(items) < bundle.MOST and not isinstance(self._turns.first(), tuple):
            items.append(self._turns.take(self._now_ms))
        return framing.encode(framing.ALARMS, b"".join(items))

    def _drop(self):
        self.dropped = min(self.dropped + 1, 0xFFFF)

    def log(self, text):
        """A line for the gateway's log: the only way to say something without breaking a frame."""
        if len(self._logs) < _LOGS_MOST:
            self._logs.append(framing.encode(framing.LOG, text.encode()[:200]))

    def from_line(self, chunk):
        """Bytes from the gateway; return the frames to send. A wish for another channel changes ``channel``."""
        frames = []
        for kind, body in self._decoder.feed(chunk):
            if kind == framing.SEND_ALL and body:
                frames.append(body)
            elif kind == framing.SEND and len(body) > 6:
                frames.append(body[6:])
            elif kind == framing.ASK_HELLO:
                self._allows_short = False  # perhaps another gateway, of another age
                self._hello_due_ms = self._now_ms
            elif kind == framing.ALLOW and len(body) == 1:
                self._allows_short = bool(body[0] & framing.SHORT_FORMS)
                self._allowed_ms = self._now_ms
            elif kind == framing.SET_CHANNEL and len(body) == 1 and 1 <= body[0] <= 13:
                self.channel = body[0]
                self._hello_due_ms = self._now_ms
            elif kind == framing.KNOWN and len(body) == known.SIZE and body != self._known:
                self._known = body
                self._ours = {}
        return frames

    def stays(self, channel):
        """The chip refused the one that was wished. No hello at once: the gateway would wish again, without end."""
        self.channel = channel
        self._hello_due_ms = ticks_add(self._now_ms, self._hello_ms)

    def update(self, now_ms):
        """Let time pass."""
        self.uptime_ms += max(0, ticks_diff(now_ms, self._now_ms))
        self._now_ms = now_ms
        if self._allows_short and ticks_diff(now_ms, self._allowed_ms) > _ALLOWED_MS:
            self._allows_short = False
        if self._alarm_ms is not None and ticks_diff(now_ms, self._alarm_ms) > turns.REPEAT_MS:
            self._alarm_ms = None

    def must_start_anew(self, senders):
        """True when memory grows short by all who were ever heard; put off, to a limit, while alarms are under way."""
        is_quiet = self._alarm_ms is None and not len(self._turns)
        return senders > _SENDERS_LIMIT or (senders > _SENDERS_MOST and is_quiet)

    def for_line(self):
        """The next bytes for the line, or b"": alarms, then the sign of life, then the rest, motion last."""
        late_ms = ticks_diff(self._now_ms, self._hello_due_ms)
        if len(self._turns) and late_ms < _HELLO_LATE_MS:
            return self._next_alarms()
        if late_ms >= 0:
            self._hello_due_ms = ticks_add(self._now_ms, self._hello_ms)
            return framing.encode(framing.HELLO, self._hello())
        if self._others:
            return _heard_line(*self._others.pop(0))
        if self._waves:
            return _heard_line(*self._waves.pop(0))
        if self._logs:
            return self._logs.pop(0)
        return b""

    def _hello(self):
        """protocol, firmware 3, channel, uptime 4, mac 6, dropped 2, abilities."""
        return (
            bytes((framing.PROTOCOL_VERSION,) + self._firmware + (self.channel,))
            + (self.uptime_ms // 1_000).to_bytes(4, "big")
            + self._mac
            + self.dropped.to_bytes(2, "big")
            + bytes((framing.SHORT_FORMS,))
        )


def _heard_line(mac, rssi_dbm, frame):
    """One frame alone. Encoded only now: what is replaced or dropped while it waits has cost nothing."""
    return framing.encode(framing.HEARD, mac + bytes((rssi_dbm & 0xFF,)) + frame)
