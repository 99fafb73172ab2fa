"""The first answer wins, every change is told to the platform once, and what is wrong is refused."""

import asyncio

import pytest

from gateway.casework import TOLD_ANSWERED, TOLD_HELPER_THERE, TOLD_OUTCOME
from gateway.errors import WRONG_FIELD, CommandRefused
from shared import words
from tests.gateway.helpers import P, booked

NAME = "707070707070-1-1"


def with_a_fall(tmp_path, act):
    """Run act(book) with one suspected fall in the book; what it returns, and what was told to the platform."""

    async def run():
        async with booked(tmp_path) as book:
            await book.say(words.FALL_SUSPECTED)
            return await act(book), await book.told()

    return asyncio.run(run())


def test_two_answer_at_once_and_one_wins(tmp_path):
    """Both learn who it is; the wearer feels one answer, the platform hears of one."""

    async def act(book):
        both = await asyncio.gather(
            book.cases.answer(NAME, "anna", 60, "station"), book.cases.answer(NAME, "bo", 30, "station")
        )
        return [case.answered_by for case in both], len(book.answers), book.answers.next(P).eta_s

    found, told = with_a_fall(tmp_path, act)

    assert found == (["anna", "anna"], 1, 60)
    assert told == [(TOLD_ANSWERED, {"alarm": NAME, "by": "anna", "eta_s": 60, "via": "station"})]


def test_an_answer_to_any_event_of_the_case_answers_the_case(tmp_path):
    """The platform names the confirmed fall, the station the case: it is one."""

    async def act(book):
        await book.say(words.FALL_CONFIRMED, 2, ref=1)
        await book.cases.answer("707070707070-1-2", "anna", None, "platform")
        return await book.cases.answer(NAME, "bo", None, "station")

    case, told = with_a_fall(tmp_path, act)

    assert (case.answered_by, case.answered_via, case.eta_s, case.is_open) == ("anna", "platform", None, True)
    assert told == [(TOLD_ANSWERED, {"alarm": NAME, "by": "anna", "eta_s": None, "via": "platform"})]


def test_every_outcome_is_told_and_a_correction_too(tmp_path):
    """The same again is not."""

    async def act(book):
        for outcome in ("false", "false", "true"):
            case = await book.cases.close(NAME, outcome, "anna")
        return case

    case, told = with_a_fall(tmp_path, act)

    assert (case.outcome, case.is_open) == ("true", False)
    assert told == [(TOLD_OUTCOME, {"alarm": NAME, "outcome": outcome, "by": "anna"}) for outcome in ("false", "true")]


def test_that_help_is_there_is_told_once(tmp_path):
    """A second tap changes nothing; what machines note is for the timeline only."""

    async def act(book):
        book.stamp_ms += 1_000
        for _ in range(2):
            await book.cases.note(NAME, "helper-there", "anna", "")
        for detail in ("…5678", "…5678", "…1234"):
            case = await book.cases.note(NAME, "sms-sent", "", detail)
        return [(step.name, step.detail) for step in case.steps[3:]]

    steps, told = with_a_fall(tmp_path, act)

    assert sorted(steps) == [("helper-there", ""), ("sms-sent", "…1234"), ("sms-sent", "…5678")]
    assert told == [(TOLD_HELPER_THERE, {"alarm": NAME, "by": "anna"})]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda cases: cases.answer(NAME, "", None, "station"),
        lambda cases: cases.answer(NAME, "x" * 65, None, "station"),
        lambda cases: cases.answer(NAME, "anna", -1, "station"),
        lambda cases: cases.answer(NAME, "anna", 65_535, "station"),
        lambda cases: cases.answer("rubbish", "anna", None, "station"),
        lambda cases: cases.close(NAME, "maybe", "anna"),
        lambda cases: cases.close(NAME, "true", " "),
        lambda cases: cases.note(NAME, "felt", "anna", ""),
    ],
)
def test_every_field_is_checked(tmp_path, attempt):
    """Nothing changes."""

    async def act(book):
        with pytest.raises(CommandRefused) as met:
            await attempt(book.cases)
        assert met.value.reason == WRONG_FIELD
        return await book.until(lambda: book.cases.get(NAME))

    case, told = with_a_fall(tmp_path, act)

    assert (case.answered_by, case.outcome, told) == (None, None, [])


def test_an_answer_whose_event_finds_no_room_still_counts(tmp_path, monkeypatch):
    """A disk that only alarms may fill: the wearer feels the answer, the platform learns of it from the timeline."""

    async def act(book):
        book.store.room.make = lambda db: [True, False, False]
        case = await book.cases.answer(NAME, "anna", None, "station")
        return case.answered_by, len(book.answers)

    found, told = with_a_fall(tmp_path, act)

    assert (found, told) == (("anna", 1), [])
