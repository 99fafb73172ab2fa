"""An answer waits for its pendant until it is felt."""

from gateway.answers import Answers
from gateway.tables import Answer
from shared import words

P, Q = b"pppppp", b"qqqqqq"


def answer(seq, stage=words.ANSWERED, pendant=P):
    """An answer about the alarm seq."""
    return Answer(pendant, 1, seq, stage, 60, "op", 1, 0)


def test_it_is_given_until_it_is_felt():
    """Each time the pendant is heard, until it says that it was felt."""
    answers = Answers([answer(1)])

    assert [answers.next(P) for _ in range(5)] == [answer(1)] * 5
    answers.felt(P, 1, 1, words.ANSWERED)
    assert answers.next(P) is None
    assert len(answers) == 0


def test_several_take_turns():
    """No answer starves behind one that is never felt."""
    answers = Answers([answer(1), answer(2)])

    assert {answers.next(P).seq, answers.next(P).seq} == {1, 2}


def test_somebody_is_coming_goes_before_the_platform_knows():
    """A person's answer is given before a mere delivery of another alarm."""
    answers = Answers([answer(1, words.DELIVERED), answer(2)])

    assert [answers.next(P).seq for _ in range(3)] == [2, 2, 2]


def test_a_delivery_is_said_three_times():
    """Nobody confirms a delivery: it is not said for ever."""
    answers = Answers([answer(1, words.DELIVERED)])

    assert [answers.next(P) is not None for _ in range(5)] == [True, True, True, False, False]


def test_a_person_replaces_the_delivery_and_not_the_other_way():
    """Once somebody has answered, "delivered" is old news."""
    answers = Answers([answer(1, words.DELIVERED)])
    answers.put(answer(1))
    answers.put(answer(1, words.DELIVERED))

    assert len(answers) == 1
    assert answers.next(P).stage == words.ANSWERED


def test_each_pendant_has_its_own():
    """An answer for one is nothing to another."""
    answers = Answers([answer(1)])
    answers.felt(Q, 1, 1, words.ANSWERED)

    assert answers.next(Q) is None
    assert answers.next(P) == answer(1)


def test_what_waits_for_a_silent_pendant_is_bounded():
    """Mere deliveries go first: a person's answer stays."""
    answers = Answers([answer(1)])
    for seq in range(2, 100):
        answers.put(answer(seq, words.DELIVERED))

    assert len(answers) == 32
    assert answers.next(P) == answer(1)
