"""What the motor did, read back as the wearer's language."""

import itertools
from typing import NamedTuple

import pytest

from firmware.drivers.feedback import Player
from firmware.pendant import feelings as language
from tools.home import feelings


class Pulse(NamedTuple):
    """An activation as the virtual board records it."""

    output: str
    start_s: float
    end_s: float | None
    duty: float
    start_late_s: float = 0.0
    end_late_s: float = 0.0


def _pulses(pattern, at_s=10.0, output="vibration"):
    made = []
    for i, span_ms in enumerate(pattern):
        if i % 2 == 0:
            made.append(Pulse(output, at_s, at_s + span_ms / 1000, 0.8))
        at_s += span_ms / 1000
    return made


def _names(pulses, now_s=100.0):
    return [felt.name for felt in feelings.read(pulses, now_s)]


def test_every_word_of_the_language_is_read():
    """Each message of the firmware is told from every other."""
    for name in ("TICK", "SENT", "STORED", "DELIVERED", "ANSWERED", "NOBODY", "FALLEN", "COUNTING", "CANCELLED"):
        assert _names(_pulses(getattr(language, name))) == [name.lower().replace("fallen", "fallen?")]


def test_two_messages_are_two():
    """The player's pause keeps messages apart."""
    stored = _pulses(language.STORED, 10.0)
    answered = _pulses(language.ANSWERED, stored[-1].end_s + 0.35)

    assert _names(stored + answered) == ["stored", "answered"]


def test_what_is_being_said_is_not_judged_yet():
    """While the motor runs, or may run again, the last message stays open; the ones before it stay what they were."""
    stored = _pulses(language.STORED, 10.0)
    running = [Pulse("vibration", 20.0, None, 0.8)]

    assert _names(stored + running) == ["stored"]
    assert _names(stored, now_s=stored[-1].end_s + 0.1) == []


def test_light_is_not_felt():
    """The LED says nothing to somebody who lies on a floor."""
    assert _names(_pulses(language.ANSWERED, output="led")) == []


def test_an_unknown_rhythm_is_called_so():
    """A pattern that is no message is not taken for one."""
    assert _names(_pulses((333, 200, 777))) == ["?"]


def _are_sure(pulses):
    return [felt.is_sure for felt in feelings.read(pulses, 100.0)]


def test_a_question_hushed_late_is_no_proof_of_a_call():
    """The firmware was not run for half a second: the motor went on, and a hush then left one long pulse."""
    hushed = Pulse("vibration", 10.0, 10.7, 0.8, end_late_s=0.48)

    assert _are_sure([hushed]) == [False]
    assert _are_sure([hushed._replace(end_late_s=0.1)]) == [True]


def test_only_the_first_edge_may_come_at_any_time():
    """Before it nothing was due; a gap inside a message that was looked at late is no gap to read by."""
    first, second = _pulses(language.FALLEN)

    assert _are_sure([first._replace(start_late_s=5.0), second]) == [True]
    assert _are_sure([first, second._replace(start_late_s=0.35)]) == [False]


def test_a_rhythm_is_known_although_an_edge_came_late():
    """As late as the board says that it may have been, and no later."""
    late = [*language.ANSWERED]
    late[2:4] = [late[2] + 250, late[3] - 150]
    pulses = _pulses(late)

    assert _names(pulses) == ["?"]
    assert _names([pulses[0], pulses[1]._replace(end_late_s=0.2), pulses[2]]) == ["answered"]
    assert _names(_pulses((330,))) == ["?"]
    assert _names([_pulses((330,))[0]._replace(end_late_s=0.2)]) == ["counting"]


def test_a_rhythm_is_known_although_a_whole_pause_fell_into_half_a_second():
    """The player keeps to its plan: what was not late stands where it belongs. One that is early is another rhythm."""
    first, second, third = _pulses((501, 208, 1033, 0, 163))
    late = second._replace(end_late_s=0.54)

    assert _names([first, second, third]) == ["?"]
    assert _names([first, late, third._replace(start_late_s=0.54)]) == ["answered"]
    assert _are_sure([first, late, third]) == [False]
    early = _pulses((501, 208, 1033, 0, 10))
    assert _names([first, late, early[-1]._replace(end_late_s=0.54)]) == ["?"]


def test_a_late_end_joins_no_two_messages():
    """The pause behind it is short then, and they are told apart all the same."""
    counting, answered = _pulses((219,), 10.0), _pulses((551, 155, 533, 161, 501), 10.5)

    assert _names(counting + answered) == ["counting", "answered"]


def test_a_long_one_that_ends_late_is_known_and_does_not_swallow_the_next():
    """The call is out, and at once stored: the machine stood still where the first buzz should have ended."""
    sent = _pulses((1000,))[0]._replace(end_late_s=0.31)
    stored = _pulses(language.STORED, 11.06)

    assert _names([sent, *stored]) == ["sent", "stored"]
    assert _are_sure([sent, *stored]) == [False, True]
    assert _names([sent._replace(end_late_s=0.0), *stored]) == ["?"]


def test_a_message_that_began_late_is_known_by_what_follows():
    """The machine stood still between the player's look at its clock and the motor: the first buzz is short."""
    first, second = _pulses((11, 103, 93))

    assert _names([first, second]) == ["sick"]
    assert _names([first._replace(start_late_s=0.098), second]) == ["stored"]


def test_what_may_be_late_as_a_whole_is_read_by_what_fits_best():
    """A bench's helper sees edges only: it says of each that it may be as late as its boards are at most."""
    pulses = [pulse._replace(start_late_s=0.3, end_late_s=0.3) for pulse in _pulses((904, 91, 95, 120, 95))]
    clean = [
        pulse._replace(start_late_s=0.3, end_late_s=0.3) for pulse in _pulses((40, 960, 40, 960, 700, 350, 90, 110, 90))
    ]

    assert _names(pulses) == ["sent", "stored"]
    assert _names(clean) == ["tick", "tick", "sent", "stored"]


class _Motor:
    """Notes its pulses as the virtual board does: an edge may be as late as the turn before the last one."""

    def __init__(self):
        self.pulses, self.now_ms, self.turns_ms = [], 0, (0, 0)
        self._begin = None

    def on(self):
        if self._begin is None:
            self._begin = self.now_ms, self._late_s()

    def off(self):
        if self._begin is not None:
            (begin_ms, begin_late_s), self._begin = self._begin, None
            spans = begin_ms / 1000, self.now_ms / 1000
            self.pulses.append(Pulse("vibration", *spans, 0.8, begin_late_s, self._late_s()))

    def _late_s(self):
        return (self.now_ms - self.turns_ms[0]) / 1000


def _felt_when_it_stands_still(said, at_ms, for_ms):
    motor = _Motor()
    player = Player(motor)
    for pattern in said:
        player.say(pattern, 0)
    while player.is_playing:
        motor.turns_ms = motor.turns_ms[1], motor.now_ms
        player.update(motor.now_ms)
        next_ms = motor.now_ms + 20
        motor.now_ms = next_ms + for_ms if motor.now_ms <= at_ms < next_ms else next_ms
    return _names(motor.pulses)


@pytest.mark.parametrize("for_ms", [150, 300])
def test_wherever_the_machine_stands_still_the_wearer_is_understood(for_ms):
    """The firmware's own player, and one stop at any moment of two messages; but a mere tick is not told then."""
    words = ("sent", "stored", "delivered", "answered", "fallen?", "cancelled")
    patterns = {name: getattr(language, name.rstrip("?").upper()) for name in words}
    wrong = {
        (first, second, at_ms): felt
        for first, second in itertools.permutations(words, 2)
        for at_ms in range(0, sum(patterns[first]) + 350 + sum(patterns[second]), 60)
        if (felt := _felt_when_it_stands_still((patterns[first], patterns[second]), at_ms, for_ms)) != [first, second]
    }
    assert wrong == {}


def test_a_pause_in_which_nothing_ran_parts_no_message():
    """The second of two short ones began 250 ms late, and was over at once: no more than one message was meant."""
    first, second = _pulses((100, 350, 20))
    late = second._replace(start_late_s=0.26, end_late_s=0.26)

    assert _names([first, second]) == ["counting", "tick"]
    assert _names([first, late]) == ["stored"]
    ticks = _pulses((40, 960, 40, 960, 40))
    assert _names([tick._replace(start_late_s=0.9) for tick in ticks]) == ["tick"] * 3


def test_two_short_ones_are_known_by_their_beginnings_when_one_ends_late():
    """As far as the board says that it may have been late."""
    first, second = _pulses((215, 10, 90))

    assert _names([first._replace(end_late_s=0.2), second]) == ["stored"]
