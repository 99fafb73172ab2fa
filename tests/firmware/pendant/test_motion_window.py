"""The motion round a fall: behind every alarm, a few times, and never for long."""

import pytest

from shared import fall, frames, gateway_frames, waves, words
from shared.ccm import Ccm
from tests.firmware.bench import Bench
from tests.firmware.fake_gateway import GATEWAY_ID

FALL_MS = 30_000


@pytest.fixture(autouse=True)
def _flash(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def fallen(sleeps_deep=False, **gateway):
    """A bench on which somebody falls."""
    bench = Bench(sleeps_deep=sleeps_deep)
    for name, value in gateway.items():
        setattr(bench.gateway, name, value)
    bench.hits.append(FALL_MS - 900)
    bench.say(FALL_MS, fall.SUSPECTED)
    return bench


def window(bench):
    """The samples of x as they came, or None if a part is missing."""
    (parts,) = bench.gateway.parts.values()
    if sorted(parts) != list(range(waves.PARTS)):
        return None
    return [waves.mg_of(code) for part in range(waves.PARTS) for code in parts[part][::3]]


@pytest.mark.parametrize("sleeps_deep", [False, True])
def test_the_whole_window_arrives_soon_after_the_fall(sleeps_deep):
    """Within three seconds of the suspicion, in three parts, the larger of each two samples, rounded to a root."""
    bench = fallen(sleeps_deep)
    bench.run_to(FALL_MS + 3_000)

    numbers = [2 * (i - waves.IMPACT) + 1 for i in range(waves.SAMPLES)]
    assert window(bench) == [waves.mg_of(waves.code_of(number)) for number in numbers]
    assert [part for _, _, part in bench.gateway.parts_heard] == [0, 1, 2]
    ((boot, seq),) = bench.gateway.parts
    assert (boot, seq) in bench.gateway.stored_ms


def test_it_never_goes_before_the_alarm():
    """While the alarm waits for its acknowledgement not one part is sent; afterwards all are."""
    bench = fallen(is_deaf=True)
    bench.run_to(FALL_MS + 12_000)
    assert not [kind for kind in kinds(bench) if kind == words.WAVE]

    bench.gateway.is_deaf = False
    bench.run_to(FALL_MS + 45_000)
    assert window(bench)
    first_part_ms = bench.gateway.parts_heard[0][0]
    assert min(bench.gateway.stored_ms.values()) < first_part_ms


def test_it_waits_while_a_later_event_is_owed():
    """An event that a full disk refuses keeps it waiting too."""
    bench = fallen()
    bench.press(FALL_MS + 300, FALL_MS + 500)  # cancelled, and that is not stored
    bench.run_to(FALL_MS + 200)
    bench.gateway.status = words.REFUSED_FULL
    bench.run_to(FALL_MS + 20_000)

    assert bench.gateway.parts_heard == []


def test_it_is_given_up_after_a_minute():
    """Nobody hears the alarm for long: the alarm goes on, the motion does not, and the pendant may sleep again."""
    bench = fallen(sleeps_deep=True, is_deaf=True)
    bench.run_to(FALL_MS + 90_000)
    bench.gateway.is_deaf = False
    bench.run_to(FALL_MS + 400_000)

    assert words.FALL_SUSPECTED in bench.gateway.codes()
    assert bench.gateway.parts_heard == []


def test_a_gateway_that_knows_no_motion_is_not_asked_for_long():
    """Twelve tries, within the minute; what else there is goes on."""
    bench = fallen(knows_no_waves=True)
    bench.run_to(FALL_MS + 200_000)

    assert kinds(bench).count(words.WAVE) == 12
    assert words.FALL_CONFIRMED in bench.gateway.codes()


def test_in_a_crowd_it_waits():
    """A gateway was heard to serve others: the motion is spread over twenty seconds, and the alarm is not touched."""
    bench = fallen()
    ack = gateway_frames.pack_ack(frames.Ack(1, 1, words.STORED, 0, 0))
    others = frames.seal(words.ACK, b"others", 1, 1, ack, Ccm(bytes(16)), GATEWAY_ID)
    hears = bench.gateway.hears
    bench.gateway.hears = lambda frame: [others, *hears(frame)]
    bench.run_to(FALL_MS)
    bench.pendant.delivery._random = lambda: 255
    bench.run_to(FALL_MS + 15_000)
    assert bench.gateway.parts_heard == []
    assert words.FALL_SUSPECTED in bench.gateway.codes()

    bench.run_to(FALL_MS + 30_000)
    assert window(bench)


def test_nothing_is_repeated_that_is_there():
    """One frame or acknowledgement in four is lost: what the gateway has named is not sent again."""
    bench = fallen()
    counter = iter(range(1_000_000))
    bench.run_to(FALL_MS + 1_000)
    bench.gateway.loses = lambda: next(counter) % 4 == 3
    bench.run_to(FALL_MS + 30_000)

    assert window(bench)
    assert len(bench.gateway.parts_heard) <= waves.PARTS + 3  # those whose acknowledgement was lost


def test_a_second_fall_takes_the_place_of_the_first():
    """Only the later one's motion comes if the first one's had no time."""
    bench = fallen()
    bench.say(FALL_MS + 1_100, fall.SUSPECTED)
    bench.run_to(FALL_MS + 10_000)

    later = [event for event in bench.gateway.events if event.code == words.FALL_SUSPECTED][-1]
    assert list(bench.gateway.parts) == [(later.boot, later.seq)]
    assert window(bench)


def test_a_sensor_that_was_not_read_gives_no_motion():
    """The ring has gone round: what it holds is no longer what happened."""
    bench = fallen()
    bench.run_to(FALL_MS + 200)
    bench.motion.detector.impact_ms -= 5_000
    bench.run_to(FALL_MS + 10_000)

    assert bench.gateway.parts_heard == []


def test_a_power_cut_loses_it_and_nothing_else():
    """It lives in RAM: the fall is told all the same."""
    bench = fallen()
    bench.run_to(FALL_MS + 600)
    bench.cut_power(after_ms=1_000)
    bench.run_to(FALL_MS + 60_000)

    assert words.FALL_CONFIRMED in bench.gateway.codes()
    assert bench.gateway.parts_heard == []


def kinds(bench):
    """The kinds of all frames sent."""
    return [frame[1] for _, _, frame in bench.sent]
