"""The stream of events: everything once and in order, or the word that the page must look again; never more memory."""

import asyncio

from gateway.station import stream


async def heard(client, count):
    """The next events of a client, as (id, kind, data)."""
    found = []
    while len(found) < count:
        for block in (await asyncio.wait_for(anext(client), 5)).decode().split("\n\n"):
            fields = dict(
                line.split(": ", 1) if ": " in line else (line.rstrip(":"), "") for line in block.splitlines()
            )
            if fields.get("event") not in {None, "beat"}:
                found.append((fields["id"], fields["event"], fields.get("data", "")))
    return found


def played(scene):
    """Run an async scene."""
    return asyncio.run(scene())


def test_a_page_gets_what_happens_behind_it():
    """From the id that the page was made with on: no gap, nothing twice, each in its language."""

    async def scene():
        board = stream.Stream()
        board.tell("case", {"en": "old", "zh": "旧"})
        client = board.listen(board.last_id, "zh")
        for number in range(3):
            board.tell("case", {"en": f"new {number}", "zh": f"新 {number}"})
        assert [data for _, _, data in await heard(client, 3)] == ["新 0", "新 1", "新 2"]
        board.tell("case", {"en": "more", "zh": "更多"})
        assert await heard(client, 1) == [(board.last_id, "case", "更多")]

    played(scene)


def test_who_comes_back_gets_what_was_missed():
    """Last-Event-ID of this start: the rest; of another start, too old or nonsense: look again."""

    async def scene():
        board = stream.Stream()
        for number in range(5):
            board.tell("case", {"en": str(number)})
        assert [data for _, _, data in await heard(board.listen(f"{board.run}-3", "en"), 2)] == ["3", "4"]
        for strange in ("", "x", f"{board.run}-", f"{board.run}-9", f"{board.run}-{10**30}", "deadbeef-3"):
            assert [kind for _, kind, _ in await heard(board.listen(strange, "en"), 1)] == [stream.REFRESH]

    played(scene)


def test_a_slow_page_costs_no_memory():
    """What is not taken is thrown away, and the page is told to look again."""

    async def scene():
        board = stream.Stream()
        client = board.listen(board.last_id, "en")
        await anext(client)  # it is there
        for number in range(5 * stream.MOST_WAITING):
            board.tell("case", {"en": str(number) * 1000})
        (only,) = board._clients
        assert len(only.waiting) <= stream.MOST_WAITING
        assert board._kept_characters <= stream.MOST_KEPT_CHARACTERS
        assert await heard(client, 1) == [(board.last_id, stream.REFRESH, "")]

    played(scene)


def test_silence_has_a_heartbeat_and_an_end():
    """An idle line says so every few seconds; closing the stream ends it; who left is forgotten."""

    async def scene():
        board = stream.Stream(heartbeat_s=0.02)
        client = board.listen(board.last_id, "en")
        told = [await anext(client) for _ in range(4)]
        assert told[-1] == b"event: beat\ndata: \n\n"
        board.close()
        assert [piece async for piece in client if b"beat" not in piece] == []
        assert len(board) == 0

    played(scene)
