"""The alarm's states, told by hand; whole stories stand in test_scenarios.py."""

import pytest

from firmware.config import Settings
from firmware.pendant import feelings
from firmware.pendant.alarm import BY_CLOCK, BY_HAND, Alarm
from firmware.pendant.memory import Memory
from shared import words


class Told:
    """What the alarm records and says."""

    def __init__(self):
        self.events = []
        self.felt = []
        self.hushes = 0

    def record(self, code, arg, ref, delay_ms):
        """As the pendant does."""
        self.events.append((code, arg, ref))
        return 1, len(self.events)

    def say(self, pattern):
        """A message."""
        self.felt.append(pattern)

    def tick(self, pattern):
        """A pulse."""
        self.felt.append(pattern)

    def hush(self):
        """Silence."""
        self.hushes += 1


@pytest.fixture
def told():
    """What came out."""
    return Told()


@pytest.fixture
def alarm(told):
    """One that has never rung."""
    return Alarm(Memory(), Settings(), told.record, told)


def test_a_countdown_pulses_each_second_and_ends_after_twenty(alarm, told):
    """Nineteen pulses, then the word; it says when it wants to be asked again."""
    alarm.fall_suspected(900, 1_000)
    assert alarm.next_ms(1_000) == 1_000
    for at_ms in range(1_000, 21_001, 250):
        alarm.update(at_ms)

    assert told.felt == [feelings.FALLEN] + [feelings.COUNTING] * 19 + [feelings.SENT]
    assert told.events == [(words.FALL_SUSPECTED, 0, (0, 0)), (words.FALL_CONFIRMED, BY_CLOCK, (1, 1))]
    assert alarm.next_ms(21_000) == -1


def test_an_alarm_is_open_until_it_is_answered_or_the_wait_is_over(alarm):
    """Ten minutes of asking."""
    alarm.held(0, 3_000, 0)
    assert alarm.open_ref(599_999) == (1, 1)
    assert alarm.open_ref(600_000) is None
    alarm.answered((1, 1), words.ANSWERED, 1_000)

    assert alarm.open_ref(1_001) is None


@pytest.mark.parametrize("end", ["tapped", "fall_recovered"])
def test_the_end_of_a_countdown_is_felt(alarm, told, end):
    """What was being said stops, and the wearer feels that the alarm is off; before one there is none."""
    getattr(alarm, end)(0)
    assert told.felt == []
    alarm.fall_suspected(900, 1_000)
    getattr(alarm, end)(5_000)

    assert told.felt == [feelings.FALLEN, feelings.CANCELLED]
    assert told.hushes == 1
    assert not alarm.is_counting


def test_a_hold_is_felt_as_sent(alarm, told):
    """In a countdown and outside of one: the finger may leave the button."""
    alarm.held(0, 3_000, 0)
    alarm.fall_suspected(900, 60_000)
    alarm.held(0, 3_000, 65_000)

    assert told.felt == [feelings.SENT, feelings.FALLEN, feelings.SENT]


@pytest.mark.parametrize("is_by_hand", [False, True])
def test_a_confirmed_fall_is_asked_about(alarm, is_by_hand):
    """Not the suspicion any more, and as long as a call for help: nobody has said yet that they are coming."""
    alarm.fall_suspected(900, 1_000)
    assert alarm.open_ref(1_000) == (1, 1)
    if is_by_hand:
        alarm.held(0, 3_000, 21_000)
    else:
        alarm.update(21_000)
    wait_ms = Settings().answer_wait_s * 1_000

    assert alarm.open_ref(21_000) == (1, 2)
    assert alarm.open_ref(20_999 + wait_ms) == (1, 2)
    assert alarm.open_ref(21_000 + wait_ms) is None


def test_an_answer_is_felt_and_told_once(alarm, told):
    """However often the gateway repeats it, in whatever order with another's."""
    alarm.held(0, 3_000, 0)
    alarm.held(0, 3_000, 5_000)
    for ref in ((1, 1), (1, 2), (1, 1), (1, 2), (1, 1)):
        alarm.answered(ref, words.ANSWERED, 9_000)

    assert told.felt.count(feelings.ANSWERED) == 2
    assert [event for event in told.events if event[0] == words.ANSWER_FELT] == [
        (words.ANSWER_FELT, words.ANSWERED, (1, 1)),
        (words.ANSWER_FELT, words.ANSWERED, (1, 2)),
    ]


def test_delivered_is_felt_only_if_it_is_wished(told):
    """And what nobody felt is not told as felt."""
    settings = Settings()
    for wished, times in ((0, 0), (1, 1)):
        settings.change({"feel_delivered": wished})
        Alarm(Memory(), settings, told.record, told).answered((1, 1), words.DELIVERED, 0)
        assert told.felt.count(feelings.DELIVERED) == times
        assert len(told.events) == times


def test_an_answer_to_the_suspicion_covers_the_confirmation(alarm):
    """Somebody comes already: nobody asks again."""
    alarm.fall_suspected(900, 0)
    alarm.answered((1, 1), words.ANSWERED, 5_000)
    alarm.update(20_000)

    assert alarm.open_ref(20_000) is None


def test_its_state_survives_in_the_memory(told):
    """Another alarm over the same memory goes on where the first one was."""
    memory = Memory()
    Alarm(memory, Settings(), told.record, told).fall_suspected(900, 0)
    again = Alarm(Memory(memory.pack()), Settings(), told.record, told)
    assert again.is_counting
    again.tapped(5_000)

    assert told.events[-1] == (words.FALL_CANCELLED, BY_HAND, (1, 1))


@pytest.mark.parametrize("taps", range(9))
def test_taps_choose_the_service_and_too_many_mean_rescue(alarm, told, taps):
    """0 rescue, 1 shopping, 2 meals, 3 medical, 4 cleaning, 5 transport."""
    alarm.held(taps, 3_000, 0)

    assert told.events == [(words.HELP_REQUESTED, taps if taps < 6 else words.RESCUE, (0, 0))]
