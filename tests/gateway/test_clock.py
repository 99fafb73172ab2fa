"""Stamps become dates when the time is known, and never 1970."""

from types import SimpleNamespace

import pytest

from gateway import clock
from gateway.clock import Clock, boot_id, is_synchronised, rfc3339

NOON_S = 1_795_348_800.0  # 2026-11-22T12:00:00Z


def test_a_stamp_from_before_the_time_was_known_gets_its_date():
    """A fall at second 10 is dated at second 60, when the network has told the time."""
    now = {"wall": 3.0, "stamp": 10.0, "trusted": False}
    clock = Clock(is_trusted=lambda: now["trusted"], wall_s=lambda: now["wall"], stamp_s=lambda: now["stamp"])
    fell_ms = clock.stamp_ms()

    assert clock.offset_ms() is None
    assert clock.unix_s() == 0
    now.update(wall=NOON_S, stamp=60.0, trusted=True)

    assert rfc3339(fell_ms + clock.offset_ms()) == "2026-11-22T11:59:10.000Z"


def test_1970_is_never_believed():
    """Whoever says that it is trusted: before this program was written it was not now."""
    assert Clock(is_trusted=lambda: True, wall_s=lambda: 5.0, stamp_s=lambda: 1.0).offset_ms() is None


def test_a_likely_time_that_nobody_vouches_for_is_not_believed():
    """A Pi wakes with the time at which it was last switched off: that is a date of this year, and wrong by days."""
    clock = Clock(is_trusted=lambda: False, wall_s=lambda: NOON_S, stamp_s=lambda: 1.0)

    assert clock.offset_ms() is None
    assert clock.unix_s() == 0


def test_a_clock_that_is_set_back_moves_no_stamp():
    """Only the offset changes; the order of stamps does not."""
    now = {"wall": NOON_S, "stamp": 10.0}
    clock = Clock(is_trusted=lambda: True, wall_s=lambda: now["wall"], stamp_s=lambda: now["stamp"])
    first = clock.stamp_ms()
    now.update(wall=NOON_S - 3600, stamp=11.0)

    assert clock.stamp_ms() == first + 1000
    assert clock.unix_s() == NOON_S - 3600


def test_dates_are_rfc3339():
    """Milliseconds, UTC."""
    assert rfc3339(1_795_355_674_007) == "2026-11-22T13:54:34.007Z"


@pytest.mark.parametrize(("said", "is_believed"), [(str(int(NOON_S)), True), ("37", False), ("", False), (None, False)])
def test_a_board_with_a_clock_but_no_battery_knows_no_time(tmp_path, monkeypatch, said, is_believed):
    """A Pi 5 as it is sold: its clock says 1970, and the kernel has the time at which it was last switched off."""
    monkeypatch.setattr(clock, "_BOARD", tmp_path)
    monkeypatch.setattr(clock, "_RTC", tmp_path)
    monkeypatch.setattr(clock.ctypes, "CDLL", lambda _: SimpleNamespace(adjtimex=lambda _: 5))
    if said is not None:
        (tmp_path / "since_epoch").write_text(said + "\n")
    clock._has_kept_time.cache_clear()

    assert is_synchronised() is is_believed
    clock._has_kept_time.cache_clear()


def test_the_kernel_is_asked_without_fault():
    """Whatever this machine answers, it is an answer."""
    assert is_synchronised() in {True, False}
    assert len(boot_id()) == 36
