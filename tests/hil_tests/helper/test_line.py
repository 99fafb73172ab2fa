"""Requests out of bytes, whatever the bytes."""

from hypothesis import given
from hypothesis import strategies as st

from hil_tests.helper.line import LONGEST, Line


def test_requests_may_come_in_pieces():
    """Split anywhere, joined anywhere."""
    line = Line()

    assert line.feed(b"1 hel") == []
    assert line.feed(b"lo\n2 press 3000 8\n3 do") == [(1, "hello", []), (2, "press", ["3000", "8"])]
    assert line.feed(b"wn\r\n") == [(3, "down", [])]
    assert line.rubbish == 0


def test_what_is_too_long_is_thrown_away_as_a_whole():
    """The next line is read again."""
    line = Line()

    assert line.feed(b"4 " + b"x" * 500) == []
    assert line.feed(b"yyy\n5 up\n") == [(5, "up", [])]
    assert line.rubbish == 1


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_no_bytes_raise_and_nothing_grows(pieces):
    """Rubbish is counted, never kept."""
    line = Line()
    for piece in pieces:
        for number, verb, _ in line.feed(piece):
            assert number >= 0
            assert verb
        assert len(line._rest) <= LONGEST
