"""A mistake beside the alarms is told once and keeps nothing back."""

import asyncio

import pytest

from gateway import aside as module
from gateway.aside import aside, keep_up, once
from gateway.errors import SetUpError
from gateway.trace import Trace


def _told():
    told = []
    return told, Trace(lambda step, facts: told.append(facts["text"]))


def _fails():
    raise ValueError("a mistake")


def test_what_fails_gives_nothing_and_is_told_once():
    """And what does not fail gives what it gives."""
    told, trace = _told()

    assert [aside(trace, "page", _fails), aside(trace, "page", _fails), aside(trace, "page", max, 1, 2)] == [
        None,
        None,
        2,
    ]
    assert told == ["page: ValueError: a mistake; alarms go on without it; please report this"]


def test_a_task_that_dies_is_begun_anew(monkeypatch):
    """As often as it dies."""
    monkeypatch.setattr(module, "BEGIN_ANEW_S", 0.001)
    told, trace = _told()
    begun = []

    async def run():
        begun.append(1)
        _fails()

    async def live():
        task = asyncio.create_task(keep_up(trace, "graph", run))
        while len(begun) < 3:
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    asyncio.run(asyncio.wait_for(live(), 10))

    assert len(told) == 1


def test_what_somebody_must_put_right_is_said():
    """A wrong certificate of the page is one sentence for the installer, not a trouble for ever."""
    _, trace = _told()

    async def run():
        raise SetUpError("put it right")

    for waits in (keep_up(trace, "station", run), once(trace, "station", run())):
        with pytest.raises(SetUpError):
            asyncio.run(waits)
