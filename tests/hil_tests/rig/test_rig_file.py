"""A wrong line about the bench ends the run at once, with one sentence."""

import json

import pytest

from hil_tests.rig.rig_file import load

GOOD = """
[pendant]
board = "xiao_c3"
record = "record.json"
[helper]
port = "/dev/ttyACM0"
[bridge]
port = "bridge"
"""


def put(tmp_path, text):
    """The two files."""
    (tmp_path / "record.json").write_text(json.dumps({"id": "a1", "key": "b2"}), "utf-8")
    path = tmp_path / "rig.toml"
    path.write_text(text, "utf-8")
    return path


def test_paths_are_meant_from_the_file(tmp_path):
    """And what is not said has its default."""
    bench = load(put(tmp_path, GOOD))

    assert (bench.board, bench.motion, bench.console_port, bench.late_ms) == ("xiao_c3", "none", None, 0)
    assert bench.bridge_port == tmp_path / "bridge"
    assert str(bench.helper_port) == "/dev/ttyACM0"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: text.replace('board = "xiao_c3"', ""), r"\[pendant\] needs board"),
        (lambda text: text.replace("record.json", "gone.json"), "is no record of a pendant"),
        (lambda text: text + '[motion]\nkind = "magic"', "write none, arm or person"),
        (lambda text: text + "[[", "is not TOML"),
        (lambda text: text.replace("[helper]", "late_ms = -1\n[helper]"), "late_ms is -1; write a number from 0 to"),
        (
            lambda text: text.replace("[helper]", "late_ms = true\n[helper]"),
            "late_ms is True; write a number from 0 to",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path, change, why):
    """Which file, which key, what to do."""
    with pytest.raises(pytest.exit.Exception, match=why):
        load(put(tmp_path, change(GOOD)))


def test_a_file_that_is_not_there(tmp_path):
    """Name it with --rig-file."""
    with pytest.raises(pytest.exit.Exception, match="--rig-file"):
        load(tmp_path / "nowhere.toml")
