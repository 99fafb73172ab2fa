"""Who asked for what, and what came of it: kept, bounded, never waited for."""

import json
import os
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from gateway import audit
from gateway.audit import Audit, read_trail
from gateway.cli.audit import command
from gateway.clock import Clock
from tests.gateway.rig import config

NOON_S = 1_795_348_800.0  # 2026-11-22T12:00:00Z


def clock(stamp_s=10.0, *, trusted=True):
    """A clock that stands still."""
    return Clock(is_trusted=lambda: trusted, wall_s=lambda: NOON_S, stamp_s=lambda: stamp_s)


def trail(directory, *, trusted=True, stamp_s=10.0):
    """A trail in that folder."""
    return Audit(directory, clock(stamp_s, trusted=trusted))


def noted(directory, number, first=0):
    """A trail with so many entries on the disk."""
    made = trail(directory)
    for n in range(first, first + number):
        made.note("platform:operator", "revoke", f"pendant {n}", "done", {"id": f"c{n}"})
    made.close()


def test_what_was_noted_is_read_newest_first(tmp_path):
    """Also by another process, and after a restart."""
    noted(tmp_path, 3)
    noted(tmp_path, 1, first=3)

    assert [entry.about for entry in read_trail(tmp_path, 3)] == ["pendant 3", "pendant 2", "pendant 1"]
    (newest,) = trail(tmp_path).recent(1)
    assert (newest.when, newest.actor, newest.action, newest.outcome) == (
        "2026-11-22T12:00:00.000Z", "platform:operator", "revoke", "done",
    )  # fmt: skip
    assert newest.detail == {"id": "c3"}


def test_what_waits_is_read_as_well(tmp_path):
    """The page shows what was just done, whether it is on the disk yet or not."""
    made = trail(tmp_path / "file")
    (tmp_path / "file").write_text("a file where a folder belongs")
    made.note("station:zhang", "test", "a", "done", {})
    made.note("station:zhang", "locate", "a", "done", {})
    made.close()

    assert [entry.action for entry in made.recent(5)] == ["locate", "test"]


def test_it_is_bounded(tmp_path, monkeypatch):
    """The oldest part goes; what is left is the newest, without a hole."""
    monkeypatch.setattr(audit, "MOST_BYTES", 2_000)
    for first in range(0, 60, 5):
        noted(tmp_path, 5, first)
    parts = sorted(path.name for path in tmp_path.glob("audit*.jsonl"))
    numbers = [int(entry.about.split()[1]) for entry in read_trail(tmp_path, 1_000)]

    assert parts == ["audit.1.jsonl", "audit.2.jsonl", "audit.3.jsonl", "audit.jsonl"]
    assert all((tmp_path / name).stat().st_size <= 2_000 for name in parts)
    assert numbers == list(range(59, 59 - len(numbers), -1))
    assert 15 <= len(numbers) < 60


def test_a_full_disk_keeps_it_in_memory(tmp_path, monkeypatch):
    """Nothing is written into what alarms need; it is written when there is room again, in order."""
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_bavail=1, f_frsize=4096))
    made = trail(tmp_path)
    made.note("shell:pi", "enrol", "a", "done", {})
    made._writer.submit(int).result()

    assert not (tmp_path / audit.NAME).exists()
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_bavail=10_000, f_frsize=4096))
    made.note("shell:pi", "enrol", "b", "done", {})
    made.close()
    assert [entry.about for entry in read_trail(tmp_path, 9)] == ["b", "a"]


def test_a_disk_that_takes_a_part_costs_nothing(tmp_path, monkeypatch):
    """What it did not take at once follows; where it then says no all of it waits, and nothing stands there twice."""
    write, takes = os.write, [7, 7, 0]

    def partly(descriptor, data):
        if not (most := takes.pop(0) if takes else len(data)):
            raise OSError(28, "no room")
        return write(descriptor, bytes(data)[:most])

    noted(tmp_path, 1)
    made = trail(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(audit.os, "write", partly)
        made.note("a", "b", "torn", "d", {})
        made._writer.submit(int).result()
        assert [entry.about for entry in read_trail(tmp_path, 9)] == ["pendant 0"]
        takes += [7, 1]
        made.note("a", "b", "whole", "d", {})
        made._writer.submit(int).result()
    made.close()

    assert [entry.about for entry in read_trail(tmp_path, 9)] == ["whole", "torn", "pendant 0"]
    assert len((tmp_path / audit.NAME).read_bytes().splitlines()) == 3


def test_memory_is_bounded_too(tmp_path, monkeypatch):
    """A disk that is full for a month costs no more than a thousand entries."""
    monkeypatch.setattr(audit, "LEAST_FREE_BYTES", 10**18)
    made = trail(tmp_path)
    for n in range(audit.MOST_WAITING + 10):
        made.note("a", "b", str(n), "d", {})
    made.close()

    assert [entry.about for entry in made.recent(10_000)][-1] == "10"


def test_a_torn_line_costs_itself_only(tmp_path):
    """The power went in the middle of a line; a line that is not ours is left out as well."""
    noted(tmp_path, 2)
    path = tmp_path / audit.NAME
    path.write_bytes(path.read_bytes() + b'{"when": "2026-11-2')
    noted(tmp_path, 1, first=2)
    path.write_bytes(path.read_bytes() + b'[1]\n{"x": 1}\n\xff\xfe\n')

    assert [entry.about for entry in read_trail(tmp_path, 9)] == ["pendant 2", "pendant 1", "pendant 0"]


def test_it_is_dated_as_soon_as_somebody_knows_the_time(tmp_path):
    """An entry from before the clock was set gets its date from a later one of the same switching-on."""
    early = trail(tmp_path, trusted=False, stamp_s=4.0)
    early.note("a", "b", "early", "done", {})
    early.close()
    assert read_trail(tmp_path, 1)[0].when is None
    noted(tmp_path, 1)

    assert read_trail(tmp_path, 2)[1].when == "2026-11-22T11:59:54.000Z"


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c", "\r"])
def test_nobody_hides_behind_a_strange_line_end(tmp_path, mark):
    """What Unicode calls the end of a line may stand in a name; an entry with it is shown all the same."""
    made = trail(tmp_path)
    made.note(f"platform:{mark}operator", "revoke", "pendant 1", "done")
    made.close()

    assert [(entry.actor, entry.about) for entry in read_trail(tmp_path, 5)] == [
        (f"platform:{mark}operator", "pendant 1")
    ]


def test_long_and_strange_texts_are_cut(tmp_path):
    """Who asks chooses the words, not the size; a line stays a line."""
    made = trail(tmp_path)
    made.note("x" * 500, "a\nb", "\ud800", "d", {f"n{n}": "y" * 500 for n in range(50)})
    made.close()
    (line,) = (tmp_path / audit.NAME).read_text().splitlines()

    assert len(line) < 3_000
    assert read_trail(tmp_path, 1)[0].action == "a\nb"


def test_only_its_owner_reads_it(tmp_path):
    """It has names of people in it."""
    noted(tmp_path, 1)

    assert (tmp_path / audit.NAME).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_the_command_line_shows_it(tmp_path, form):
    """The newest last, as a log is read."""
    path = config(tmp_path, 1883, "/dev/null")
    noted(tmp_path / "data", 3)
    shown = CliRunner().invoke(command, ["--config", str(path), "--limit", "2", *form])

    lines = shown.output.splitlines()
    assert len(lines) == 2
    assert "pendant 2" in lines[-1]
    if form:
        assert json.loads(lines[-1])["actor"] == "platform:operator"
