"""Why am I awake, what now, when again: one step of the pendant's life; without it the parts would not know each other.

A step is told the tick, does everything that is due and says how long nothing will be. Between steps the board sleeps,
or listens while an own frame has just gone out. No step waits for anything.

    button ----> alarm -----.
    motion ----> alarm      +--> journal --> outbox --> link --> (air)
    supervisor -------------'                             |
    player <--- feelings <--- alarm <--- answers, acks <--'
"""

from firmware.drivers.feedback import Player
from firmware.pendant import button as buttons
from firmware.pendant import feelings, supervisor
from firmware.pendant.alarm import Alarm
from firmware.pendant.button import Button
from firmware.pendant.delivery import Delivery
from firmware.pendant.supervisor import Supervisor
from shared import fall, frames, words
from shared.compat import ticks_diff


class _Feel:
    """The voice of all parts: the player, told the time that only a step knows."""

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
    """All of it, wired."""

    def __init__(
        self, identity, settings, board, radio, memory, clock, journal, senses, save, cause, is_safe_mode, now_ms
    ):
        """save() puts memory into RTC memory; cause is why the chip started; now_ms is a tick, clock a LongClock."""
        self._settings = settings
        self._board = board
        self._memory = memory
        self._clock = clock
        self.senses = senses
        self._save = save
        self._has_recorded = False
        self._cause = cause
        self.button = Button(settings)
        self.player = Player(board.pulse)
        self._feel = _Feel(self.player)
        self._feel.now_ms = now_ms
        self.delivery = Delivery(identity, settings, radio, memory, clock, save, self, journal)
        self.alarm = Alarm(memory, settings, self.record, self._feel)
        self.supervisor = Supervisor(memory, settings, board, self.record, self._feel, is_safe_mode)
        self._commands = None  # until the first one comes: most lives have none

    def begin(self, faults, now_ms):
        """A cold start or a reset: owe again what is owed, say that we are here, and what is wrong."""
        at_ms = self._clock.ms
        self._dim(at_ms)
        self._memory.began_ms = at_ms
        self._memory.cause = self._cause
        self._memory.self_test_ms = at_ms + self._settings.test_days * 86_400_000  # the start has just tested it
        self._memory.told = 0
        self._memory.beat_due_ms = at_ms  # a new boot is worth a sign of life at once
        self.delivery.owe_again(now_ms)
        if not self._clock.is_continued:
            self.supervisor.plan_test(at_ms)
            for ref in self.delivery.open_falls():
                self.alarm.resume(ref, at_ms)
        self.record(words.STARTED, self._cause, (0, 0), frames.DELAY_UNKNOWN_MS)
        for code in faults:
            self.supervisor.fault(code)
        if self.delivery.journal.skipped_bytes:
            self.supervisor.fault(supervisor.FAULT_FLASH)
        if self._memory.is_nearly_out_of_boots:
            self.supervisor.fault(supervisor.FAULT_NUMBERS)

    def resume(self, was_struck, was_pressed, slept_ms, woke_ms, now_ms, faults=()):
        """A wake from deep sleep by an impact or by a press, at the tick woke_ms, which may lie before nought."""
        for code in faults:
            self.supervisor.fault(code)
        self._dim(self._clock.ms)
        self.delivery.owe_again(now_ms)
        self.senses.resume(self._memory.tail, slept_ms)
        self._memory.tail = b""  # the next sleep has another; until then nobody saves 900 bytes each time
        if not was_struck and not was_pressed and self.senses.glance(now_ms):
            self._note_rest(self._clock.ms)
        if was_pressed:
            self.button.update(True, woke_ms)

    def record(self, code, arg, ref, delay_ms):
        """Something has happened: on flash first, then on its way. Return its (boot, seq)."""
        entry, is_safe = self.delivery.record(code, arg, ref, delay_ms, self._feel.now_ms)
        if not is_safe and code != words.FAULT:
            self.supervisor.fault(supervisor.FAULT_FLASH)
        self._has_recorded = True
        return entry.id

    def step(self, now_ms):
        """Do what is due; return the milliseconds until something will be."""
        at_ms = self._pass_time(now_ms)
        self._look_at_button(now_ms, at_ms)
        self._look_at_motion(now_ms, at_ms)
        self.alarm.update(at_ms)
        if self._has_recorded:
            self._has_recorded = False
            self._save()  # flash has the event: whatever crashes from here on, the alarm goes on where it was
        if self.supervisor.beat_is_due(at_ms):
            self._dim(at_ms)
            self.delivery.owe_beat(now_ms)
        if self.delivery.step(self.alarm.open_ref(at_ms), now_ms):
            self._feel.say(feelings.NOBODY)
        self.player.update(now_ms)
        return self._next_ms(now_ms, at_ms, is_awake=True)

    def heard(self, rssi_dbm, frame, now_ms):
        """A frame from the air, while the link listens."""
        self._pass_time(now_ms)
        self.delivery.heard(rssi_dbm, frame, now_ms)

    def deep_ms(self, now_ms):
        """How long everything may be switched off, in ms; 0 if it may not."""
        at_ms = self._clock.ms
        if not self._board.sleeps_deep or self.player.is_playing or self.is_busy:
            return 0
        if self.alarm.is_counting or self.alarm.open_ref(at_ms) or self.delivery.is_listening:
            return 0
        if self.delivery.owes_motion or self.senses.is_lively(at_ms):
            return 0
        ms = self._next_ms(now_ms, at_ms, is_awake=False)
        return ms if ms >= self._settings.deep_least_ms else 0

    @property
    def is_busy(self):
        """True while something is under way that a sleep or a start would forget: a press, a blow, RAM's own events."""
        if self.button.is_pressed or self.button.taps or not self.delivery.journal.is_safe:
            return True
        return self.senses.is_excited

    def lie_down(self, now_ms):
        """Deep sleep is next: leave in memory what the next wake must know."""
        motion = self.senses.motion
        self._memory.sensed = 1 if motion else 0
        self._memory.tail = motion.tail() if motion else b""
        self.delivery.lie_down(now_ms)

    def _dim(self, at_ms):
        """By night the light wakes nobody."""
        settings = self._settings
        is_night = self.supervisor.is_night(at_ms)
        self._board.light.dim(settings.led_dim_percent if is_night else settings.led_bright_percent)

    # ---- what the delivery has to tell

    def stored(self, code):
        """The gateway has an event."""
        self.alarm.stored(code)
        if code == words.HELP_REQUESTED:
            self.supervisor.plan_test(self._clock.ms)  # a real call proves more than a test

    def answered(self, answer):
        """An answer has come."""
        self.alarm.answered((answer.ref_boot, answer.ref_seq), answer.stage, self._clock.ms)

    def commanded(self, command):
        """The platform wants something; what became of it is an event, and is told once until it is stored."""
        ref = frames.command_ref(command.number)
        if self._commands is None:
            from firmware.pendant.commands import Commands

            self._commands = Commands(self.delivery.link.change_key, self._locate, self._ask_for_test)
        if not self.delivery.owes_about(ref):
            self.record(words.COMMAND_DONE, self._commands.take(command), ref, frames.DELAY_UNKNOWN_MS)

    def may_restart(self):
        """True when settings have changed and nothing is going on that a restart would disturb."""
        return (
            self._commands is not None
            and self._commands.wants_restart
            and self.alarm.open_ref(self._clock.ms) is None
            and not (self.alarm.is_counting or self.is_busy or self.player.is_playing)
            and not len(self.delivery.outbox)
        )

    def body_of_beat(self, rssi_dbm):
        """The body of a BEAT frame."""
        self.supervisor.rssi_dbm = rssi_dbm
        return self.supervisor.beat(self._clock.ms)

    def keeps(self, entry):
        """A fall stays on flash until its countdown has ended, or the loss of power would forget how to ask on."""
        return self.alarm.is_counting and entry.id == self.alarm.fall

    def _locate(self):
        self._feel.say(feelings.HERE)

    def _ask_for_test(self):
        self.supervisor.ask_for_test(self._clock.ms)

    # ---- the senses

    def _pass_time(self, now_ms):
        self._feel.now_ms = now_ms
        return self._clock.update(now_ms)

    def _look_at_button(self, now_ms, at_ms):
        said = self.button.update(self._board.is_button_down(), now_ms)
        if said == buttons.TICKED:
            self._feel.tick(feelings.TICK)
        elif said == buttons.HELD:
            self.alarm.held(self.button.taps, ticks_diff(now_ms, self.button.down_ms), at_ms)
        elif said == buttons.TAPPED:
            if self.alarm.tapped(at_ms):
                self.button.taps = 0
            else:
                self._feel.tick(feelings.count(self.button.taps))
                if self.supervisor.tapped(at_ms):
                    self.button.taps = 0
                elif self.button.taps == 1:
                    self.delivery.owe_beat(now_ms)  # "are you there?": whoever installs walks from room to room with it
        elif said == buttons.STUCK:
            self.supervisor.fault(supervisor.FAULT_BUTTON)

    def _look_at_motion(self, now_ms, at_ms):
        said = self.senses.look(now_ms, at_ms)
        if self.senses.fault:
            self._tell_of_sensor()
        if said is None:
            return
        motion = self.senses.motion
        if not said and not motion.is_excited:
            self._note_rest(at_ms)
        self.delivery.look_at_window(motion, now_ms)
        for code, delay_ms in said:  # up again and fallen again may come in one look
            if code == fall.SUSPECTED:
                self.delivery.begin_window(self.alarm.fall_suspected(delay_ms, at_ms), motion, now_ms)
            elif code == fall.RECOVERED:
                self.alarm.fall_recovered(at_ms)

    def _tell_of_sensor(self):
        if self.supervisor.fault(self.senses.fault) and self.senses.fault == supervisor.FAULT_IMU:
            self._feel.say(feelings.SICK)
        self.senses.fault = 0

    def _note_rest(self, at_ms):
        """The wearer moves; or lies still, and the sensor may test itself."""
        if self.senses.motion.moved:
            self.supervisor.moved(at_ms)
        elif self.supervisor.self_test_is_due(at_ms):
            self.supervisor.self_tested(self.senses.self_test(self._feel.now_ms), at_ms)

    def _next_ms(self, now_ms, at_ms, is_awake):
        """Milliseconds until something is due; asleep, nobody looks at the motion: the sensor would wake us."""
        waits = [
            self.button.next_ms(now_ms),
            self.player.next_ms(now_ms),
            self.alarm.next_ms(at_ms),
            self.supervisor.next_ms(at_ms),
            self.delivery.next_ms(self.alarm.open_ref(at_ms), now_ms),
        ]
        if is_awake:
            waits.append(self.senses.next_ms(now_ms))
        return min(wait for wait in waits if wait >= 0)
