"""No more is given to a broker than it takes, an alarm finds room, and a dead link is noticed."""

import pytest

from gateway import under_way
from gateway.record import ALARM, EVENT, TELEMETRY
from gateway.under_way import Flight, UnderWay
from tests.gateway.helpers import a_beat, a_record

PLENTY = 65_535  # what a broker takes that does not say


def _flight(lane=ALARM, size=600, since_s=0.0):
    return Flight(lane, [a_beat(1) if lane == TELEMETRY else a_record(1, lane)], size, since_s)


def _given(*flights):
    made = UnderWay()
    for mid, flight in enumerate(flights, start=1):
        made.add(mid, flight)
    return made


@pytest.mark.parametrize("lane", [ALARM, EVENT, TELEMETRY])
def test_a_lane_has_its_window(lane):
    """One more than the window does not go; as soon as the store has forgotten one, one more does."""
    flights = [_flight(lane, size=1) for _ in range(under_way.WINDOW[lane])]
    made = _given(*flights)

    assert made.room(lane, PLENTY, len(flights)) == 0
    made.answered(1)
    assert made.room(lane, PLENTY, len(flights) - 1) == 0  # the disk has not: it would come twice after a power cut
    made.landed(flights[0])
    assert made.room(lane, PLENTY, len(flights) - 1) == 1


@pytest.mark.parametrize(
    ("takes", "has", "alarms", "events"),
    [(1, 0, 1, 1), (1, 1, 0, 0), (4, 0, 4, 3), (8, 0, 7, 5), (8, 5, 2, 0), (8, 6, 1, 0), (8, 7, 0, 0), (8, 9, 0, 0)],
)
def test_a_quarter_of_what_the_broker_takes_is_kept_for_alarms(takes, has, alarms, events):
    """And one of five or more for the reply to a command; a broker that takes a single message gets alarms too."""
    made = UnderWay()

    assert made.room(ALARM, takes, has) == alarms
    assert made.room(EVENT, takes, has) == made.room(TELEMETRY, takes, has) == events


def test_telemetry_has_a_window_of_bytes_that_follows_the_link():
    """A slow PUBACK halves it, a quick one widens it again; alarms are not held to it."""
    first = _flight(TELEMETRY, size=under_way.FIRST_WINDOW_BYTES)
    made = _given(first)

    assert made.room(TELEMETRY, PLENTY, 1) == 0
    assert made.room(ALARM, PLENTY, 1) > 0
    made.landed(first)
    made.adapt(first, now_s=under_way.SLOW_S + 0.01)
    half = _flight(TELEMETRY, size=under_way.FIRST_WINDOW_BYTES // 2)
    made.add(2, half)
    assert made.room(TELEMETRY, PLENTY, 1) == 0
    made.adapt(half, now_s=under_way.SLOW_S)
    assert made.room(TELEMETRY, PLENTY, 1) > 0


def test_the_slowest_link_still_carries_one_message():
    """The window is never so small that no telemetry goes at all, and never wider than its limit."""
    made, flight = UnderWay(), _flight(TELEMETRY, size=60_000)
    for _ in range(40):
        made.adapt(flight, now_s=9)
    assert made.room(TELEMETRY, PLENTY, 0) > 0
    for _ in range(40):
        made.adapt(flight, now_s=0)
    made.add(1, _flight(TELEMETRY, size=under_way.WINDOW_BYTES))
    assert made.room(TELEMETRY, PLENTY, 1) == 0


def test_a_slow_alarm_says_nothing_of_the_window():
    """An alarm waits behind telemetry, so its time is not the link's."""
    made = UnderWay()
    for _ in range(40):
        made.adapt(_flight(ALARM), now_s=9)
    made.add(1, _flight(TELEMETRY, size=under_way.FIRST_WINDOW_BYTES - 1))

    assert made.room(TELEMETRY, PLENTY, 1) > 0


@pytest.mark.parametrize(
    ("lane", "patience_s"),
    [(ALARM, under_way.ALARM_PATIENCE_S), (EVENT, under_way.ALARM_PATIENCE_S), (TELEMETRY, under_way.PATIENCE_S)],
)
def test_a_link_without_a_word_is_dead_after_a_while(lane, patience_s):
    """Counted from when it was given or from the broker's last word, whichever is later."""
    made = _given(_flight(lane, since_s=100))

    assert made.silence(0, 100 + patience_s) is None
    assert made.silence(0, 100.01 + patience_s) == patience_s
    assert made.silence(101, 100.01 + patience_s) is None
    made.answered(1)
    assert made.silence(0, 1e9) is None


def test_only_what_has_no_answer_is_under_way():
    """A number that was answered, or was never ours, is none of these."""
    made = _given(_flight(ALARM), _flight(EVENT))

    assert made.answered(1) is not None
    assert made.answered(1) is made.answered(99) is None
    assert [records[0].lane for records in made.records()] == [EVENT]
