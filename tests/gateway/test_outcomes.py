"""The file of outcomes: whole lines, and never a person's name."""

import json

from gateway import outcomes
from gateway.case import picture
from gateway.case_tables import Rows
from tests.gateway.test_case import case, dates, event


def test_a_line_names_the_alarm_and_nobody(tmp_path):
    """What training needs."""
    rows = Rows(case("confirmed", answered_by="anna", outcome="true", closed_by="anna"), (event(),), ())

    assert outcomes.line(picture(rows, dates())) == {
        "alarm": "p-1-1", "pendant": b"pppppp".hex(), "kind": "fall", "service": None, "state": "confirmed",
        "outcome": "true", "happened": "2026-11-22T12:00:09.500Z",
    }  # fmt: skip


def test_a_torn_line_does_not_spoil_the_next(tmp_path):
    """The power went in the middle of a line: it is ended, and what follows is whole."""
    path = tmp_path / outcomes.NAME
    outcomes.append(path, [{"a": 1}])
    path.write_bytes(path.read_bytes() + b'{"torn')
    outcomes.append(path, [{"b": 2}, {"c": 3}])

    lines = path.read_text().splitlines()
    assert [json.loads(line) for line in (lines[0], *lines[2:])] == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert path.stat().st_mode & 0o077 == 0
