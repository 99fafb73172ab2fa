"""What changes slowly is seen in time and told once."""

import asyncio
from types import SimpleNamespace

from gateway import upkeep
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


def test_each_change_is_told_once(tmp_path, monkeypatch):
    """A certificate that expires, a list that cannot be read and then can, metrics that have changed, a hole."""
    for name in ("REGISTRY_S", "METRICS_S", "HEALTH_S", "GAPS_S"):
        monkeypatch.setattr(upkeep, name, 0.01)
    told, states, changed = [], [], []
    counts, registry = {"heard": 1}, FakeRegistry()

    async def nothing():
        pass

    status = SimpleNamespace(look=nothing, certificates=lambda: {"ca_file": 10, "cert_file": 300}, in_words=str)

    async def live():
        async with booked(tmp_path) as book:
            kept = Upkeep(
                config=SimpleNamespace(gateway="gw", answers_keep_h=72), clock=book.clock, store=book.store,
                switch_on=1, registry=registry, answers=book.answers, own=book.own, status=status,
                status_now=lambda is_online: b"",
                uplink=SimpleNamespace(put_state=lambda topic, render: states.append((topic, render()))),
                topics=SimpleNamespace(metrics="m", status="s"), metrics=lambda: dict(counts),
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
