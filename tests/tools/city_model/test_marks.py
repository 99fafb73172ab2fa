"""Times become marks, and a loss is seen."""

from collections import Counter

from tools.city_model.marks import Mark, Span, invented, latencies, lost

LEDGER = [("a", "beat", 1.0), ("b", "beat", 2.0), ("c", "help requested", 2.5), ("d", "beat", 9.0)]


def test_an_event_counts_in_the_span_in_which_it_was_handed_over():
    """Not in that in which it arrived; what never arrived has no time."""
    spans = [Span("first", 0.0, 2.0), Span("second", 2.0, 9.0)]

    found = latencies(LEDGER, {b"a": 1.5, b"b": 8.0, b"c": 2.51}, spans)

    assert found["first", "beat"] == Mark(1, 500.0, 500.0, 500.0)
    assert found["second", "beat"] == Mark(1, 6000.0, 6000.0, 6000.0)
    assert round(found["second", "help requested"].p50_ms) == 10
    assert len(found) == 3


def test_what_was_acknowledged_and_did_not_arrive_is_lost():
    """And only that."""
    assert lost(LEDGER, Counter([b"a", b"b", b"b", b"d"])) == ["c"]


def test_what_nobody_said_is_invented():
    """A refused event may arrive all the same: its refusal came after it had been written."""
    assert invented(LEDGER, 0, Counter([b"a", b"x", b"y"])) == 2
    assert invented(LEDGER, 2, Counter([b"a", b"x", b"y"])) == 0
