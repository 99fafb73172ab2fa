"""What the demo calls right, and what it calls wrong."""

from types import SimpleNamespace

from tools.home.report import holes, lasting_holes, table
from tools.home.timeline import COLUMNS, AlarmRow

_PENDANT = "7c9ebd000001"


def test_a_hole_in_the_numbers_is_an_event_that_never_arrived():
    """Events of a boot are numbered without holes; beats count apart; other pendants do not matter."""
    ids = [f"{_PENDANT}-1-1", f"{_PENDANT}-1-3", f"{_PENDANT}-2-1", f"{_PENDANT}-2-{0x800001}", "7c9ebd000002-1-9"]

    assert holes(_PENDANT, ids) == [f"event {_PENDANT}-1-2 never arrived"]


class LatePlatform:
    """The second event comes behind the third, when it has been asked for three times."""

    asked = 0

    def in_order(self):
        """What has come so far."""
        self.asked += 1
        seqs = (1, 3, 2) if self.asked > 2 else (1, 3)
        return [SimpleNamespace(id=f"{_PENDANT}-1-{seq}") for seq in seqs]


def test_what_an_alarm_has_overtaken_is_not_missing():
    """It is waited for; what does not come for long is."""
    assert lasting_holes(_PENDANT, LatePlatform(), within_s=10) == []
    assert lasting_holes(_PENDANT, LatePlatform(), within_s=0) == [f"event {_PENDANT}-1-2 never arrived"]


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
