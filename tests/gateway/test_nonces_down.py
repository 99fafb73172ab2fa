"""No nonce of a gateway comes twice either: over restarts, a lost store, and at the end of its counters."""

import asyncio

import pytest

from gateway import downlink, tables
from gateway.downlink import Downlink
from gateway.tables import Identity
from shared import frames, words
from tests.gateway.helpers import opened

PENDANT, KEY = b"pppppp", bytes(16)


def header(down):
    """Of one more frame."""
    return frames.read_header(down.seal(words.ACK, PENDANT, KEY, bytes(12)))


def test_every_start_has_a_boot_of_its_own(tmp_path):
    """Committed before the first frame could be sealed with it."""

    async def start():
        async with opened(tmp_path / "s.db") as store:
            return await store.read(lambda db: db.execute("SELECT id, boot FROM self").fetchone())

    runs = [asyncio.run(start()) for _ in range(5)]

    assert [boot for _, boot in runs] == [1, 2, 3, 4, 5]
    assert len({identity for identity, _ in runs}) == 1


def test_a_new_store_is_another_gateway(tmp_path):
    """Its key to each pendant is another one: the numbers may begin anew."""

    async def start(name):
        async with opened(tmp_path / name) as store:
            return await store.read(lambda db: db.execute("SELECT id FROM self").fetchone())

    one, other = (asyncio.run(start(name))[0] for name in ("a.db", "b.db"))

    assert one != other
    assert frames.downlink_key(KEY, one) != frames.downlink_key(KEY, other)


def test_boots_that_end_make_another_gateway(tmp_path):
    """After 16.7 million starts: a new id, and with it new keys."""

    async def run():
        async with opened(tmp_path / "s.db") as store:
            await store.do(lambda db: db.execute("UPDATE self SET boot = ?", (int(frames.COUNTER_MOST),)))
            before = await store.read(lambda db: db.execute("SELECT id FROM self").fetchone()[0])
            renewed = await store.do(lambda db: tables.begin_run(db, "os-2"))
            return before, renewed

    before, renewed = asyncio.run(run())

    assert renewed.gateway != before
    assert renewed.boot == 1


def test_in_the_middle_of_the_counter_a_new_boot_is_asked_for_until_it_comes(monkeypatch):
    """A store that cannot commit one is asked again; frames go on meanwhile, each with a number of its own."""
    monkeypatch.setattr(downlink, "_RENEW_AT", 10)
    monkeypatch.setattr(downlink, "_RENEW_EVERY", 5)
    asked = []
    down = Downlink(Identity(b"gggggg", 1, 1, True), lambda: asked.append(1))
    before = [header(down) for _ in range(25)]
    down.renewed(Identity(b"gggggg", 2, 1, True))
    after = [header(down) for _ in range(5)]
    found = [(one.boot, one.counter) for one in before + after]

    assert len(asked) == 4
    assert len(set(found)) == 30
    assert found[25] == (2, 1)


def test_at_the_end_of_the_counter_nothing_is_sealed_any_more(monkeypatch):
    """No frame is better than a nonce twice: pendants repeat, and the gateway's log says why."""
    down = Downlink(Identity(b"gggggg", 1, 1, True), lambda: None)
    down._counter = int(frames.COUNTER_MOST)

    with pytest.raises(ValueError, match="run out"):
        down.seal(words.ACK, PENDANT, KEY, bytes(12))
