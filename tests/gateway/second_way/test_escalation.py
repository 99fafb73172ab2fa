"""The cases are watched, the second ways are set in motion and stopped again, and all of it stands on the timeline."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

from gateway import aside
from gateway.case import SIREN_OFF
from gateway.second_way import escalation as escalation_module
from gateway.second_way.escalation import Escalation
from gateway.trace import Trace, silent_sink
from shared import words
from tests.gateway.helpers import booked
from tests.gateway.running import broker_config
from tests.gateway.second_way.test_due import ALL

NAME = "707070707070-1-1"


class Part:
    """Stands for the second broker, the messenger and the siren."""

    def __init__(self):
        self.is_wanted = False
        self.is_on = False
        self.alarms = self.ended = tuple
        self.told = set()

    async def run(self):
        """Nothing to do."""
        await asyncio.Event().wait()

    def is_told(self, case):
        """Whether the test says so."""
        return case.id in self.told

    def switch(self, *, is_on):
        """The siren's."""
        self.is_on = is_on


@asynccontextmanager
async def watching(book, monkeypatch, config=ALL):
    """An escalation over that book, the start's grace over; (escalation, its part)."""
    monkeypatch.setattr(escalation_module, "TICK_S", 0.01)
    part = Part()
    made = Escalation(
        config, book.cases, lambda: book.stamp_ms, Trace(silent_sink), second=part, messenger=part, siren=part
    )
    task = asyncio.create_task(made.run())
    await asyncio.sleep(0.05)
    book.stamp_ms += escalation_module.START_MS
    try:
        yield made, part
    finally:
        task.cancel()
        await asyncio.wait([task])


async def pass_time(book, seconds):
    """So many seconds, and a look."""
    book.stamp_ms += 1_000 * seconds
    await asyncio.sleep(0.1)


def siren_steps(book):
    """(name, by, detail) of the siren's steps."""
    steps = book.cases.get(NAME).steps
    return [(step.name, step.by, step.detail) for step in steps if step.name.startswith("siren")]


def test_an_alarm_that_no_broker_takes_sets_everything_in_motion_and_an_answer_ends_it(tmp_path, monkeypatch):
    """Not before its time; and the timeline says who ended it."""

    async def live():
        async with booked(tmp_path) as book, watching(book, monkeypatch) as (_, part):
            await book.say(words.FALL_SUSPECTED)
            await book.until(book.cases.open)
            await pass_time(book, 9)
            assert not (part.is_wanted or part.is_on or part.alarms())
            await pass_time(book, 1)
            await book.until(lambda: part.is_wanted and part.is_on)
            await book.until(lambda: [case.id for case in part.alarms()] == [NAME])
            book.stamp_ms += 1_000
            await book.cases.answer(NAME, "anna", 60, "station")
            await book.until(lambda: not (part.is_wanted or part.is_on or part.alarms()))
            return siren_steps(book)

    assert asyncio.run(live()) == [("siren-on", "", "not confirmed"), ("siren-off", "anna", "")]


def test_a_broker_in_time_keeps_everybody_asleep_until_nobody_answers(tmp_path, monkeypatch):
    """Then the siren alone, until its time is over."""

    async def live():
        async with booked(tmp_path) as book, watching(book, monkeypatch) as (_, part):
            book.cases.confirmed(await book.say(words.FALL_SUSPECTED))
            await book.until(lambda: book.cases.open() and book.cases.open()[0].waiting_since_ms is None)
            await pass_time(book, 29)
            assert not part.is_on
            await pass_time(book, 1)
            await book.until(lambda: part.is_on)
            assert not (part.is_wanted or part.alarms())
            await pass_time(book, 30 * 60)
            await book.until(lambda: not part.is_on)
            return siren_steps(book)

    assert asyncio.run(live()) == [("siren-on", "", "not answered"), ("siren-off", "", "nobody came")]


def test_a_siren_goes_on_when_the_broker_comes_back_until_somebody_answers(tmp_path, monkeypatch):
    """It has sounded for want of a broker; now it sounds for want of a person."""

    async def live():
        async with booked(tmp_path) as book, watching(book, monkeypatch) as (_, part):
            alarm = await book.say(words.FALL_SUSPECTED)
            await book.until(book.cases.open)
            await pass_time(book, 10)
            await book.until(lambda: part.is_on and book.cases.open()[0].is_sounding)
            book.cases.confirmed(alarm)
            await book.until(lambda: book.cases.open()[0].waiting_since_ms is None)
            for seconds in (5, 20):
                await pass_time(book, seconds)
                assert part.is_on
            await book.cases.answer(NAME, "anna", None, "station")
            await book.until(lambda: not part.is_on)
            await book.until(lambda: len(siren_steps(book)) == 2)
            return siren_steps(book)

    assert asyncio.run(live()) == [("siren-on", "", "not confirmed"), ("siren-off", "anna", "")]


def test_a_siren_of_an_earlier_run_ends_on_the_timeline(tmp_path, monkeypatch):
    """The power was away until its time was over: nobody reads that it sounds for ever."""

    async def live():
        async with booked(tmp_path) as book:
            async with watching(book, monkeypatch) as (_, part):
                await book.say(words.FALL_SUSPECTED)
                await book.until(book.cases.open)
                await pass_time(book, 10)
                await book.until(lambda: book.cases.open()[0].is_sounding)
            book.stamp_ms += 31 * 60_000
            async with watching(book, monkeypatch) as (_, part):
                await book.until(lambda: not book.cases.open()[0].is_sounding)
                assert not part.is_on
            return siren_steps(book)

    assert asyncio.run(live()) == [("siren-on", "", "not confirmed"), ("siren-off", "", "nobody came")]


def test_a_siren_that_was_silenced_stays_silent_also_after_a_restart(tmp_path, monkeypatch):
    """The alarm stays open; another alarm sounds again."""

    async def live():
        async with booked(tmp_path) as book:
            async with watching(book, monkeypatch) as (_, part):
                await book.say(words.FALL_SUSPECTED)
                await book.until(book.cases.open)
                await pass_time(book, 10)
                await book.until(lambda: part.is_on)
                book.stamp_ms += 1
                await book.cases.note(NAME, SIREN_OFF, "anna", "")
                await book.until(lambda: not part.is_on)
                await pass_time(book, 60)
                assert not part.is_on
            async with watching(book, monkeypatch) as (_, part):
                await book.until(part.alarms)  # nobody has answered: messages go on
                assert not part.is_on
                await book.say(words.HELP_REQUESTED, 2)
                await book.until(lambda: len(book.cases.open()) == 2)
                await pass_time(book, 10)
                await book.until(lambda: part.is_on)
            return siren_steps(book)

    assert asyncio.run(live()) == [("siren-on", "", "not confirmed"), ("siren-off", "anna", "")]


def test_a_second_way_that_fails_takes_nothing_with_it(tmp_path, monkeypatch):
    """It is begun anew; the others go on meanwhile."""
    monkeypatch.setattr(aside, "BEGIN_ANEW_S", 0.01)
    starts = []

    async def break_down(_part):
        starts.append(1)
        raise ZeroDivisionError

    monkeypatch.setattr(Part, "run", break_down)

    async def live():
        async with booked(tmp_path) as book, watching(book, monkeypatch) as (_, part):
            await book.until(lambda: len(starts) > 6)  # three of them
            await book.say(words.FALL_SUSPECTED)
            await book.until(book.cases.open)
            await pass_time(book, 10)
            await book.until(lambda: part.is_wanted)

    asyncio.run(live())


def test_one_case_that_makes_no_sense_silences_no_other(tmp_path, monkeypatch):
    """It is passed by; the alarm beside it still sets the second broker, the messages and the siren in motion."""
    judge = escalation_module.due

    def due(case, *rest):
        return judge(case, *rest) if case.id.endswith("-2") else 1 // 0

    monkeypatch.setattr(escalation_module, "due", due)

    async def live():
        async with booked(tmp_path) as book, watching(book, monkeypatch) as (_, part):
            for seq in (1, 2, 3):
                await book.say(words.FALL_SUSPECTED, seq)
            await book.until(lambda: len(book.cases.open()) == 3)
            await pass_time(book, 13)
            await book.until(lambda: part.is_wanted and part.is_on)
            assert [case.id[-1] for case in part.alarms()] == ["2"]

    asyncio.run(live())


def test_after_a_start_the_broker_has_a_moment(tmp_path, monkeypatch):
    """What waited over the restart counts from when it was heard; three seconds are the broker's."""

    async def live():
        async with booked(tmp_path) as book:
            await book.say(words.FALL_SUSPECTED)
            await book.until(book.cases.open)
            book.stamp_ms += 60_000
            monkeypatch.setattr(escalation_module, "START_MS", 10**9)
            async with watching(book, monkeypatch, replace(ALL, siren=None)) as (_, part):
                monkeypatch.setattr(escalation_module, "START_MS", 3_000)
                book.stamp_ms -= 10**9
                await asyncio.sleep(0.1)
                assert not part.alarms()
                await pass_time(book, 3)
                await book.until(part.alarms)

    asyncio.run(live())


def test_whoever_was_told_hears_that_the_wearer_is_well(tmp_path, monkeypatch):
    """Only what was told by message, and only if the wearer has ended it."""

    async def live():
        async with booked(tmp_path) as book, watching(book, monkeypatch) as (_, part):
            await book.say(words.FALL_SUSPECTED)
            await book.say(words.FALL_SUSPECTED, 3)
            part.told = {NAME}
            await book.say(words.FALL_CANCELLED, 2, ref=1)
            await book.say(words.FALL_CANCELLED, 4, ref=3)
            await book.until(part.ended)
            return [case.id for case in part.ended()]

    assert asyncio.run(live()) == [NAME]


def test_hundreds_of_alarms_leave_time_for_everything_else(tmp_path):
    """While they all wait for a broker a look at them gives way again and again."""

    async def live():
        async with booked(tmp_path) as book:
            await asyncio.gather(*(book.say(words.HELP_REQUESTED, seq) for seq in range(1, 401)))
            await book.until(lambda: len(book.cases.open()) == 400)
            book.stamp_ms += 60_000
            config = replace(ALL, broker=broker_config(1), modem=None, siren=None)
            part = Part()
            made = Escalation(
                config, book.cases, lambda: book.stamp_ms, Trace(silent_sink), second=part, messenger=None, siren=None
            )
            made._watched = {case.id for case in book.cases.open()}
            turns = 0

            async def count():
                nonlocal turns
                while True:
                    await asyncio.sleep(0)
                    turns += 1

            counting = asyncio.create_task(count())
            await made._look()
            counting.cancel()
            return part.is_wanted, turns

    is_wanted, turns = asyncio.run(live())

    assert is_wanted
    assert turns >= 400 // 20 - 1
