"""The report tells what happened, of tests that failed, passed, were skipped, and of one that never ended."""

import json
from types import SimpleNamespace

from hil_tests.rig import report
from hil_tests.rig.log import Log


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

    text = report.make_page(root).read_text("utf-8")

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

    assert report.make_page(tmp_path / "r").read_text("utf-8").count("<circle") < 1_000
