"""What changes slowly is seen in time and told once."""

import asyncio
import sqlite3
from types import SimpleNamespace

from gateway import gaps, upkeep
from gateway.errors import SetUpError
from gateway.gaps import GAP
from gateway.trace import Trace
from gateway.upkeep import CERTIFICATE_EXPIRES, Upkeep
from shared import words
from tests.gateway.helpers import booked


class FakeRegistry:
    """A list that says what the test wants."""

    def __init__(self):
        self.outcome = False

    def refresh(self):
        """Changed, not changed, or unreadable."""
        if isinstance(self.outcome, SetUpError):
            raise self.outcome
        was, self.outcome = self.outcome, False
        return was

    def __len__(self):
        return 1

    def __iter__(self):
        return iter([SimpleNamespace(id=b"pppppp")])


async def nothing():
    """A look at a store that is well."""


def made(book, **rest):
    """The slow loops beside that book; rest: what the test looks at."""
    values = {
        "config": SimpleNamespace(gateway="gw", answers_keep_h=72), "clock": book.clock, "store": book.store,
        "switch_on": 1, "registry": FakeRegistry(), "answers": book.answers, "own": book.own,
        "status": SimpleNamespace(look=nothing, certificates=dict, in_words=str), "status_now": lambda is_online: b"",
        "uplink": SimpleNamespace(put_state=lambda topic, render: None),
        "topics": SimpleNamespace(metrics="m", status="s"),
        "metrics": dict, "list_changed": lambda: None, "trace": Trace(lambda step, facts: None),
    }  # fmt: skip
    return Upkeep(**{**values, **rest})


def test_each_change_is_told_once(tmp_path, monkeypatch):
    """A certificate that expires, a list that cannot be read and then can, metrics that have changed, a hole."""
    for name in ("REGISTRY_S", "METRICS_S", "HEALTH_S", "GAPS_S"):
        monkeypatch.setattr(upkeep, name, 0.01)
    told, states, changed = [], [], []
    counts, registry = {"heard": 1}, FakeRegistry()

    status = SimpleNamespace(look=nothing, certificates=lambda: {"ca_file": 10, "cert_file": 300}, in_words=str)

    async def live():
        async with booked(tmp_path) as book:
            kept = made(
                book, registry=registry, status=status, metrics=lambda: dict(counts),
                uplink=SimpleNamespace(put_state=lambda topic, render: states.append((topic, render()))),
                list_changed=lambda: changed.append(1), trace=Trace(lambda step, facts: told.append(step)),
            )  # fmt: skip
            task = asyncio.create_task(kept.run())
            try:
                await book.until(lambda: ("m", b'{"heard":1}') in states)
                registry.outcome = SetUpError("line 3.")
                await book.until(lambda: "trouble" in told)
                registry.outcome = True
                await book.until(lambda: changed)
                counts["heard"] = 2
                await book.until(lambda: ("m", b'{"heard":2}') in states)
                await book.say(words.HELP_REQUESTED, 1)
                await book.say(words.HELP_REQUESTED, 4)
                async with asyncio.timeout(20):
                    while "events-missing" not in told:  # ten minutes after it was first looked at
                        book.stamp_ms += 60_000
                        await asyncio.sleep(0.02)
                await asyncio.sleep(0.1)
                return await book.told()
            finally:
                task.cancel()
                (ended,) = await asyncio.gather(task, return_exceptions=True)
                assert isinstance(ended, asyncio.CancelledError), repr(ended)

    events = asyncio.run(live())

    assert (CERTIFICATE_EXPIRES, {"file": "ca_file", "days": 10}) in events
    assert [kind for kind, _ in events].count(CERTIFICATE_EXPIRES) == 1
    assert [data["missing"] for kind, data in events if kind == GAP] == [[2, 3]]
    assert (told.count("trouble"), told.count("well"), told.count("pendants")) == (1, 1, 1)
    assert [payload for topic, payload in states if topic == "m"] == [b'{"heard":1}', b'{"heard":2}']


def test_a_hole_that_finds_no_room_to_be_told_is_told_later(tmp_path):
    """A store that is full but for alarms: a lost alarm must not stay unknown because nobody could be told at once."""

    async def live():
        async with booked(tmp_path) as book:
            kept, watch = made(book), gaps.Watch()
            for seq in (1, 4):
                await book.say(words.HELP_REQUESTED, seq)
            await kept._tell_gaps(watch)
            book.stamp_ms += gaps.REPORT_AFTER_MS
            has_room = book.store.room.make
            book.store.room.make = lambda db: [True, False, False]
            await kept._tell_gaps(watch)
            refused = await book.told()
            book.store.room.make = has_room
            for _ in range(3):
                await kept._tell_gaps(watch)
            return refused, await book.told()

    refused, told = asyncio.run(live())

    assert refused == []
    assert told == [(GAP, {"boot": 1, "count": 2, "missing": [2, 3]})]


def test_a_store_that_refuses_ends_nothing(tmp_path, monkeypatch):
    """A disk that fails for an hour: each loop says so once and goes on, and the gateway still serves the air."""
    for name in ("HEALTH_S", "GAPS_S"):
        monkeypatch.setattr(upkeep, name, 0.01)
    told, looks = [], []

    async def refuse(*_):
        looks.append(1)
        raise sqlite3.OperationalError("disk I/O error")

    async def live():
        async with booked(tmp_path) as book:
            status = SimpleNamespace(look=refuse, certificates=dict, in_words=str)
            store = SimpleNamespace(do=refuse, read=refuse)
            kept = made(book, store=store, status=status, trace=Trace(lambda step, facts: told.append((step, facts))))
            task = asyncio.create_task(kept.run())
            await book.until(lambda: len(looks) > 12 or task.done())
            status.look = store.do = store.read = as_well
            await book.until(lambda: [step for step, _ in told].count("well") == 2 or task.done())
            assert not task.done(), repr(task)
            task.cancel()
            await asyncio.wait([task])

    async def as_well(*_):
        return []

    asyncio.run(live())

    troubles = [facts["about"] for step, facts in told if step == "trouble"]
    assert sorted(troubles) == ["upkeep-gaps", "upkeep-health"]
