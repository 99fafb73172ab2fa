"""The report tells what happened, of tests that failed, passed, were skipped, and of one that never ended."""

import json
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

from hil_tests.rig import report
from hil_tests.rig.log import Log

ROOT = Path(__file__).resolve().parents[3]
TESTS = """
import time, pytest
def test_good(): pass
@pytest.fixture
def falls_over():
    yield
    raise OSError("its end, too")
def test_bad(falls_over): assert 1 == 2, "bell \\x07"
@pytest.mark.skip(reason="this bench has no arm")
def test_lacking(): pass
def test_hangs(): time.sleep(300)
"""


def rig(tmp_path):
    """As much of a rig as a report needs."""
    log = Log()
    log.add(2.0, "platform", "tiexin.help.requested <b>")
    log.add(1.0, "hand", "presses")
    console = tmp_path / "console.log"
    console.write_text("ready", "utf-8")
    return SimpleNamespace(kind="virtual", log=log, logs=lambda: {"pendant": console, "gone": tmp_path / "nowhere"})


def story(root, name, verdict, made=None, why=""):
    """One test's folder."""
    folder = root / name
    folder.mkdir(parents=True)
    notes = {"test": name, "verdict": verdict, "why": why, "seconds": 1.0}
    report.write_story(folder, notes, made, "virtual")


def test_a_page_of_all_stories_failed_ones_first(tmp_path):
    """Each line says which rig; what people typed is escaped; logs are linked; nothing is missing."""
    root = tmp_path / "report"
    story(root, "a_passed", "passed", rig(tmp_path))
    story(root, "b_failed", "failed", rig(tmp_path), "assert 1 == 2")
    story(root, "c_skipped", "skipped", why="this bench has no motion exciter")
    (root / "d_died").mkdir()
    (root / "d_died" / report.STORY).write_text(json.dumps({"test": "d", "verdict": "did not end", "rig": "bench"}))

    text = report.make(root).read_text("utf-8")

    assert text.index("b_failed") < text.index("did not end</span>\n<code>") < text.index("c_skipped")
    assert text.count("virtual rig") == 3
    assert text.count("bench rig") == 1
    assert "&lt;b&gt;" in text
    assert "<b>" not in text.split("</p>", 2)[2]
    assert 'href="b_failed/pendant.log"' in text
    assert "this bench has no motion exciter" in text


def test_entries_come_in_order_whatever_their_order_of_arrival():
    """Threads tell when they can; the page is by time."""
    log = Log()
    for at_s in (3.0, 1.0, 2.0):
        log.add(at_s, "hand", "x")

    assert [one.at_s for one in log.in_order()] == [1.0, 2.0, 3.0]


def test_a_lane_with_too_many_dots_is_thinned(tmp_path):
    """A night has a hundred thousand lines; the picture stays a picture."""
    made = rig(tmp_path)
    for number in range(5_000):
        made.log.add(number / 10, "gateway", "beat")
    story(tmp_path / "r", "long", "passed", made)

    assert report.make(tmp_path / "r").read_text("utf-8").count("<circle") < 1_000


def test_the_run_before_is_forgotten(tmp_path):
    """And nothing else that stands in the folder."""
    story(tmp_path, "old", "failed")
    (tmp_path / "mine").mkdir()
    report.begin(tmp_path)

    assert not (tmp_path / "old").exists()
    assert (tmp_path / "mine").exists()
    assert ET.parse(tmp_path / "junit.xml").find("testsuite").get("tests") == "0"


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_run_that_is_killed_leaves_page_and_junit(tmp_path, workers):
    """Every verdict so far, the same in both; the test that was running is named."""
    (tmp_path / "test_it.py").write_text(TESTS, "utf-8")
    out = tmp_path / "report"
    line = [sys.executable, "-m", "pytest", "-c", "/dev/null", "-p", "hil_tests.conftest", "-p", "no:randomly"]
    line += ["-p", "no:cacheprovider", "-n", workers, "--report", str(out), str(tmp_path / "test_it.py")]
    run = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        until_s = time.monotonic() + 60
        while "test_hangs" not in _read(out / "index.html") and time.monotonic() < until_s:
            time.sleep(0.1)
    finally:
        run.kill()
        run.wait()

    page = _read(out / "index.html")
    assert [page.count(f"</b>{verdict}</span>") for verdict in ("passed", "failed", "skipped", "did not end")] == [
        1
    ] * 4
    cases = {case.get("name"): case for case in ET.parse(out / "junit.xml").iter("testcase")}
    assert {name: [child.tag for child in case][1:] for name, case in cases.items()} == {
        "test_good": [], "test_bad": ["failure"], "test_lacking": ["skipped"], "test_hangs": ["error"],
    }  # fmt: skip
    for why in ("bell", "its end, too"):  # what failed first is not lost behind what failed next
        assert why in cases["test_bad"].find("failure").text
    assert {one.get("value") for one in ET.parse(out / "junit.xml").iter("property")} == {"virtual"}


def _read(path):
    return path.read_text("utf-8") if path.exists() else ""
