"""A pendant that sleeps deeply forgets nothing, in virtual time."""

import pytest

from firmware.pendant import feelings
from shared import fall, frames, words
from tests.firmware.bench import Bench
from tests.firmware.fake_board import FakeImu


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A pendant of the deep kind that has just been switched on."""
    monkeypatch.chdir(tmp_path)
    return Bench(sleeps_deep=True)


def test_it_sleeps_from_beat_to_beat(bench):
    """An hour of peace: twelve beats and no other wake; one boot, one STARTED."""
    bench.run(3_600_000)

    assert len(bench.gateway.beats) == 12
    assert bench.starts == 4 + 11  # the first, three lessons, the beats
    assert bench.gateway.codes() == [words.STARTED]
    assert {beat.boot for beat in bench.gateway.beats} == {1}
    assert [beat.seq for beat in bench.gateway.beats] == [frames.FIRST_BEAT_SEQ + i for i in range(1, 13)]


def test_it_learns_how_long_a_start_takes(bench):
    """The first three sleeps are lessons of 300 ms, and the shortest start counts: a hold must not fire early."""
    for boot_ms in (900, 120, 400):
        bench.boot_ms = boot_ms
        lessons = len(bench.deep)
        while len(bench.deep) == lessons:
            bench.run(10)
    bench.run(20_000)

    assert [asked_ms for asked_ms, _slept_ms in bench.deep] == [300, 300, 300]
    assert bench.memory.boot_ms == 120


def test_a_lesson_is_about_the_start_and_not_about_the_saving_before_it(bench):
    """What it took to put the memory away would be counted as a start, and a hold would fire so much early."""
    bench.saving_ms = 40
    bench.run(20_000)

    assert bench.memory.lessons == 3
    assert bench.memory.boot_ms == 120


@pytest.mark.parametrize("boot_ms", [40, 250, 600])
def test_a_hold_that_wakes_the_board_counts_from_the_press(tmp_path, monkeypatch, boot_ms):
    """3.0 s after the finger came down, whatever the start takes."""
    monkeypatch.chdir(tmp_path)
    bench = Bench(sleeps_deep=True, boot_ms=boot_ms)
    bench.press(100_000, 103_400)
    bench.run(110_000)
    (called,) = [e for e in bench.gateway.events if e.code == words.HELP_REQUESTED]

    assert (called.delay_ms, bench.gateway.stored_ms[called.boot, called.seq]) == (3_000, 103_000)


@pytest.mark.parametrize("boot_ms", [40, 250, 600])
def test_a_hold_of_2900_ms_that_wakes_the_board_never_fires(tmp_path, monkeypatch, boot_ms):
    """The time of the start is not given away."""
    monkeypatch.chdir(tmp_path)
    bench = Bench(sleeps_deep=True, boot_ms=boot_ms)
    bench.press(100_000, 102_900)
    bench.run(110_000)

    assert bench.events() == []


def test_a_tap_that_ends_before_the_start_is_over_is_a_tap(bench):
    """It woke the board; that is how we know of it. The hold behind it calls for the first service."""
    bench.run(50_000)
    bench.press(100_000, 100_090)
    bench.press(100_600, 104_000)
    bench.run_to(110_000)

    assert bench.events() == [(words.HELP_REQUESTED, words.SHOPPING)]


def test_what_the_wearer_feels_is_felt_to_its_end(bench):
    """Deep sleep switches the motor off: the reminder of the month is not cut short by it."""
    bench.moves = False
    bench.run(620_000)
    pendant = bench.pendant
    assert pendant.deep_ms(bench.clock.ms) > 0
    pendant.player.say(feelings.REMINDER, bench.clock.ms)

    assert pendant.deep_ms(bench.clock.ms) == 0


def test_one_lost_word_at_the_wake_costs_no_fall(bench, monkeypatch):
    """The FIFO still holds the blow, and a sensor that is begun anew forgets it."""
    bench.run(50_000)
    check, asked = FakeImu.check, []

    def stutter(imu):
        asked.append(imu)
        if len(asked) == 1:
            raise OSError(116)
        check(imu)

    monkeypatch.setattr(FakeImu, "check", stutter)
    bench.hits.append(100_000)
    bench.say(100_900, fall.SUSPECTED, 900)
    bench.run(130_000)

    assert bench.events() == [(words.FALL_SUSPECTED, 0), (words.FALL_CONFIRMED, 0)]


def test_what_comes_due_on_the_way_to_sleep_is_not_slept_through(bench, monkeypatch):
    """Between the question and the sleep a millisecond passes: a sleep of 0 would be one without an alarm clock."""
    bench.run(620_000)
    answers = iter((5_000, 0))
    monkeypatch.setattr(bench.pendant, "deep_ms", lambda _now_ms: next(answers))

    bench.life.turn()  # to go to sleep would be an exception here

    assert list(answers) == []


def test_an_impact_wakes_it_and_the_fall_is_told(bench):
    """The sensor's line ends the sleep; the detector's word comes from what the FIFO has kept."""
    bench.hits.append(100_000)
    bench.say(100_900, fall.SUSPECTED, 900)
    bench.run(130_000)

    assert bench.events() == [(words.FALL_SUSPECTED, 0), (words.FALL_CONFIRMED, 0)]


def test_a_lively_hour_is_passed_half_awake(bench):
    """Impacts less than half a second apart do not switch it off and on again: one start for all of them."""
    bench.run(10_000)
    before = bench.starts
    bench.hits.extend(range(20_000, 80_000, 300))
    bench.run_to(90_000)

    assert bench.starts == before + 1


def test_on_the_charger_it_stays_awake(bench):
    """Its USB port works then, and energy is free; off the charger it sleeps again."""
    bench.charging = True
    bench.run(130_000)
    assert (bench.deep, bench.light_ms) == ([], 0)
    assert len(bench.gateway.beats) == 3
    bench.charging = False
    bench.run(130_000)

    assert len(bench.deep) >= 3


def test_an_alarm_that_nobody_hears_goes_on_through_deep_sleep(bench):
    """Its attempts and its next turn survive; it is not sent at every wake, and comes at last with its age."""
    bench.run(10_000)
    bench.gateway.is_deaf = True
    bench.press(100_000, 103_200)
    bench.run_to(1_800_000)
    before = len(bench.sent)
    for at_ms in range(1_800_000, 2_400_000, 10_000):
        bench.hits.append(at_ms)
    bench.run_to(2_400_000)
    assert len(bench.sent) - before <= 40 * 8  # turns of eight tries: 30 s apart, shortened by up to half; not 60 wakes
    bench.gateway.is_deaf = False
    bench.run_to(2_440_000)

    (called,) = [e for e in bench.gateway.events if e.code == words.HELP_REQUESTED]
    assert called.age_ms == bench.gateway.stored_ms[called.boot, called.seq] - 103_000
    assert called.attempt > 50


def test_no_nonce_comes_twice_through_hundreds_of_wakes(bench):
    """Counters live in RTC memory, and in a new boot after anything else."""
    bench.hits.extend(range(1_000, 1_000_000, 2_997))
    bench.run(500_000)
    bench.reset()
    bench.run_to(1_000_000)
    bench.cut_power()
    bench.run(400_000)
    numbers = [(boot, counter) for _at, _kind, boot, counter in bench.gateway.heard]

    assert bench.starts > 300
    assert len(set(numbers)) == len(numbers)


def test_rubbish_in_rtc_memory_is_a_cold_start(bench):
    """Whatever stands there after a power-on: a new boot, no crash."""
    bench.run(20_000)
    good = bench.rtc
    for rubbish in (b"", good[:-1], b"\x00" * len(good), good[:40] + b"\xff" + good[41:], b"\xff" * 2_048):
        bench.rtc = rubbish
        boot = bench.memory.boot
        bench.start(4)
        assert bench.memory.boot == boot + 1
        assert not bench.memory.is_warm


def test_a_question_of_the_night_survives_sleep(bench):
    """An answer given while the pendant sleeps is felt at its next wake."""
    bench.press(10_000, 13_300)
    bench.run(700_000)  # the ten minutes of asking are over
    called = next(e for e in bench.gateway.events if e.code == words.HELP_REQUESTED)
    bench.gateway.answers.append(frames.Answer(called.boot, called.seq, words.ANSWERED, 0))
    bench.run(320_000)

    assert bench.events()[-1] == (words.ANSWER_FELT, words.ANSWERED)


def test_a_dead_sensor_wakes_nobody_and_presses_nothing(bench):
    """Its line may stay low for ever: that must be neither a wake after the other nor a tap with each."""
    bench.run(10_000)
    bench.imu_is_dead = True
    bench.reset()
    bench.hits.append(bench.clock.ms + 40_000)
    starts, beats = bench.starts, len(bench.gateway.beats)
    bench.run(600_000)
    assert bench.starts - starts <= 3
    assert len(bench.gateway.beats) - beats <= 3
    now_ms = bench.clock.ms
    bench.press(now_ms + 20_000, now_ms + 23_400)
    bench.run(40_000)

    assert (words.HELP_REQUESTED, words.RESCUE) in bench.events()
    assert words.TEST_PASSED not in bench.gateway.codes()


def test_what_flash_would_not_take_is_not_slept_away(bench, tmp_path):
    """It lives in RAM only, and the gateway is deaf for a quarter of an hour: no deep sleep until it is safe."""
    bench.run(10_000)
    (tmp_path / "journal").unlink()
    (tmp_path / "journal").mkdir()
    bench.gateway.is_deaf = True
    bench.press(12_000, 15_400)
    bench.run(900_000)
    bench.gateway.is_deaf = False
    bench.run(60_000)
    assert (words.HELP_REQUESTED, words.RESCUE) in bench.events()
    slept = len(bench.deep)
    bench.run(600_000)

    assert len(bench.deep) > slept


def test_an_answer_is_waited_for_however_short_a_sleep_may_be(tmp_path, monkeypatch):
    """A setting that lets it sleep from question to question must not let it sleep instead of asking."""
    monkeypatch.chdir(tmp_path)
    bench = Bench(sleeps_deep=True, settings={"deep_least_ms": 500})
    bench.press(20_000, 23_400)
    bench.run_to(40_000)
    called = next(e for e in bench.gateway.events if e.code == words.HELP_REQUESTED)
    bench.gateway.answers.append(frames.Answer(called.boot, called.seq, words.ANSWERED, 0))
    bench.run_to(45_000)

    assert bench.events()[-1] == (words.ANSWER_FELT, words.ANSWERED)


def test_a_week_on_the_charger_does_not_keep_it_awake_for_another(bench):
    """Ticks go round; when something last hit does not."""
    bench.charging = True
    bench.run(10_000)
    for days in (5, 2):
        bench.clock.pass_ms(days * 86_400_000)
        bench.run(1_000)
    bench.charging = False
    bench.run(130_000)

    assert len(bench.deep) >= 3
