"""From "it has happened" to "it is in safe hands"; without it an alarm would be sent once and hoped for.

What is recorded goes onto flash, then into the outbox; what is due is sent; an acknowledgement ends it. While an alarm
waits for an answer the gateway is asked every two seconds, because a pendant hears only just after it has spoken.
"""

import os

from firmware import fixed
from firmware.pendant.channels import Channels
from firmware.pendant.journal import Entry
from firmware.pendant.link import Link
from firmware.pendant.outbox import (
    ALARM_LANE,
    BEAT_LANE,
    POLL_LANE,
    WAVE_LANE,
    Outbox,
    Parcel,
    event_body,
    event_parcel,
)
from shared import frames, words
from shared.compat import const, ticks_add, ticks_diff

_CROWD_MS = const(20_000)  # where many call at once their motion is spread over this time
_WAVE_TRIES = const(12)  # for three parts: the motion is no alarm, and may be lost
_RADIO_KEPT_MS = const(150)  # switching the radio off and on again takes 30 ms: short pauses keep it
_ENDINGS = (words.FALL_CONFIRMED, words.FALL_CANCELLED, words.FALL_RECOVERED)
_AHEAD_MS = const(60_000)  # what is said again goes before what has been due for so long
_MANY = const(24)  # owed: from here on the same call again is the call that is owed already


def _random():
    return os.urandom(1)[0]


class Delivery:
    """pendant has stored(code), answered(answer), commanded(command), body_of_beat(rssi_dbm) and keeps(entry)."""

    def __init__(self, identity, settings, radio, memory, clock, save, pendant, journal, random=_random):
        self._settings = settings
        self._radio = radio
        self._memory = memory
        self._clock = clock
        self._pendant = pendant
        self._poll_due_ms = 0
        self._poll_ref = None  # the alarm the last poll asked about
        self._kept = []  # ids of falls that are acknowledged and still asked about
        self._make_event = self._event_body  # one object for all parcels
        self.journal = journal
        self.outbox = Outbox(
            fixed.ALARM_RETRY_MS, fixed.EVENT_RETRY_MS, settings.beat_tries, random, fixed.WAVE_RETRY_MS
        )
        self._random = random
        self._suspected = None  # (ref, place of the impact, now_ms): a fall whose motion is to be gathered
        self._window = None  # the motion of a fall, while it is gathered and on its way
        self.link = Link(identity, memory, radio, settings, save)
        self._channels = Channels(identity.channel, memory)

    @property
    def owes_motion(self):
        """True while the motion round a fall is gathered or on its way: it lives in RAM, a deep sleep would end it."""
        return self._suspected is not None or self._window is not None

    @property
    def is_listening(self):
        """True while an own frame has just gone out."""
        return self.link.is_listening

    def record(self, code, arg, ref, delay_ms, now_ms):
        """Put an event on flash and on its way; return (entry, whether flash took it)."""
        memory = self._memory
        is_alarm = code in words.ALARM_CODES
        if is_alarm:
            self._channels.raised()
        twin = self._twin(code, arg, ref) if len(self.journal) >= _MANY else None
        if twin:
            self._hurry(twin, now_ms)
            return twin, True
        if memory.seq >= frames.FIRST_BEAT_SEQ - 1:
            memory.new_boot()
        memory.seq += 1
        delay_ms = max(0, min(delay_ms, frames.DELAY_UNKNOWN_MS))
        entry = Entry(memory.boot, memory.seq, code, delay_ms, arg, ref, memory.epoch, self._clock.ms)
        is_safe = self.journal.add(entry)
        if is_alarm:
            self.outbox.make_room()
        if self.outbox.has_room:
            self._owe(entry, now_ms)
        return entry, is_safe

    def owe_again(self, now_ms):
        """After a start or a wake: what the journal holds, as often tried and as soon due as it was."""
        memory = self._memory
        wait_ms = max(0, memory.owed_due_ms - self._clock.ms) if memory.owed_attempt else 0
        for parcel in self._fill(now_ms):
            parcel.attempt = min(memory.owed_attempt, 255)
            parcel.step = memory.owed_step
            parcel.due_ms = ticks_add(now_ms, wait_ms)

    def open_falls(self):
        """(boot, seq) of each fall on flash without a word of how it ended: the power went during its countdown."""
        falls = []
        for entry in self.journal.owed():
            if entry.code == words.FALL_SUSPECTED:
                if entry.ref == (0, 0):
                    falls.append(entry.id)
            elif entry.ref in falls:
                falls.remove(entry.ref)
        return falls

    def owes_about(self, ref):
        """True while an event that refers to ref is on its way."""
        return any(entry.ref == ref and entry.code == words.COMMAND_DONE for entry in self.journal.owed())

    def owe_beat(self, now_ms):
        """A sign of life is due."""
        self._memory.beats += 1
        self.outbox.add(Parcel(BEAT_LANE, words.BEAT, self._beat_body, None, now_ms))

    def begin_window(self, ref, motion, now_ms):
        """A fall is suspected: note where its motion is. Nothing more, for the alarm has not gone yet."""
        self._end_window()
        self._suspected = (ref, motion.impact_place, now_ms)

    def look_at_window(self, motion, now_ms):
        """There are new samples: when the motion round a fall is complete it goes, behind everything else."""
        if self._suspected:
            self._open_window()
        if self._window and self._window.gather(motion.detector, now_ms):
            parcel = self._window.parcel
            if self.link.overheard:  # a gateway has others to serve: the air is theirs for now
                parcel.due_ms = ticks_add(now_ms, _CROWD_MS * self._random() // 256)
            self.outbox.add(parcel)

    def step(self, open_ref, now_ms):
        """Send what is due, listen as long as it makes sense. True when the wearer must feel that nobody hears."""
        self._owe_poll(open_ref, now_ms)
        if self._window and self._window.is_over(now_ms):
            self._end_window()
        self._send_due(now_ms)
        return self._nobody_hears()

    def heard(self, rssi_dbm, frame, now_ms):
        """A frame from the air."""
        told = self.link.heard(rssi_dbm, frame, now_ms)
        if told is None:
            return
        kind, said = told
        self._channels.heard()
        if kind == words.ANSWER:
            self.link.more_follows(now_ms)
            self._pendant.answered(said)
        elif kind == words.COMMAND:
            self.link.more_follows(now_ms)
            self._pendant.commanded(said)
        elif kind == words.ACK:
            self._take_ack(said, now_ms)

    def next_ms(self, open_ref, now_ms):
        """Milliseconds until there is something to do; -1 = nothing is owed."""
        if self.link.is_listening:
            return self.link.left_ms(now_ms)
        next_ms = self.outbox.next_ms(now_ms)
        if open_ref:
            poll_ms = max(0, ticks_diff(self._poll_due_ms, now_ms))
            next_ms = poll_ms if next_ms < 0 else min(next_ms, poll_ms)
        return next_ms

    def lie_down(self, now_ms):
        """Deep sleep is next: leave in memory how often and until when."""
        memory = self._memory
        memory.owed_attempt, memory.owed_step = self.outbox.most_attempts()
        memory.owed_due_ms = self._clock.ms + max(0, self.outbox.next_ms(now_ms))
        self._radio.off()

    # ---- what is owed

    def _owe(self, entry, now_ms):
        parcel = event_parcel(entry, self._make_event, now_ms)
        self.outbox.add(parcel)
        return parcel

    def _fill(self, now_ms):
        """Take on what waits on flash, alarms first, as far as there is room; return the new parcels."""
        parcels = []
        for is_alarm in (True, False):
            for entry in self.journal.owed():
                if not self.outbox.has_room:
                    return parcels
                if (entry.code in words.ALARM_CODES) == is_alarm and self._is_waiting(entry):
                    parcels.append(self._owe(entry, now_ms))
        return parcels

    def _is_waiting(self, entry):
        return entry.id not in self._kept and self.outbox.parcel_of(entry.id) is None

    def _twin(self, code, arg, ref):
        """The latest event that is owed and says the same; None if there is none. A hand may press for hours.

        Never of a fall: two falls are two, and what ends one must not be taken for the end of the other.
        """
        twin = None
        if code in words.ALARM_CODES and code != words.HELP_REQUESTED:
            return twin
        for entry in self.journal.owed():
            if entry.code == code and entry.arg == arg and entry.ref == ref:
                twin = entry
        return twin

    def _hurry(self, entry, now_ms):
        """The wearer says it again: whatever the ladder says, it goes out now."""
        parcel = self.outbox.parcel_of(entry.id)
        if parcel is None:
            self.outbox.make_room()
            parcel = self._owe(entry, now_ms)
        parcel.due_ms = ticks_add(now_ms, -_AHEAD_MS)

    # ---- sending

    def _owe_poll(self, open_ref, now_ms):
        if open_ref is None:
            self._poll_ref = None
            return
        if self._poll_ref != open_ref:
            # The alarm's own window listens for now.
            self._poll_ref = open_ref
            self._poll_due_ms = ticks_add(now_ms, self._settings.poll_ms)
        elif ticks_diff(now_ms, self._poll_due_ms) >= 0:
            self._poll_due_ms = ticks_add(now_ms, self._settings.poll_ms)
            self.outbox.add(Parcel(POLL_LANE, words.POLL, self._poll_body, None, now_ms))

    def _send_due(self, now_ms):
        """One parcel is in the air at a time. While it is listened for, one of five things is so:

        1. There is time left, and nothing that may interrupt: go on.
        2. There is time left, and an alarm comes, or whatever comes behind motion: it overtakes.
        3. The time is over, and a gateway was heard to serve others: stay a while.
        4. The time is over, and nobody has answered: missed, perhaps on a wrong channel.
        5. The time is over, and nothing is in the air: it was acknowledged, and more was to follow.
        """
        link = self.link
        due = self.outbox.due(now_ms)
        if link.is_listening:
            in_air = link.parcel
            overtakes = due and in_air and due.entry and due.lane < in_air.lane
            overtakes = overtakes and (due.lane == ALARM_LANE or in_air.lane == WAVE_LANE)
            if link.left_ms(now_ms) and not overtakes:
                return
            was_busy = link.overheard
            if in_air and not overtakes and link.stay(now_ms):
                return
            if in_air and not link.left_ms(now_ms):
                self._missed(in_air, was_busy, now_ms)
            elif in_air:
                self.outbox.missed(in_air, now_ms)
            link.close()
            due = self.outbox.due(now_ms)
        if due:
            self.outbox.sent(due)
            link.send(due, now_ms, self._channels)
        elif not 0 <= self.outbox.next_ms(now_ms) <= _RADIO_KEPT_MS:
            self._radio.off()

    def _missed(self, parcel, is_busy, now_ms):
        """Nobody was heard in its window. For an alarm, or an answer to it, no channel is left untried."""
        if parcel.lane == WAVE_LANE:
            self._window_missed(parcel, now_ms, is_busy)
            return
        is_urgent = parcel.lane in (ALARM_LANE, POLL_LANE)
        if self._channels.missed(is_urgent, is_busy, self._clock.ms):
            self.outbox.elsewhere(parcel, now_ms)
        else:
            self.outbox.missed(parcel, now_ms, is_busy)

    def _event_body(self, parcel):
        return event_body(parcel, self._age_of(parcel.entry))

    def _beat_body(self, parcel):
        return self._pendant.body_of_beat(self.link.rssi_dbm)

    def _poll_body(self, parcel):
        ref = self._poll_ref or (0, 0)
        return frames.pack_poll(frames.Poll(ref[0], ref[1]))

    def _age_of(self, entry):
        """Milliseconds since the event; unknown when the clock has stood still in between."""
        if entry.epoch != self._memory.epoch:
            return frames.AGE_UNKNOWN
        return max(0, min(self._clock.ms - entry.born_ms, frames.AGE_UNKNOWN - 1))

    # ---- being acknowledged

    def _take_ack(self, ack, now_ms):
        link = self.link
        if ack.status != words.REFUSED_FULL:
            self.outbox.gateway_lives(now_ms)
        if ack.unix_s:
            self._memory.unix_at_nought_s = max(0, ack.unix_s - self._clock.ms // 1_000)
        if ack.status == words.STORED:
            self._take_stored(ack, now_ms)
        parcel = link.parcel
        if parcel and parcel.lane == WAVE_LANE:
            self._take_kept(parcel, ack, now_ms)
        elif parcel and parcel.entry is None:
            # A beat or a poll: any answer at all settles it.
            self.outbox.drop(parcel)
            link.parcel = None
        elif parcel and ack.status <= words.REFUSED_FULL and parcel.entry.id == (ack.boot, ack.seq):
            link.parcel = None
            if ack.status == words.REFUSED_FULL:  # so it was heard: saying it louder would not help
                self.outbox.missed(parcel, now_ms, True)
        if ack.more:
            link.more_follows(now_ms)
        elif link.parcel is None:
            link.close()

    def _take_stored(self, ack, now_ms):
        parcel = self.outbox.acknowledged(ack.boot, ack.seq)
        if parcel is None:
            return
        entry = parcel.entry
        if self._pendant.keeps(entry):
            self._kept.append(entry.id)
        else:
            self.journal.done(ack.boot, ack.seq)
        if entry.ref in self._kept and entry.code in _ENDINGS:
            self._kept.remove(entry.ref)  # kept until its end was safe, too
            self.journal.done(entry.ref[0], entry.ref[1])
        if len(self.journal) > self.outbox.events + len(self._kept):
            self._fill(now_ms)
        self._pendant.stored(entry.code)

    def _take_kept(self, parcel, ack, now_ms):
        """The gateway says which parts of the motion it has."""
        window = self._window
        if window is None or parcel is not window.parcel or not window.acknowledged(ack):
            return
        self.link.parcel = None
        if window.missing and parcel.attempt < _WAVE_TRIES:
            parcel.step = 0
            parcel.due_ms = now_ms
        else:
            self._end_window()

    def _window_missed(self, parcel, now_ms, is_busy):
        if parcel.attempt < _WAVE_TRIES:
            self.outbox.missed(parcel, now_ms, is_busy)
        elif self._window and parcel is self._window.parcel:
            self._end_window()

    def _open_window(self):
        try:
            from firmware.pendant.motion_window import MotionWindow  # most lives have no fall: not before it is needed

            self._window = MotionWindow(*self._suspected, self._random)
        except MemoryError:
            pass  # it is no alarm
        self._suspected = None

    def _end_window(self):
        if self._window:
            self.outbox.drop(self._window.parcel)
        self._window = self._suspected = None

    def _nobody_hears(self):
        """An alarm that nobody acknowledges must be felt: there may be another way to call."""
        memory = self._memory
        born_ms = self.outbox.oldest_alarm_born_ms(memory.epoch)
        if born_ms < 0:
            memory.nobody_ms = 0
            return False
        if not memory.nobody_ms:
            memory.nobody_ms = max(born_ms, memory.began_ms) + self._settings.nobody_s * 1_000
        if self._clock.ms < memory.nobody_ms:
            return False
        memory.nobody_ms = self._clock.ms + self._settings.nobody_again_s * 1_000
        return True
