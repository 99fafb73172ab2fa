"""The reserve is filled on a copy: the store itself is not touched, and alarms find room when nothing else does."""

import asyncio

from gateway.drill import reserve
from gateway.drill.reserve import Filled, fill_a_copy
from gateway.record import ALARM
from tests.gateway.helpers import a_record, add, opened


def filled(directory, monkeypatch):
    """Fill a copy of a store that is in use and has an alarm waiting."""
    monkeypatch.setattr(reserve, "_ROOM_BYTES", 800_000)
    monkeypatch.setattr(reserve, "_RESERVE_BYTES", 600_000)

    async def run():
        async with opened(directory / "store.db") as store:
            await add(store, a_record(lane=ALARM))
            found = await fill_a_copy(directory / "store.db")
            return found, await store.claim(ALARM, 0, 9)

    return asyncio.run(run())


def test_alarms_find_room_when_nothing_else_does(tmp_path, monkeypatch):
    """Telemetry gives way, events are refused, alarms are stored, and all of them are there."""
    found, waiting = filled(tmp_path, monkeypatch)

    assert found.is_well
    assert found.alarms_before == 1
    assert found.alarms_stored > 1_000
    assert found.alarms_there == found.alarms_stored + 1
    assert 0 < found.events_stored < reserve._MOST
    assert len(waiting) == 1
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("drill-")] == []


def test_without_room_for_a_copy_it_is_not_tried(tmp_path, monkeypatch):
    """A drill must not be what fills the disk; and what was not tried is not called well."""
    monkeypatch.setattr(reserve, "_FREE_BYTES", 10**18)
    found, _ = filled(tmp_path, monkeypatch)

    assert "no room" in found.text
    assert not found.is_well


def test_one_lost_alarm_is_not_well():
    """Nor a store that never refused anything, nor one that took no alarm."""
    assert Filled(1, 10, 1, 5, 6).is_well
    assert not Filled(1, 10, 1, 5, 5).is_well
    assert not Filled(1, reserve._MOST, 1, 5, 6).is_well
    assert not Filled(1, 10, 1, 0, 1).is_well
