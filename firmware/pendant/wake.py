"""Why am I awake, what now, when again: one step of the pendant's life; without it the parts would not know each other.

A step is told the tick, does everything that is due and says how long nothing will be. Between steps the board sleeps,
or listens while an own frame has just gone out. No step waits for anything.

    button ----> alarm -----.
    motion ----> alarm      +--> journal --> outbox --> link --> (air)
    supervisor -------------'                             |
    player <--- feelings <--- alarm <--- answers, acks <--'
"""

import os

from firmware import config
from firmware.drivers.feedback import Player
from firmware.pendant import button as buttons
from firmware.pendant import feelings, supervisor
from firmware.pendant.alarm import Alarm
from firmware.pendant.button import Button
from firmware.pendant.journal import Entry, Journal
from firmware.pendant.link import Link
from firmware.pendant.outbox import BEAT_LANE, POLL_LANE, Outbox, Parcel, event_parcel
from firmware.pendant.supervisor import Supervisor
from shared import fall, frames, words
from shared.compat import const, ticks_add, ticks_diff

_RADIO_KEPT_MS = const(150)  # switching the radio off and on again takes 30 ms: short pauses keep it


class _Feel:
    """The alarm's voice: the player, told the time that only a step knows."""

    def __init__(self, player):
        self._player = player
        self.now_ms = 0

    def say(self, pattern):
        self._player.say(pattern, self.now_ms)

    def tick(self, pattern):
        self._player.tick(pattern, self.now_ms)

    def hush(self):
        self._player.hush()


class Pendant:
    """All of it, wired. motion is None in safe mode or when the sensor does not answer."""

    def __init__(self, identity, settings, board, radio, memory, clock, motion, save, now_ms):
        """save() puts memory into RTC memory. now_ms is a tick; clock a LongClock."""
        self._settings = settings
        self._board = board
        self._radio = radio
        self._memory = memory
        self._clock = clock
        self._motion = motion
        self._motion_due_ms = now_ms
        self._poll_due_ms = now_ms
        self._nobody_due_ms = 0  # how long an alarm must have failed before the wearer is told (again)
        self.button = Button(settings)
        self.player = Player(board.pulse)
        self._feel = _Feel(self.player)
        self.journal = Journal()
        self.outbox = Outbox(
            config.ALARM_RETRY_MS, config.EVENT_RETRY_MS, settings.beat_tries, lambda: os.urandom(1)[0]
        )
        self.link = Link(identity, memory, radio, settings, save)
        self.alarm = Alarm(memory, settings, self.record, self._feel)
        self.supervisor = None
        self._press_ms = now_ms
        self._imu_overruns = 0
        self._now_ms = now_ms

    def begin(self, reset_cause, is_safe_mode, faults, now_ms):
        """A cold start or a reset: owe again what is owed, say that we are here, and what is wrong."""
        self._feel.now_ms = self._now_ms = now_ms
        self.supervisor = Supervisor(self._memory, self._settings, self._board, self.record, reset_cause, is_safe_mode)
        for entry in self.journal.entries:
            self.outbox.add(event_parcel(entry, self._age_of, now_ms))
        if not self._clock.is_continued:
            self._resume_fall()
        self.record(words.STARTED, reset_cause, (0, 0), frames.DELAY_UNKNOWN_MS)
        for code in faults:
            self.supervisor.fault(code)
        if self.journal.skipped_bytes:
            self.supervisor.fault(supervisor.FAULT_FLASH)

    def record(self, code, arg, ref, delay_ms):
        """Something has happened: on flash first, then into the outbox. Return its (boot, seq)."""
        memory = self._memory
        if memory.seq >= frames.FIRST_BEAT_SEQ - 1:
            memory.new_boot()
        memory.seq += 1
        entry = Entry(
            memory.boot, memory.seq, code, min(delay_ms, frames.DELAY_UNKNOWN_MS), arg, ref, memory.epoch,
            self._clock.ms,
        )  # fmt: skip
        is_safe = self.journal.add(entry)
        self.outbox.add(event_parcel(entry, self._age_of, self._now_ms))
        if not is_safe and code != words.FAULT:
            self.supervisor.fault(supervisor.FAULT_FLASH)
        return entry.id

    def step(self, now_ms):
        """Do what is due; return the milliseconds until something will be."""
        self._now_ms = self._feel.now_ms = now_ms
        at_ms = self._clock.update(now_ms)
        self._look_at_button(now_ms, at_ms)
        self._look_at_motion(now_ms, at_ms)
        self.alarm.update(at_ms)
        self._owe_beat_and_poll(now_ms, at_ms)
        self._deliver(now_ms)
        self._tell_nobody(now_ms)
        self.player.update(now_ms)
        return self._next_ms(now_ms, at_ms)

    def heard(self, rssi_dbm, frame, now_ms):
        """A frame from the air, while the link listens."""
        self._now_ms = self._feel.now_ms = now_ms
        at_ms = self._clock.update(now_ms)
        told = self.link.heard(rssi_dbm, frame, now_ms)
        if told is None:
            return
        self.supervisor.rssi_dbm = self.link.rssi_dbm
        kind, said = told
        if kind == words.ANSWER:
            self.alarm.answered((said.ref_boot, said.ref_seq), said.stage, at_ms)
            self.link.more_follows(now_ms)
        elif kind == words.ACK:
            self._take_ack(said, now_ms)

    # ---- the senses

    def _look_at_button(self, now_ms, at_ms):
        is_down = self._board.is_button_down()
        if is_down and not self.button.is_pressed:
            self._press_ms = now_ms
        said = self.button.update(is_down, now_ms)
        if said == buttons.TICKED:
            self._feel.tick(feelings.TICK)
        elif said == buttons.HELD:
            self.alarm.held(self.button.taps, ticks_diff(now_ms, self._press_ms), at_ms)
        elif said == buttons.TAPPED:
            if self.alarm.tapped(at_ms):
                self.button.taps = 0
            else:
                self._feel.tick(feelings.count(self.button.taps))
        elif said == buttons.STUCK:
            self.supervisor.fault(supervisor.FAULT_BUTTON)

    def _look_at_motion(self, now_ms, at_ms):
        motion = self._motion
        if motion is None or ticks_diff(now_ms, self._motion_due_ms) < 0:
            return
        try:
            code, delay_ms = motion.read()
        except OSError:
            self._motion = None  # a sensor that has gone: the button must go on working
            self.supervisor.fault(supervisor.FAULT_IMU)
            self._feel.say(feelings.SICK)
            return
        if motion.moved:
            self.supervisor.moved(at_ms)
        if code == fall.SUSPECTED:
            self.alarm.fall_suspected(delay_ms, at_ms)
        elif code == fall.RECOVERED:
            self.alarm.fall_recovered(at_ms)
        if motion.overruns != self._imu_overruns:
            self._imu_overruns = motion.overruns
            self.supervisor.fault(supervisor.FAULT_IMU_LATE)
        settings = self._settings
        pause_ms = settings.batch_excited_ms if motion.is_excited else settings.batch_idle_ms
        self._motion_due_ms = ticks_add(now_ms, pause_ms)

    # ---- what is owed

    def _owe_beat_and_poll(self, now_ms, at_ms):
        if self.supervisor.beat_is_due(at_ms):
            self._memory.beats += 1
            self.outbox.add(Parcel(BEAT_LANE, words.BEAT, self._beat_body, None, now_ms))
        if self.alarm.open_ref(at_ms) and ticks_diff(now_ms, self._poll_due_ms) >= 0:
            self._poll_due_ms = ticks_add(now_ms, self._settings.poll_ms)
            self.outbox.add(Parcel(POLL_LANE, words.POLL, self._poll_body, None, now_ms))

    def _beat_body(self, parcel):
        return self.supervisor.beat(self._clock.ms)

    def _poll_body(self, parcel):
        ref = self.alarm.open_ref(self._clock.ms) or (0, 0)
        return frames.pack_poll(frames.Poll(ref[0], ref[1]))

    def _deliver(self, now_ms):
        link = self.link
        due = self.outbox.due(now_ms)
        if link.is_listening:
            overtakes = due and due is not link.parcel and due.lane == 0 and link.parcel and link.parcel.lane > 0
            if link.left_ms(now_ms) and not overtakes:
                return
            self._close(now_ms)
            due = self.outbox.due(now_ms)
        if due:
            self.outbox.sent(due)
            self.link.send(due, now_ms)
        elif not 0 <= self.outbox.next_ms(now_ms) <= _RADIO_KEPT_MS:
            self._radio.off()

    def _close(self, now_ms):
        """The listening time is over: whatever is still in the air was missed."""
        if self.link.parcel:
            self.outbox.missed(self.link.parcel, now_ms)
        self.link.close()

    def _take_ack(self, ack, now_ms):
        link = self.link
        if ack.status != words.REFUSED_FULL:
            self.outbox.gateway_lives(now_ms)
        if ack.unix_s:
            self._memory.unix_at_nought_s = max(0, ack.unix_s - self._clock.ms // 1_000)
        if ack.status == words.STORED:
            self._take_stored(ack)
        parcel = link.parcel
        if parcel and parcel.entry is None:
            # A beat or a poll: any answer at all settles it.
            self.outbox.drop(parcel)
            link.parcel = None
        elif parcel and ack.status == words.STORED and parcel.entry.id == (ack.boot, ack.seq):
            link.parcel = None
        if ack.more:
            link.more_follows(now_ms)
        elif link.parcel is None:
            link.close()

    def _take_stored(self, ack):
        parcel = self.outbox.acknowledged(ack.boot, ack.seq)
        if parcel is None:
            return
        code = parcel.entry.code
        # A fall stays on flash until its countdown has ended, or the loss of power would forget how to ask on.
        if not (code == words.FALL_SUSPECTED and self.alarm.is_counting and parcel.entry.id == self.alarm.fall):
            self.journal.done(ack.boot, ack.seq)
        if code in (words.FALL_CONFIRMED, words.FALL_CANCELLED, words.FALL_RECOVERED):
            ref = parcel.entry.ref
            if not self.outbox.owes(ref):
                self.journal.done(ref[0], ref[1])
        self.alarm.stored(code)

    def _resume_fall(self):
        """A fall on flash without a word of how it ended: the power went during its countdown."""
        entries = self.journal.entries
        for entry in entries:
            is_open = entry.code == words.FALL_SUSPECTED and entry.ref == (0, 0)
            if is_open and not any(other.ref == entry.id for other in entries):
                self.alarm.resume(entry.id, self._clock.ms)

    def _age_of(self, entry):
        """Milliseconds since the event; unknown when the clock has stood still in between."""
        if entry.epoch != self._memory.epoch:
            return frames.AGE_UNKNOWN
        return max(0, min(self._clock.ms - entry.born_ms, frames.AGE_UNKNOWN - 1))

    def _tell_nobody(self, now_ms):
        """An alarm that nobody acknowledges must be felt: there may be another way to call."""
        failed_ms = self.outbox.oldest_alarm_ms(now_ms)
        if not failed_ms:
            self._nobody_due_ms = self._settings.nobody_s * 1_000
        elif failed_ms >= self._nobody_due_ms:
            self._nobody_due_ms = failed_ms + self._settings.nobody_again_s * 1_000
            self._feel.say(feelings.NOBODY)

    def _next_ms(self, now_ms, at_ms):
        waits = [
            self.button.next_ms(now_ms),
            self.player.next_ms(now_ms),
            self.alarm.next_ms(at_ms),
            self.supervisor.next_ms(at_ms),
        ]
        if self._motion:
            waits.append(max(0, ticks_diff(self._motion_due_ms, now_ms)))
        if self.link.is_listening:
            waits.append(self.link.left_ms(now_ms))
        else:
            waits.append(self.outbox.next_ms(now_ms))
        if self.alarm.open_ref(at_ms):
            waits.append(max(0, ticks_diff(self._poll_due_ms, now_ms)))
        return min(wait for wait in waits if wait >= 0)
