"""What stands in the head of every page: whether this gateway hears anybody at all, said as soon as it changes."""

import asyncio
import json
import re
from contextlib import suppress
from zoneinfo import ZoneInfo

import pytest

from gateway.station import board
from gateway.station.pages import Pages
from gateway.station.times import Times
from gateway.station.wearer_views import WearerView
from tests.gateway.station.house import NobodyHeard, add_users, run, sign_in, sources

WELL = {"bridge": "here", "radio": "well"}


class Presence(NobodyHeard):
    """Of a gateway whose ears the test stops up."""

    def __init__(self, **how):
        self.how = {**WELL, **how}

    def summary(self):
        """As the real one's."""
        return self.how


@pytest.mark.parametrize(
    ("how", "is_deaf"), [({}, False), ({"bridge": "missing"}, True), ({"radio": "silent"}, True)],
    ids=["well", "no bridge", "a deaf radio"],
)  # fmt: skip
def test_a_gateway_that_hears_nobody_says_so(tmp_path, how, is_deaf):
    """Calm and green would be a lie: the bar is there with the page, whichever of the two is away."""
    add_users(tmp_path)

    async def scene(station, client):
        await sign_in(client)
        async with client.get("/") as answer:
            return re.search(r'<p[^>]* id="deaf"[^>]*>', await answer.text())[0]

    bar = run(scene, tmp_path, lent=sources(tmp_path, presence=Presence(**how)))

    assert bar.endswith("hidden>") != is_deaf


def test_it_is_said_when_it_changes(tmp_path):
    """An open page hears of it by itself, and hears when it is over."""
    presence = Presence()

    async def scene(station, _client):
        told = []

        async def listen():
            async for some in station.stream.listen("", "en"):
                told.extend(json.loads(said) for said in re.findall(r"event: count\ndata: (.*)", some.decode()))

        tasks = [asyncio.create_task(listen()), asyncio.create_task(station.board.run())]
        for how, is_deaf in (("silent", 1), ("well", 0)):
            presence.how = {**WELL, "radio": how}
            while not told or told[-1]["deaf"] != is_deaf:
                await asyncio.sleep(0.02)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    run(scene, tmp_path, lent=sources(tmp_path, presence=presence))


def test_who_is_revoked_leaves_the_open_pages(tmp_path, monkeypatch):
    """Else the row would stand there as worn for as long as the page is open."""
    monkeypatch.setattr(board, "WEARERS_AFTER_S", 0.01)

    async def scene(station, _client):
        told = []

        async def listen():
            async for some in station.stream.listen(station.stream.last_id, "en"):
                told.extend(re.findall(r"event: (.*)", some.decode()))

        tasks = [asyncio.create_task(listen()), asyncio.create_task(station.board.run())]
        station.board.wearer_changed(bytes(6))
        while "refresh" not in told:
            await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    run(scene, tmp_path)


@pytest.mark.parametrize(("state", "said"), [("worn", "time not known"), ("never", "never")])
def test_who_is_heard_by_a_gateway_without_the_time_was_not_never_heard(state, said):
    """Nobody knows the date of the last word: that is said, and only of who never spoke "never"."""
    row = WearerView("a0b1c2d3e4f5", "Wang", "", state, 80, None, None, has_alarm=False)
    text = Pages(Times(ZoneInfo("Asia/Shanghai"))).text("wearer_row.html", "en", w=row)

    assert re.search(r'<td class="seen"><span class="dim">(.*?)</span>', text)[1] == said
