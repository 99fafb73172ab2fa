"""What the demo calls right, and what it calls wrong."""

from tools.home.report import holes, table
from tools.home.timeline import COLUMNS, AlarmRow

_PENDANT = "7c9ebd000001"


def test_a_hole_in_the_numbers_is_an_event_that_never_arrived():
    """Events of a boot are numbered without holes; beats count apart; other pendants do not matter."""
    ids = [f"{_PENDANT}-1-1", f"{_PENDANT}-1-3", f"{_PENDANT}-2-1", f"{_PENDANT}-2-{0x800001}", "7c9ebd000002-1-9"]

    assert holes(_PENDANT, ids) == [f"event {_PENDANT}-1-2 never arrived"]


def test_a_row_counts_from_its_cause():
    """Milliseconds after the impact; what has not happened is missing, not zero."""
    row = AlarmRow(_PENDANT, "fall", f"{_PENDANT}-1-2", 100.0)
    row.times_s["raised"] = 100.91

    assert row.after_ms("raised") == 910
    assert row.after_ms("stored") is None
    assert not row.is_complete
    for column in COLUMNS:
        row.times_s[column] = 101.0
    assert row.is_complete


def test_the_table_has_a_line_for_each_alarm():
    """Two alarms, two lines."""
    rows = [AlarmRow(_PENDANT, "fall", "a", 0.0), AlarmRow(_PENDANT, "held button", "b", 0.0)]

    assert table(rows).row_count == 2
