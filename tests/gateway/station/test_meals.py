"""What is ordered before 18:00 is for tomorrow, on the home's clock and no other."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from gateway.station import meals

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(at_s):
    """The home's clock."""
    return datetime.fromtimestamp(at_s, UTC).astimezone(SHANGHAI)


def order(pendant, at, outcome=None, happened=True):
    """A meal, asked for at that time of Shanghai."""
    unix_ms = int(datetime.fromisoformat(f"{at}+08:00").timestamp() * 1000)
    step = SimpleNamespace(name="heard", at_unix_ms=unix_ms)
    return SimpleNamespace(
        pendant=pendant, outcome=outcome, happened_unix_ms=unix_ms if happened else None, heard_stamp_ms=unix_ms,
        steps=[step],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-22T00:00:00", date(2026, 11, 23)),
        ("2026-11-22T17:59:59", date(2026, 11, 23)),
        ("2026-11-22T18:00:00", date(2026, 11, 24)),
        ("2026-12-31T23:59:59", date(2027, 1, 2)),
    ],
)
def test_the_cut_off(at, day):
    """18:00 sharp is too late for tomorrow."""
    assert meals.day_of(datetime.fromisoformat(f"{at}+08:00")) == day


def test_one_meal_for_each_wearer_and_none_that_was_not_meant():
    """Twice ordered is once delivered; a false alarm and a test feed nobody; an unknown age counts from its arrival."""
    day = date(2026, 11, 23)
    found = meals.orders(
        [
            order(b"a", "2026-11-22T09:00:00"),
            order(b"a", "2026-11-22T10:00:00", "true"),
            order(b"b", "2026-11-22T11:00:00", "false"),
            order(b"c", "2026-11-22T12:00:00", "test"),
            order(b"d", "2026-11-21T18:00:00", happened=False),
            order(b"e", "2026-11-21T17:59:00"),
            order(b"f", "2026-11-22T18:00:00"),
        ],
        local,
        day,
    )

    assert sorted(one.pendant for one in found) == [b"a", b"d"]
