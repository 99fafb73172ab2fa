"""An alarm as a carer reads it: which clock runs, which has stopped in which colour, and who comes first."""

import asyncio

import pytest

from gateway.case import HELPER_THERE
from gateway.registry import Registry
from gateway.station import case_views
from gateway.station.case_views import AMBER, ANSWER, GREEN, HELPER, IDENTIFIED, RED
from shared import words
from tests.gateway.helpers import P, booked


def seen(directory, story, delay_ms=930):
    """The view of the one case after a story(book) was played."""

    async def play():
        async with booked(directory) as book:
            await story(book)
            case = await book.until(lambda: book.cases.recent(None, 1))
            path = directory / "none.jsonl"
            path.touch(0o600)
            return case_views.view(case[0], Registry(path), lambda event: delay_ms, lambda case_id: False)

    return asyncio.run(play())


async def fall(book):
    """A fall, half a second old when it is heard."""
    return await book.say(words.FALL_SUSPECTED)


def test_a_fall_that_nobody_has_answered(tmp_path):
    """It was identified in time, and the clock for an answer runs from when it happened."""
    view = seen(tmp_path, fall)

    assert view.is_unanswered and view.what == "fall_suspected"
    assert [(span.name, span.took_ms, span.colour) for span in view.spans] == [
        (IDENTIFIED, 930, GREEN), (ANSWER, None, None), (HELPER, None, None),
    ]  # fmt: skip
    assert (view.running.name, view.running.from_stamp_ms, view.running.limit_s) == (ANSWER, 99_500, 30)
    assert view.name == P.hex()  # a pendant that the list does not have any more


@pytest.mark.parametrize(("after_ms", "colour"), [(10_000, GREEN), (25_000, AMBER), (31_000, RED)])
def test_an_answer_stops_its_clock_and_the_next_one_runs(tmp_path, after_ms, colour):
    """From the fall on, not from its arrival; then the helper's clock counts, from the fall as well."""

    async def story(book):
        record = await fall(book)
        book.stamp_ms += after_ms
        await book.cases.answer(record.event_id, "Chen", None, "station")

    view = seen(tmp_path, story)
    answer = view.spans[1]
    assert (answer.took_ms, answer.colour) == (after_ms + 500, colour)
    assert (view.running.name, view.running.from_stamp_ms) == (HELPER, 99_500)
    assert not view.is_unanswered


def test_when_a_helper_is_there_no_clock_runs(tmp_path):
    """What is left is to say what it was."""

    async def story(book):
        record = await fall(book)
        await book.cases.answer(record.event_id, "Chen", None, "station")
        book.stamp_ms += 200_000
        await book.cases.note(record.event_id, HELPER_THERE, "Chen", "")

    view = seen(tmp_path, story)
    assert view.running is None and view.case.is_open
    assert (view.spans[2].took_ms, view.spans[2].colour) == (200_500, RED)
    assert view.helper_by.by == "Chen"


def test_a_call_is_not_identified(tmp_path):
    """Holding a button has no impact to be late for; a delay that nobody knows is not called in time."""

    async def call(book):
        await book.say(words.HELP_REQUESTED, arg=words.MEDICAL)

    view = seen(tmp_path, call)
    assert [span.name for span in view.spans] == [ANSWER, HELPER]
    assert view.what == "service_medical"
    assert case_views.is_alarm(view.case) and case_views.is_service(view.case)
    (tmp_path / "other").mkdir()
    assert seen(tmp_path / "other", fall, delay_ms=None).spans[0].colour is None


@pytest.mark.parametrize(
    ("service", "rings", "is_listed"),
    [
        (words.RESCUE, True, False),
        (words.MEDICAL, True, True),
        (words.MEALS, False, True),
        (words.TRANSPORT, False, True),
    ],
)
def test_what_rings_and_what_is_listed(tmp_path, service, rings, is_listed):
    """Rescue rings, meals are a list, a medical call is both."""

    async def call(book):
        await book.say(words.HELP_REQUESTED, arg=service)

    case = seen(tmp_path, call).case
    assert (case_views.is_alarm(case), case_views.is_service(case)) == (rings, is_listed)
