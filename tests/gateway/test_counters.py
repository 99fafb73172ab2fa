"""What is refused is counted under its own name."""

from collections import Counter

import pytest

from gateway import counters
from shared import words


@pytest.mark.parametrize(
    ("air", "reason"),
    [
        (b"", counters.TRUNCATED),
        (b"\x01", counters.TRUNCATED),
        (bytes((1, words.ALARM)) + bytes(19), counters.TRUNCATED),
        (bytes((1, words.ACK)) + bytes(25), counters.TRUNCATED),
        (b"\x02" + bytes(40), counters.FOREIGN_VERSION),
        (b"\x01" * 241, counters.OVERSIZED),
    ],
)
def test_the_shape_of_a_frame_names_its_fault(air, reason):
    """Before anything is opened."""
    assert counters.shape_fault(air) == reason


def hello(uptime_s, dropped):
    """The body of a HELLO."""
    return bytes((1, 0, 1, 0, 6)) + uptime_s.to_bytes(4, "big") + bytes(6) + dropped.to_bytes(2, "big")


def test_the_bridges_drops_are_added_up_over_its_restarts():
    """It counts from zero again; we do not."""
    line = counters.LineCounters()
    for body in (hello(10, 3), hello(12, 5), hello(1, 0), hello(3, 2)):
        line.greeted(body)

    assert line.dropped == 7
    assert line.hellos == 4


def test_the_report_names_every_reason():
    """A graph needs its zeros."""
    table = counters.report(Counter({"stored": 2, "altered": 3}), 4, 5)

    assert table["frames"] == {"stored": 2}
    assert table["refused"]["altered"] == 3
    assert table["refused"]["revoked"] == 0
    assert table["line"] == {"damaged": 4, "dropped_by_bridge": 5}
