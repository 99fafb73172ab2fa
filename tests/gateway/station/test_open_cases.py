"""Who is open, kept one by one: never behind the book, never asked for as a whole."""

import asyncio

from gateway.station.open_cases import OpenCases
from shared import words
from tests.gateway.helpers import P, booked


def test_it_follows_every_change(tmp_path):
    """Opened, answered, closed, cancelled: the same as the book says; counts and pendants with it."""

    async def play():
        async with booked(tmp_path) as book:
            kept = OpenCases(book.cases)
            book.cases.watch(kept.changed)
            fall = (await book.say(words.FALL_SUSPECTED, 1)).event_id
            meal = (await book.say(words.HELP_REQUESTED, 2, arg=words.MEALS)).event_id
            await book.until(lambda: kept.counts()["open"] and kept.counts()["services"])
            assert kept.counts() == {"open": 1, "unanswered": 1, "services": 1, "waiting": 1}
            assert kept.pendants() == {P}
            await book.cases.answer(fall, "Chen", None, "station")
            assert kept.counts()["unanswered"] == 0
            await book.cases.close(fall, "false", "Chen")
            await book.cases.answer(meal, "Chen", None, "station")
            assert kept.counts() == {"open": 0, "unanswered": 0, "services": 1, "waiting": 0}
            await book.say(words.FALL_SUSPECTED, 3)
            await book.until(lambda: kept.counts()["open"])
            await book.say(words.FALL_CANCELLED, 4, ref=3)
            await book.until(lambda: not kept.counts()["open"])
            again = OpenCases(book.cases)
            again.refresh()
            assert [case.id for case in again.services()] == [meal]

    asyncio.run(play())
