"""The pendant at work: the steps of wake.py on a real clock, with sleep between them; without it nothing would move.

Each start finds out first why it happened. After deep sleep the memory is believed and life goes on where it stopped;
after anything else a new boot begins. How long the chip takes from the wake to the first tick differs by board and
firmware and no register tells it, so it is learned: the first three deep sleeps after a power-on are short ones of
known length.
"""

from firmware.pendant import supervisor
from firmware.pendant.journal import Journal
from firmware.pendant.memory import LongClock, Memory
from firmware.pendant.senses import Senses
from firmware.pendant.wake import Pendant
from shared.compat import const, ticks_add

_LISTEN_SLICE_MS = const(20)  # while listening, the button is looked at this often
_LESSON_MS = const(300)  # the sleep that teaches how long a start takes: the clock's error over it is below 1 ms
_LESSONS = const(3)
_BOOT_MOST_MS = const(1_500)
_CALM_MS = const(3_600_000)  # an hour without a crash: the count begins anew, and safe mode ends
_SENDERS_MOST = const(256)  # whom the radio has heard, at 100 bytes each: a pendant's memory is full enough
_SELF_TESTS = const(3)  # the wearer may be moving


def _motion_of(imu, samples_hz, fifo_samples):
    """The detector and all that belongs to it. Not loaded above: safe mode must start without it."""
    from firmware.pendant.motion import Motion

    return Motion(imu, samples_hz, fifo_samples)


class Life:
    """Everything of one run of main.py. chip is the machine module; forget_crashes() clears the count on flash."""

    def __init__(
        self, identity, board_module, chip, radio_class, crashes, is_safe_mode, forget_crashes, make_motion=_motion_of
    ):
        """make_motion(imu, samples_hz, fifo_samples) gives what listens to the sensor."""
        from firmware import config  # not kept: see start.py

        settings, complaint = config.load()
        self.settings = config.values_of(settings)
        self.dog = chip.WDT(timeout=self.settings.watchdog_s * 1_000)
        self.board = board_module.Board(self.settings)
        self._rtc = chip.RTC()
        self._chip = chip
        self._crashes = crashes
        self._is_safe_mode = is_safe_mode
        self._forget_crashes = forget_crashes
        now_ms = self.board.now_ms()
        self.memory = Memory(self._rtc.memory())
        self.clock = LongClock(self.memory, self.board.chip_ms(), now_ms)
        cause = chip.reset_cause()
        woke = cause == chip.DEEPSLEEP_RESET and self.memory.is_warm
        if not woke:
            self.memory.new_boot()
        if not self.clock.is_continued:
            self.memory.epoch = self.memory.boot
        self.save()
        faults = []
        journal = Journal()  # its table in one piece, before the detector's modules lie all over the heap
        self._make_motion = lambda: make_motion(self.board.imu, board_module.IMU_HZ, board_module.IMU_FIFO_SAMPLES)
        motion = None if is_safe_mode else self._begin_motion(woke, faults)
        senses = Senses(motion, None if is_safe_mode else self._begin_motion, self.settings, now_ms, self.clock.ms)
        self.radio = radio_class(self.memory.channel or identity.channel)
        self.pendant = Pendant(
            identity, self.settings, self.board, self.radio, self.memory, self.clock, journal, senses, self.save, cause,
            is_safe_mode, now_ms,
        )  # fmt: skip
        if woke:
            self._wake_up(now_ms, faults)
        else:
            if crashes:
                faults.append(supervisor.FAULT_CRASH)
            if is_safe_mode:
                faults.append(supervisor.FAULT_SAFE_MODE)
            if complaint:
                faults.append(supervisor.FAULT_SETTINGS)
            self.pendant.begin(faults, now_ms)

    def save(self):
        """Put what must survive into RTC memory."""
        self.memory.long_ms = self.clock.ms
        self.memory.saved_ms = self.board.chip_ms()
        self._rtc.memory(self.memory.pack())

    def turn(self):
        """One step, and then the cheapest way to wait that misses nothing."""
        self.dog.feed()
        board = self.board
        pendant = self.pendant
        wait_ms = pendant.step(board.now_ms())
        if pendant.delivery.is_listening:
            heard = self.radio.listen(min(wait_ms, _LISTEN_SLICE_MS))
            if heard:
                pendant.heard(heard[1], heard[2], board.now_ms())
        elif pendant.button.is_pressed or pendant.player.is_playing or self.radio.is_on or board.is_charging():
            # Light sleep stops the motor's PWM and the radio, and a pressed button would end it at once. On the charger
            # energy is free, and whoever comes to flash it finds it awake.
            board.wait(min(wait_ms, self.settings.button_look_ms))
        elif pendant.deep_ms(board.now_ms()):
            self._sleep_deep()
        elif wait_ms:
            board.sleep(wait_ms)
        if self._crashes and self.clock.ms - self.memory.began_ms >= _CALM_MS:
            self._be_forgiven()
        if pendant.may_restart() or self._must_begin_anew():  # settings are read at the start
            self.save()
            self._chip.reset()

    def _sleep_deep(self):
        """Switch everything off. It does not return: main.py runs again."""
        memory = self.memory
        now_ms = self.board.now_ms()
        ms = self.pendant.deep_ms(now_ms)
        if not ms or self.pendant.senses.has_been_struck(self.clock.ms):
            return  # since the last look something came due, or has hit: stay a little longer
        memory.sleep_ms = 0
        if memory.lessons < _LESSONS:
            memory.sleep_ms = ms = _LESSON_MS
        self.pendant.lie_down(now_ms)
        self.clock.update(self.board.now_ms())
        memory.slept_ms = self.board.chip_ms()
        self.save()
        if memory.sleep_ms:
            # A lesson is about the start alone, not about this saving as well: that would make a hold fire early.
            memory.slept_ms = 2 * self.board.chip_ms() - memory.slept_ms  # when the next saving, as long, will be over
            self.save()
        self.board.sleep_deep(ms, self.pendant.senses.motion is not None)

    def _wake_up(self, now_ms, faults):
        memory = self.memory
        board = self.board
        # The chip's clock at tick 0, and so how long ago the sleep began.
        asleep_ms = max(0, board.chip_ms() - board.now_ms() - memory.slept_ms)
        if memory.sleep_ms and board.woke_by_timer():
            # The shortest counts: a hold that fires a little late is a nuisance, one that fires early is an alarm.
            start_ms = max(0, min(asleep_ms - memory.sleep_ms, _BOOT_MOST_MS))
            memory.boot_ms = min(start_ms, memory.boot_ms) if memory.lessons else start_ms
            memory.lessons += 1
        was_struck = self.pendant.senses.has_been_struck(self.clock.ms)
        was_pressed = not board.woke_by_timer() and (board.is_button_down() or not was_struck)
        self.pendant.resume(was_struck, was_pressed, asleep_ms, ticks_add(0, -memory.boot_ms), now_ms, faults)

    def _begin_motion(self, woke=False, faults=None):
        """The sensor at work and what listens to it; None if it does not answer: the button is worth having without.

        faults: a list for what is wrong with it; None: it is begun anew, and tests itself when the wearer is still. A
        sensor that was given up before a sleep is begun anew, too: set up by half it would answer, and wake nobody.
        """
        imu = self.board.imu
        try:
            if woke and self.memory.sensed:
                try:
                    imu.check()  # it has gone on working
                except OSError:
                    imu.check()  # a bus just set up, or a contact just struck: one lost word must not cost the blow
            else:
                self._begin_sensor(imu)
                if woke or faults is None:
                    self.memory.self_test_ms = 0
                elif not any(imu.self_test() for _ in range(_SELF_TESTS)):
                    faults.append(supervisor.FAULT_IMU)
            motion = self._make_motion()
        except OSError:
            if faults is not None:
                faults.append(supervisor.FAULT_IMU)
            return None
        motion.rests = not self.board.sleeps_deep
        return motion

    def _begin_sensor(self, imu):
        imu.begin()
        if self.board.sleeps_deep:
            imu.arm(self.settings.impact_wake_mg)
        else:
            imu.watch_rest(self.settings.rest_step_mg)

    def _be_forgiven(self):
        self._forget_crashes()
        self._crashes = 0

    def _must_begin_anew(self):
        """True when the table of senders is too full, or safe mode has lasted; not in the middle of a press."""
        is_forgiven = self._is_safe_mode and not self._crashes  # try again to be a whole pendant
        if not is_forgiven and self.radio.senders <= _SENDERS_MOST:
            return False
        return not (self.pendant.is_busy or self.pendant.delivery.is_listening)
