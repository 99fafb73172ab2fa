"""The book of cases: brought up to date after every change, the same after a restart, bounded."""

import asyncio
import json

import pytest

from gateway import case_tables
from gateway import cases as cases_module
from gateway.case_shelf import CaseShelf
from gateway.errors import UNKNOWN_ALARM, CommandRefused
from shared import words
from tests.gateway.helpers import NOON_MS, a_record, booked

NAME = "707070707070-1-1"


def test_an_alarm_is_in_the_book_a_moment_after_it_is_stored(tmp_path):
    """Whoever watches is told of each change, until they stop watching."""

    async def run():
        async with booked(tmp_path) as book:
            told = []
            unwatch = book.cases.watch(told.append)
            record = await book.say(words.FALL_SUSPECTED)
            await book.until(lambda: told == [NAME])
            (case,) = book.cases.open()
            assert (case.id, case.state, case.happened_unix_ms) == (NAME, "suspected", NOON_MS + 99_500)
            book.cases.confirmed(record)
            await book.until(lambda: len(told) == 2)
            assert book.cases.get(NAME).waiting_since_ms is None
            unwatch()
            await book.say(words.FALL_CANCELLED, 2, ref=1)
            await book.until(lambda: not book.cases.open())
            assert len(told) == 2

    asyncio.run(run())


def test_an_answer_that_was_felt_is_on_the_page_a_moment_later(tmp_path):
    """The carer sees that the wearer knows; nothing else happens about the alarm by itself."""

    async def run():
        async with booked(tmp_path) as book:
            await book.say(words.HELP_REQUESTED)
            await book.until(book.cases.open)
            await book.cases.answer(NAME, "anna", None, "station")
            await book.until(lambda: book.cases.get(NAME).answered_by)
            await book.say(words.ANSWER_FELT, 2, ref=1, arg=words.ANSWERED)
            await book.until(lambda: "felt" in [step.name for step in book.cases.get(NAME).steps])

    asyncio.run(run())


def test_an_alarm_that_waits_without_a_case_gets_one_at_the_start(tmp_path):
    """Stored by an earlier version: it is shown and escalated like any other."""

    async def run():
        async with booked(tmp_path) as book:
            await book.say(words.HELP_REQUESTED)
            for table in ("alarm_case", "case_event", "case_step"):
                await book.store.do(lambda db, table=table: db.execute(f"DELETE FROM {table}"))
        async with booked(tmp_path) as book:
            assert [case.id for case in book.cases.open()] == [NAME]

    asyncio.run(run())


def test_a_watcher_that_fails_harms_nobody(tmp_path):
    """A page with a mistake: the next watcher is told all the same, and the book goes on."""

    async def run():
        async with booked(tmp_path) as book:
            told = []
            book.cases.watch(lambda case_id: 1 / 0)
            book.cases.watch(told.append)
            await book.say(words.HELP_REQUESTED)
            await book.until(lambda: told)
            await book.say(words.HELP_REQUESTED, 2)
            await book.until(lambda: len(told) == 2)

    asyncio.run(run())


@pytest.mark.parametrize("is_restart", [False, True])
def test_a_case_that_makes_no_sense_hides_no_other(tmp_path, monkeypatch, is_restart):
    """We fail at one of them, in service or at the start: all others are shown."""
    put = CaseShelf.put

    def puts(shelf, rows):
        return 1 // 0 if rows.case.id.endswith("-2") else put(shelf, rows)

    async def say(book):
        for seq in (1, 2, 3):
            await book.say(words.HELP_REQUESTED, seq)

    async def run():
        if is_restart:
            async with booked(tmp_path) as book:
                await say(book)
        monkeypatch.setattr(CaseShelf, "put", puts)
        async with booked(tmp_path) as book:
            if not is_restart:
                await say(book)
            await book.until(lambda: [case.id[-1] for case in book.cases.open()] == ["1", "3"])
            await book.say(words.HELP_REQUESTED, 4)
            await book.until(lambda: [case.id[-1] for case in book.cases.open()] == ["1", "3", "4"])

    asyncio.run(run())


def test_a_restart_shows_the_same_cases(tmp_path):
    """Open and closed ones, with every step; and in between somebody has answered."""

    async def run():
        async with booked(tmp_path) as book:
            await book.say(words.FALL_SUSPECTED)
            await book.say(words.HELP_REQUESTED, 2, arg=words.MEDICAL)
            await book.until(lambda: len(book.cases.open()) == 2)
            book.stamp_ms += 1_000
            await book.cases.answer(NAME, "anna", 60, "station")
            book.stamp_ms += 1_000
            await book.cases.note(NAME, "helper-there", "anna", "")
            book.stamp_ms += 1_000
            await book.cases.close(NAME, "true", "bo")
            before = book.cases.recent(None, 9)
        async with booked(tmp_path) as book:
            assert book.cases.recent(None, 9) == before
            assert [case.service for case in book.cases.open()] == ["medical"]
            return book.cases.get(NAME)

    case = asyncio.run(run())

    assert (case.answered_by, case.eta_s, case.outcome, case.closed_by) == ("anna", 60, "true", "bo")
    assert [(step.name, step.by) for step in case.steps[3:]] == [
        ("answered", "anna"), ("helper-there", "anna"), ("outcome", "bo"),
    ]  # fmt: skip


def test_a_case_of_before_the_restart_is_dated_and_sorted(tmp_path):
    """The oldest open alarm is first, also if the machine was switched off since."""

    async def run():
        async with booked(tmp_path) as book:
            await book.say(words.HELP_REQUESTED)
        async with booked(tmp_path, switch_on=2, offsets={1: NOON_MS, 2: NOON_MS + 3_600_000}) as book:
            book.stamp_ms = 1_000
            await book.say(words.HELP_REQUESTED, 2)
            await book.until(lambda: len(book.cases.open()) == 2)
            return book.cases.open(), book.cases.recent(b"pppppp", 1)

    found, newest = asyncio.run(run())

    assert [case.heard_stamp_ms for case in found] == [100_000 - 3_600_000, 1_000]
    assert newest == [found[1]]


def test_closed_cases_go_when_they_are_old_or_too_many_and_open_ones_never(tmp_path, monkeypatch):
    """Beyond 31 days, beyond 5,000 (here 3)."""
    monkeypatch.setattr(cases_module, "KEEP", 3)
    monkeypatch.setattr(cases_module, "TIDY_S", 0.02)

    async def run():
        async with booked(tmp_path) as book:
            await book.say(words.HELP_REQUESTED, 1)
            for seq in range(2, 12, 2):
                book.stamp_ms += 1_000
                await book.say(words.FALL_SUSPECTED, seq)
                await book.say(words.FALL_CANCELLED, seq + 1, ref=seq)
            await book.until(lambda: len(book.cases.recent(None, 99)) == 4)
            assert book.cases.get(NAME)
            book.stamp_ms += cases_module.KEEP_MS - 500
            await book.until(lambda: len(book.cases.recent(None, 99)) == 2)
            assert len(await book.store.read(case_tables.every)) == 2  # on disk too
            await book.say(words.HELP_REQUESTED, 20)
            await book.until(lambda: len(book.cases.open()) == 2)
        async with booked(tmp_path) as book:
            return [case.id for case in book.cases.recent(None, 99)]

    assert NAME in asyncio.run(run())


def test_outcomes_are_written_to_a_file_and_survive_a_disk_that_would_not(tmp_path):
    """A line for each outcome, a correction as another line; what could not be written is written after a restart."""
    path = tmp_path / "outcomes.jsonl"

    async def run():
        async with booked(tmp_path) as book:
            await book.say(words.FALL_SUSPECTED)
            await book.say(words.HELP_REQUESTED, 2)
            await book.cases.close(NAME, "false", "anna")
            await book.cases.close(NAME, "false", "bo")
            await book.cases.close(NAME, "true", "bo")
            path.rename(tmp_path / "away")
            path.mkdir()
            await book.cases.close("707070707070-1-2", "test", "bo")
            path.rmdir()
            (tmp_path / "away").rename(path)
        async with booked(tmp_path):
            async with asyncio.timeout(10):
                while len(path.read_text().splitlines()) < 3:
                    await asyncio.sleep(0.01)

    asyncio.run(run())

    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["alarm"][-1], line["outcome"]) for line in lines] == [("1", "false"), ("1", "true"), ("2", "test")]
    assert "anna" not in path.read_text()


def test_what_was_salvaged_is_in_the_book_without_a_restart(tmp_path):
    """A damaged file is set aside at the start; what it knew comes back while the gateway runs."""

    async def run():
        async with booked(tmp_path) as book:
            await book.store.do(lambda db: case_tables.note(db, a_record()._replace(stored_ms=5)))
            assert book.cases.open() == []
            told = []
            book.cases.watch(told.append)
            book.cases.salvaged()
            await book.until(lambda: told == [NAME])
            assert [case.id for case in book.cases.open()] == [NAME]

    asyncio.run(run())


def test_what_is_not_in_the_book_is_refused(tmp_path):
    """With a reason, and nothing is raised but that."""

    async def run():
        async with booked(tmp_path) as book:
            for attempt in (
                book.cases.answer(NAME, "anna", None, "station"),
                book.cases.note(NAME, "helper-there", "anna", ""),
                book.cases.close(NAME, "true", "anna"),
            ):
                with pytest.raises(CommandRefused) as met:
                    await attempt
                assert met.value.reason == UNKNOWN_ALARM
            assert book.cases.get(NAME) is None
            assert book.cases.recent(None, 5) == []

    asyncio.run(run())
