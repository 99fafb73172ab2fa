"""When a pendant was last heard outlives what it said."""

import asyncio
import contextlib
import sqlite3

from gateway import beside, sightings
from gateway.record import ALARM
from tests.gateway.helpers import P, a_beat, a_record, add, opened


def seen(path):
    """The sightings in that store."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        return sightings.sightings(db)


def test_a_sighting_outlives_its_event(tmp_path):
    """An alarm that was delivered and forgotten, a repeat, a beat: the last one counts."""

    async def trip():
        async with opened(tmp_path / "store.db") as store:
            await add(store, a_record(1))
            store.forget(ALARM, 1, 1, lambda: None)
            await add(store, a_record(1)._replace(heard_ms=70))
            assert seen(tmp_path / "store.db") == {P: (1, 70)}
            await add(store, a_beat(1)._replace(heard_ms=90))
            with beside.opened(tmp_path / "store.db") as db:
                assert sightings.sightings(db) == {P: (1, 90)}

    asyncio.run(trip())
    assert seen(tmp_path / "store.db") == {P: (1, 90)}
