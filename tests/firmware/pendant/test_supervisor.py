"""The pendant's own health: beats, battery, faults, the monthly test."""

import pytest

from firmware.pendant import supervisor
from shared import words
from tests.firmware.bench import Bench

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_NOON_IN_CHINA = 1_790_049_600  # 2026-09-22, 12:00 in the wearer's zone
_SLOW = {"beat_s": 3_600}  # a month is long


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A deep pendant (a month passes quickly), nobody is moving; it knows the time: noon."""
    monkeypatch.chdir(tmp_path)
    one = Bench(sleeps_deep=True, settings=_SLOW)
    one.gateway.unix_at_nought_s = _NOON_IN_CHINA
    one.moves = False
    return one


def run_days(bench, days):
    """Let days pass."""
    bench.run(days * _DAY_MS)


def test_a_beat_says_how_things_are(bench):
    """Battery, firmware, reset cause, uptime, and that nobody moves."""
    bench.battery.mv = 3_780
    bench.run(_HOUR_MS + 1_000)
    beat = bench.gateway.beats[-1]

    assert (beat.battery_mv, beat.battery_percent, beat.reset_cause) == (3_780, 40, 1)
    assert beat.flags == words.STILL
    assert beat.rssi_dbm == -60
    assert beat.uptime_s == 3_600


def test_a_beat_says_worn_and_charging(bench):
    """Motion within the last minutes is a wearer; the charger is told and quickens the beat."""
    bench.moves = True
    bench.run(1_000)
    assert bench.gateway.beats[-1].flags == words.WORN
    bench.run(_HOUR_MS - 2_000)
    bench.charging = True
    bench.run(180_000)

    assert bench.gateway.beats[-1].flags == words.CHARGING | words.EXTERNAL_POWER
    assert len(bench.gateway.beats) == 4


def test_a_low_battery_is_told_once_and_again_after_a_charge(bench):
    """20 % is low, 5 % is critical and felt; a charge makes both new."""
    bench.battery.mv = 3_690
    bench.run(3 * _HOUR_MS)
    assert bench.events() == [(words.BATTERY_LOW, 18)]
    bench.battery.mv = 3_500
    bench.run(3 * _HOUR_MS)
    assert bench.events()[1:] == [(words.BATTERY_LOW, 3)]
    bench.battery.mv = 4_100
    bench.run(3 * _HOUR_MS)
    bench.battery.mv = 3_690
    bench.run(3 * _HOUR_MS)

    assert bench.events()[2:] == [(words.BATTERY_LOW, 18)]


def test_few_days_left_are_a_low_battery(bench):
    """Falling by a fifth a day: at 40 % two days are left, and the platform hears of it, once."""
    for day, mv in enumerate((4_150, 3_970, 3_850, 3_780)):
        bench.battery.mv = mv
        bench.run_to((day + 1) * _DAY_MS - _HOUR_MS)
    bench.run(3 * _HOUR_MS)

    assert [code for code, _arg in bench.events()] == [words.BATTERY_LOW]
    assert bench.events()[0][1] == 40


def test_after_a_month_the_wearer_is_reminded_by_day_until_a_press(bench):
    """Once a day, never by night; the press is a passed test, and then there is peace for another month."""
    run_days(bench, 29)
    before = len(bench.pulse.felt)
    run_days(bench, 4)
    felt = [at for at, _span in bench.pulse.felt[before:]]
    assert 4 <= len(felt) <= 8  # two spans each: one reminder a day
    for at in felt:
        hour = (12 + at // _HOUR_MS) % 24
        assert 8 <= hour < 21
    last_ms = felt[-1]
    wait_ms = _DAY_MS - (bench.clock.ms - last_ms)
    bench.press(bench.clock.ms + wait_ms + 60_000, bench.clock.ms + wait_ms + 60_200)
    bench.run(_DAY_MS + _HOUR_MS)
    assert bench.events() == [(words.TEST_PASSED, 0)]
    before = len(bench.pulse.felt)
    run_days(bench, 25)

    assert len(bench.pulse.felt) == before


def test_a_call_that_was_stored_counts_as_a_test(bench):
    """Who has called for help needs no reminder."""
    run_days(bench, 20)
    bench.press(bench.clock.ms + 1_000, bench.clock.ms + 4_500)
    bench.run(_HOUR_MS)
    before = len(bench.pulse.felt)
    run_days(bench, 25)

    assert len(bench.pulse.felt) == before


def test_the_sensor_tests_itself_once_a_month(bench):
    """When nobody moves; nothing is told if it is well."""
    run_days(bench, 62)

    assert [at // _DAY_MS for at in bench.self_tests_ms] == [0, 30, 60]  # the start is the first
    assert bench.events() == []


def test_a_sensor_that_fails_its_test_is_a_fault(bench):
    """Told once, tried again every hour."""
    bench.imu_is_well = False
    run_days(bench, 31)

    assert bench.events() == [(words.FAULT, supervisor.FAULT_IMU)]
    assert len(bench.self_tests_ms) > 5


def test_the_light_is_dim_by_night_and_while_nobody_knows_the_time(bench):
    """2 % by night, 30 % by day."""
    light = bench.life.board.light
    assert light.percent == 2  # not yet told
    for hours, percent in ((2, 30), (8, 30), (10, 2), (19, 2), (21, 30)):
        bench.run_to(hours * _HOUR_MS)
        bench.hits.append(bench.clock.ms + 100)  # a wake
        bench.run(2_000)
        assert bench.life.board.light.percent == percent, hours


@pytest.mark.parametrize("sleeps_deep", [False, True])
def test_a_short_press_is_a_sign_of_life(tmp_path, monkeypatch, sleeps_deep):
    """Who walks from room to room and presses is heard at each press, once for a row of them; no event comes of it."""
    monkeypatch.chdir(tmp_path)
    bench = Bench(sleeps_deep=sleeps_deep)
    for at_ms in (60_000, 60_700, 90_000):
        bench.press(at_ms, at_ms + 200)
    bench.run_to(59_000)
    before = len(bench.gateway.beats)
    bench.run_to(100_000)

    assert len(bench.gateway.beats) == before + 2
    assert bench.events() == []
