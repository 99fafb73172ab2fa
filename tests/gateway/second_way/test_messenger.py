"""Every number learns of every alarm once, tried again until it works, within the hour's allowance."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

from gateway.second_way import messenger as messenger_module
from gateway.second_way.allowance import HOUR_MS
from gateway.second_way.at_line import ModemFault
from gateway.second_way.messenger import Messenger
from gateway.second_way.sms_text import Wording
from gateway.trace import Trace, silent_sink
from shared import words
from tests.gateway.helpers import booked
from tests.gateway.second_way.test_due import MODEM

NUMBERS = ("+8613800138000", "+8613900139000")


class FakeModem:
    """Sends into a list; fails as often as it is told to."""

    def __init__(self):
        self.sent = []
        self.faults = []
        self.probes = 0

    def send(self, number, text, reference):
        """Send, or fail."""
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append((number, text))
        return 1

    def probe(self):
        """Be there, or not."""
        self.probes += 1
        if self.faults:
            raise self.faults.pop(0)

    def stop(self):
        """Nothing waits."""

    close = stop


@asynccontextmanager
async def sending(book, modem, monkeypatch, **changes):
    """A messenger that tells of all open cases."""
    monkeypatch.setattr(messenger_module, "TICK_S", 0.01)
    config = replace(MODEM, numbers=NUMBERS, **changes)
    wording = Wording("en", "home/gw", lambda pendant: None, tells_room=False, tells_name=False)
    made = Messenger(config, modem, wording, book.cases, lambda: book.stamp_ms, Trace(silent_sink))
    made.alarms = book.cases.open
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.wait([task])


def steps(book, seq=1):
    """(name, detail) of what the messenger has noted."""
    case = book.cases.get(f"707070707070-1-{seq}")
    return sorted((step.name, step.detail) for step in case.steps if step.name.startswith("sms")) if case else []


def test_alarms_that_wait_together_share_one_text(tmp_path, monkeypatch):
    """One to each number, noted on each case; a later alarm is told by itself; a restart tells nothing again."""
    modem = FakeModem()

    async def live():
        async with booked(tmp_path) as book:
            for seq in (1, 2):
                await book.say(words.HELP_REQUESTED, seq)
            await book.until(lambda: len(book.cases.open()) == 2)
            async with sending(book, modem, monkeypatch):
                await book.until(lambda: len(steps(book, 2)) == 2)
                await book.say(words.FALL_SUSPECTED, 3)
                await book.until(lambda: len(steps(book, 3)) == 2)
            async with sending(book, modem, monkeypatch):
                await asyncio.sleep(0.2)
            return steps(book, 1)

    noted = asyncio.run(live())

    assert noted == [("sms-sent", "…8000"), ("sms-sent", "…9000")]
    assert [number for number, _ in modem.sent] == [*NUMBERS, *NUMBERS]
    assert modem.sent[0][1].count("call for rescue") == 2
    assert "suspected fall" in modem.sent[2][1]


def test_a_failure_is_tried_again_later_and_stands_on_the_timeline_once(tmp_path, monkeypatch):
    """The other number does not wait for it; each reason is noted once; meanwhile the way is said to be broken."""
    modem = FakeModem()
    modem.faults = [ModemFault("no network"), ModemFault("no network"), ModemFault("no network")]

    async def live():
        async with booked(tmp_path) as book:
            await book.say(words.HELP_REQUESTED)
            await book.until(book.cases.open)
            async with sending(book, modem, monkeypatch) as messenger:
                await book.until(lambda: len(modem.faults) == 1)  # one for each number
                await asyncio.sleep(0.1)
                assert len(modem.faults) == 1  # and none before its time
                assert messenger.is_well is False
                book.stamp_ms += 5_000
                await book.until(lambda: modem.sent)
                assert not modem.faults
                book.stamp_ms += 15_000
                await book.until(lambda: len(steps(book)) == 4)
                assert messenger.is_well is True
            return steps(book)

    assert asyncio.run(live()) == [
        ("sms-failed", "…8000: no network"), ("sms-failed", "…9000: no network"),
        ("sms-sent", "…8000"), ("sms-sent", "…9000"),
    ]  # fmt: skip


def test_a_new_alarm_does_not_wait_out_the_pause_of_another(tmp_path, monkeypatch):
    """It is tried at once, and takes the one that waits along."""
    modem = FakeModem()
    modem.faults = [ModemFault("overloaded")] * 2

    async def live():
        async with booked(tmp_path) as book:
            await book.say(words.HELP_REQUESTED)
            await book.until(book.cases.open)
            async with sending(book, modem, monkeypatch):
                await book.until(lambda: not modem.faults)
                await asyncio.sleep(0.1)
                assert modem.sent == []
                await book.say(words.FALL_SUSPECTED, 2)
                await book.until(lambda: len(modem.sent) == 2)

    asyncio.run(live())

    assert all("call for rescue" in text and "suspected fall" in text for _, text in modem.sent)


def test_what_only_a_person_can_mend_is_not_tried_every_few_seconds(tmp_path, monkeypatch):
    """A wrong PIN, an unpaid SIM."""
    modem = FakeModem()
    modem.faults = [ModemFault("wrong PIN", is_final=True)] * 2

    async def live():
        async with booked(tmp_path) as book:
            await book.say(words.HELP_REQUESTED)
            await book.until(book.cases.open)
            async with sending(book, modem, monkeypatch):
                await book.until(lambda: not modem.faults)
                book.stamp_ms += 299_000
                await asyncio.sleep(0.1)
                assert modem.sent == []
                book.stamp_ms += 1_000
                await book.until(lambda: len(modem.sent) == 2)

    asyncio.run(live())


def test_an_outage_with_forty_alarms_stays_within_the_limit(tmp_path, monkeypatch):
    """Forty alarms one by one, a limit of six: six messages; the rest stands on the timeline and goes later."""
    modem = FakeModem()

    async def live():
        async with booked(tmp_path) as book:
            async with sending(book, modem, monkeypatch, most_per_hour=6):
                for seq in range(1, 41):
                    await book.say(words.HELP_REQUESTED, seq)
                    while len(steps(book, seq)) < 2:
                        book.stamp_ms += 500
                        await asyncio.sleep(0.02)
                assert len(modem.sent) == 6
                assert steps(book, 40) == [
                    ("sms-failed", f"…{number[-4:]}: the limit of 6 an hour is reached") for number in NUMBERS
                ]
            async with sending(book, modem, monkeypatch, most_per_hour=6):
                await asyncio.sleep(0.1)  # a restart gives nothing back
                assert len(modem.sent) == 6
                book.stamp_ms += HOUR_MS
                await book.until(lambda: len(modem.sent) == 8)
                await asyncio.sleep(0.1)

    asyncio.run(live())

    assert len(modem.sent) == 8
    assert all("; and 31 more" in text for _, text in modem.sent[6:])


def test_who_was_woken_is_told_that_it_is_over(tmp_path, monkeypatch):
    """Once, and only who was told of it."""
    modem = FakeModem()

    async def live():
        async with booked(tmp_path) as book:
            await book.say(words.FALL_SUSPECTED)
            async with sending(book, modem, monkeypatch) as made:
                await book.until(lambda: len(steps(book)) == 2)
                await book.say(words.FALL_CANCELLED, 2, ref=1)
                await book.say(words.FALL_CANCELLED, 4, ref=3)
                await book.until(lambda: not book.cases.open() and book.cases.get("707070707070-1-3"))
                made.ended = lambda: book.cases.recent(None, 9)
                await book.until(lambda: len(steps(book)) == 4)
                await asyncio.sleep(0.1)

    asyncio.run(live())

    assert len(modem.sent) == 4
    assert all(text.count("cancelled") == 1 for _, text in modem.sent[2:])


def test_the_modem_is_tried_while_nothing_waits(tmp_path, monkeypatch):
    """At the start and every hour: an unpaid SIM is found before it is needed."""
    modem = FakeModem()

    async def live():
        async with booked(tmp_path) as book, sending(book, modem, monkeypatch) as made:
            await book.until(lambda: modem.probes == 1)
            await asyncio.sleep(0.1)
            assert modem.probes == 1
            modem.faults = [ModemFault("no network")]
            book.stamp_ms += HOUR_MS
            await book.until(lambda: not made.is_well)
            book.stamp_ms += HOUR_MS
            await book.until(lambda: made.is_well)
            assert modem.probes == 3

    asyncio.run(live())
