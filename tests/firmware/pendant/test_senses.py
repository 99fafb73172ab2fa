"""A sensor with a bad contact, one that dies, one that comes back: no fall is lost for want of a second question."""

import pytest

from shared import fall, words
from tests.firmware.bench import Bench
from tests.firmware.fake_board import FakeImu

IMU = 1


@pytest.fixture(params=[False, True], ids=["light", "deep"])
def bench(tmp_path, monkeypatch, request):
    """A pendant on a desk; flash is an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Bench(sleeps_deep=request.param)


def silence(bench, from_ms, to_ms):
    """The sensor does not answer in that time."""
    bench.silences.append((from_ms, to_ms))


def test_a_contact_that_is_shaken_by_the_blow_hides_no_fall(bench):
    """Two tenths of a second without an answer: the FIFO has kept what happened meanwhile, and nobody hears of it."""
    bench.hits.append(30_000)
    bench.say(30_900, fall.SUSPECTED)
    silence(bench, 30_850, 31_050)
    bench.run(60_000)

    assert bench.events() == [(words.FALL_SUSPECTED, 0), (words.FALL_CONFIRMED, 0)]


def test_a_sensor_that_comes_back_is_begun_anew(bench):
    """Gone for two minutes, which is told once and felt once; a minute later falls are seen again."""
    bench.charging = True  # the deep sleeper stays awake for it
    silence(bench, 20_000, 140_000)
    bench.run(210_000)
    sick = [span for at_ms, span in bench.pulse.felt if at_ms > 20_000]
    bench.say(215_000, fall.SUSPECTED)
    bench.run(30_000)

    assert bench.events() == [(words.FAULT, IMU), (words.FALL_SUSPECTED, 0), (words.FALL_CONFIRMED, 0)]
    assert len(sick) == 4  # the four pulses of one SICK


def test_a_sensor_that_was_not_there_at_the_start_is_looked_for(tmp_path, monkeypatch):
    """A cold morning: it answers a minute later."""
    monkeypatch.chdir(tmp_path)
    bench = Bench()
    bench.imu_is_dead = True
    bench.reset()
    bench.run(30_000)
    bench.imu_is_dead = False
    bench.run(60_000)
    bench.say(bench.clock.ms + 5_000, fall.SUSPECTED)
    bench.run(30_000)

    assert (words.FALL_CONFIRMED, 0) in bench.events()


def test_in_safe_mode_no_sensor_is_looked_for(bench):
    """What crashed there three times must not be loaded again."""
    bench.reset(crashes=3, is_safe_mode=True)
    bench.say(bench.clock.ms + 100_000, fall.SUSPECTED)
    bench.charging = True
    bench.run(200_000)

    assert words.FALL_SUSPECTED not in bench.gateway.codes()


def test_a_sensor_that_dies_while_the_pendant_sleeps_is_told(tmp_path, monkeypatch):
    """It is noticed at the next wake; a pendant that sees no falls must not look like a quiet wearer."""
    monkeypatch.chdir(tmp_path)
    bench = Bench(sleeps_deep=True)
    bench.run(20_000)
    bench.imu_is_dead = True
    bench.run(1_000_000)

    assert bench.events() == [(words.FAULT, IMU)]


def test_a_sensor_that_was_set_up_by_half_is_not_believed_after_a_sleep(tmp_path, monkeypatch):
    """It answers, and its line would stay high at every fall: it is begun anew at the next wake, and tests itself."""
    monkeypatch.chdir(tmp_path)
    armed_ms = []

    def arm(imu, threshold_mg):
        armed_ms.append(imu._bench.clock.ms)
        if len(armed_ms) == 1:
            raise OSError(116)

    monkeypatch.setattr(FakeImu, "arm", arm)
    bench = Bench(sleeps_deep=True)
    bench.moves = False
    bench.run(1_000_000)

    assert bench.deep  # it did sleep
    assert len(armed_ms) == 2
    assert len(bench.self_tests_ms) == 1
    bench.hits.append(bench.clock.ms + 60_000)
    bench.say(bench.clock.ms + 60_900, fall.SUSPECTED)
    bench.run(120_000)
    assert bench.events() == [(words.FAULT, IMU), (words.FALL_SUSPECTED, 0), (words.FALL_CONFIRMED, 0)]


def test_a_self_test_that_gets_no_answer_is_a_fault_and_begins_the_sensor_anew(bench, monkeypatch):
    """In the middle of a quiet night. Left alone its electrodes might push on, and falls weigh wrong."""
    begun = []
    monkeypatch.setattr(FakeImu, "begin", lambda _imu: begun.append(1))
    bench.moves = False
    bench.charging = True
    bench.run(10_000)
    bench.memory.self_test_ms = 0
    bench.pendant.senses.motion.self_test = lambda: (_ for _ in ()).throw(OSError(5))
    bench.pendant._note_rest(bench.life.clock.ms)
    bench.run(5_000)

    assert bench.events() == [(words.FAULT, IMU)]
    assert len(begun) == 1
    assert len(bench.self_tests_ms) == 2  # at the start, and again as soon as it has been begun anew
