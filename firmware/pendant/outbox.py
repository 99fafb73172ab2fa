"""Decides what is sent next and when again; without it a beat could stand before an alarm.

Five lanes: alarms, events, the beat, the poll, and the motion round a fall, which waits until no event is owed. Within
a lane what is due first goes first, so that an item that nobody acknowledges does not block its neighbours. Every
failed attempt makes the next wait longer; a sign of life from the gateway makes everything due at once.
"""

from shared import frames, words
from shared.compat import const, ticks_add, ticks_diff

ALARM_LANE = const(0)
EVENT_LANE = const(1)
BEAT_LANE = const(2)
POLL_LANE = const(3)
WAVE_LANE = const(4)

_ATTEMPT_MOST = const(255)
_BURST = const(8)  # tries of an alarm at each late step: where one frame in ten comes through, one try is no try
_BURST_FROM_STEP = const(4)
_BURST_WAIT_MS = const(60)
_ROOM = const(6)  # events that wait here; more of them wait on flash, where they need no RAM


class Parcel:
    """Something owed: kind of frame, how to make its body, how often it was tried, when it is due (ticks, ms)."""

    def __init__(self, lane, kind, make_body, entry, now_ms):
        self.lane = lane
        self.kind = kind
        self.make_body = make_body  # called with the parcel for each transmission: age and attempt are fresh
        self.entry = entry  # the journal's, or None
        self.attempt = 0
        self.step = 0  # on the ladder of waits; a scan of the channels is one step
        self.burst = 0  # tries at this step
        self.due_ms = now_ms


class Outbox:
    """alarm_waits_ms, event_waits_ms, wave_waits_ms are the ladders of config; random() gives 0 to 255."""

    def __init__(self, alarm_waits_ms, event_waits_ms, beat_tries, random, wave_waits_ms=(0,)):
        self._waits = (alarm_waits_ms, event_waits_ms, event_waits_ms, event_waits_ms, wave_waits_ms)
        self._beat_tries = beat_tries
        self._random = random
        self._parcels = []

    def __len__(self):
        return len(self._parcels)

    def add(self, parcel):
        """Owe something more. A new beat or poll takes the place of the one before."""
        if parcel.lane >= BEAT_LANE:
            self._parcels = [old for old in self._parcels if old.lane != parcel.lane]
        self._parcels.append(parcel)

    @property
    def events(self):
        """How many events wait here."""
        return sum(1 for parcel in self._parcels if parcel.entry)

    @property
    def has_room(self):
        """True while another event may wait here."""
        return self.events < _ROOM

    def make_room(self):
        """A new alarm must go out at once: an event, or else whatever was tried most, waits on flash instead."""
        if self.has_room:
            return
        victim = None
        for parcel in self._parcels:
            if parcel.entry and (victim is None or (parcel.lane, parcel.attempt) > (victim.lane, victim.attempt)):
                victim = parcel
        self._parcels.remove(victim)

    def due(self, now_ms):
        """The parcel to send now, or None."""
        best = None
        for parcel in self._parcels:
            if ticks_diff(parcel.due_ms, now_ms) > 0 or self._is_held(parcel):
                continue
            if best is None or parcel.lane < best.lane:
                best = parcel
            elif parcel.lane == best.lane and ticks_diff(parcel.due_ms, best.due_ms) < 0:
                best = parcel
        return best

    def sent(self, parcel):
        """One more attempt has gone out."""
        parcel.attempt = min(parcel.attempt + 1, _ATTEMPT_MOST)

    def missed(self, parcel, now_ms, is_busy=False):
        """The listening time is over and nobody acknowledged: later again, or never. is_busy: the air is full."""
        if parcel.lane == POLL_LANE or (parcel.lane == BEAT_LANE and parcel.attempt >= self._beat_tries):
            self.drop(parcel)
            return
        if parcel.lane == WAVE_LANE and is_busy:
            parcel.step = _ATTEMPT_MOST  # the air is needed for something else
        if parcel.lane == ALARM_LANE and parcel.step >= _BURST_FROM_STEP and not is_busy:
            parcel.burst += 1
            if parcel.burst < _BURST:
                parcel.due_ms = ticks_add(now_ms, _BURST_WAIT_MS * self._random() // 256)
                return
        parcel.burst = 0
        waits = self._waits[parcel.lane]
        wait_ms = waits[min(parcel.step, len(waits) - 1)]
        parcel.step = min(parcel.step + 1, _ATTEMPT_MOST)
        parcel.due_ms = ticks_add(now_ms, wait_ms - wait_ms * self._random() // 512)

    def elsewhere(self, parcel, now_ms):
        """Nobody acknowledged, and there is another channel to try: as good as at once."""
        parcel.due_ms = ticks_add(now_ms, self._random() & 15)

    def drop(self, parcel):
        """It is no longer owed."""
        if parcel in self._parcels:
            self._parcels.remove(parcel)

    def acknowledged(self, boot, seq):
        """The gateway has stored this event: return its parcel and owe it no longer; None if it was not owed."""
        parcel = self.parcel_of((boot, seq))
        if parcel:
            self._parcels.remove(parcel)
        return parcel

    def parcel_of(self, event_id):
        """The parcel of the event (boot, seq); None if it does not wait here."""
        for parcel in self._parcels:
            if parcel.entry and parcel.entry.id == event_id:
                return parcel
        return None

    def gateway_lives(self, now_ms):
        """Somebody answered: whatever waits out a failure need wait no longer."""
        for parcel in self._parcels:
            if parcel.attempt and ticks_diff(parcel.due_ms, now_ms) > 0 and parcel.lane != WAVE_LANE:
                parcel.due_ms = now_ms

    def oldest_alarm_born_ms(self, epoch):
        """When the oldest alarm that was tried in vain arose, on the long clock of this epoch; -1 if there is none.

        One of an earlier epoch counts as of the beginning of this one.
        """
        oldest_ms = -1
        for parcel in self._parcels:
            if parcel.lane == ALARM_LANE and parcel.attempt:
                born_ms = parcel.entry.born_ms if parcel.entry.epoch == epoch else 0
                oldest_ms = born_ms if oldest_ms < 0 else min(oldest_ms, born_ms)
        return oldest_ms

    def most_attempts(self):
        """How often the most tried event has been tried, and how far up the ladder it is: (attempts, step)."""
        owed = [(parcel.attempt, parcel.step) for parcel in self._parcels if parcel.entry]
        return max(owed) if owed else (0, 0)

    def next_ms(self, now_ms):
        """Milliseconds until something is due; -1 = nothing is owed."""
        soonest_ms = -1
        for parcel in self._parcels:
            if self._is_held(parcel):
                continue
            left_ms = max(0, ticks_diff(parcel.due_ms, now_ms))
            if soonest_ms < 0 or left_ms < soonest_ms:
                soonest_ms = left_ms
        return soonest_ms

    def _is_held(self, parcel):
        """The motion waits as long as anything that has happened waits for its acknowledgement."""
        return parcel.lane == WAVE_LANE and any(other.entry for other in self._parcels)


def event_body(parcel, age_ms):
    """The body of the frame for a journal entry that is age_ms old, or of frames.AGE_UNKNOWN."""
    entry = parcel.entry
    return frames.pack_event(
        frames.Event(
            entry.boot, entry.seq, entry.code, age_ms, entry.delay_ms, parcel.attempt, entry.arg,
            entry.ref[0], entry.ref[1],
        )
    )  # fmt: skip


def event_parcel(entry, make_body, now_ms):
    """A parcel for a journal entry."""
    is_alarm = entry.code in words.ALARM_CODES
    return Parcel(
        ALARM_LANE if is_alarm else EVENT_LANE, words.ALARM if is_alarm else words.EVENT, make_body, entry, now_ms
    )
