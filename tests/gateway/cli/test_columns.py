"""Columns stay columns, also with Chinese names."""

import pytest

from gateway.cli.columns import columns, span


def test_wide_letters_are_wide():
    """A Chinese letter takes two places."""
    assert columns([("name", "room"), ("王秀英", "302"), ("Ann", "1")]) == "name    room\n王秀英  302\nAnn     1"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "unknown"), (0, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (172_800, "2 d")],
)
def test_a_span_is_said_as_people_say_it(seconds, text):
    """Two of a unit at least."""
    assert span(seconds) == text
