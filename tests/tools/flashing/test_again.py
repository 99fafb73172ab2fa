"""A board that was flashed before: updated in one step, compared, read, forgotten."""

import json
import shutil
import threading
from pathlib import Path

import pytest

from tests.tools.flashing.bench import Watcher, make_job, put_in_service
from tools.board_files import board_files
from tools.flashing import again, fresh, many

_ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def second_version(tmp_path, monkeypatch):
    """Give a function: from now on the firmware is another one, which runs that line when it starts."""

    def make(line="print('the second version')", module="logring.py"):
        root = tmp_path / "second"
        for folder in ("firmware", "shared"):
            shutil.copytree(_ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
        config = root / "firmware" / "config.py"
        config.write_text(config.read_text() + "\nSECOND = True\n")
        changed = root / "firmware" / module
        changed.write_text(changed.read_text() + f"\n{line}\n")

        def files(_bench, role, board):
            return board_files(role, board, manifest=root / "firmware" / "manifest.py", root=root)

        monkeypatch.setattr(again, "wanted_files", files)
        return files(None, "pendant", "xiao_c3")

    return make


def _run(action, tmp_path, board, watcher=None, **changes):
    watcher = watcher or Watcher(board)
    (outcome,) = many.run(make_job(tmp_path, action, **changes), [board.port], watcher)
    return outcome, watcher


def test_an_update_changes_the_files_and_nothing_else(plug, tmp_path, second_version):
    """Identity, settings and journal stay; the second update takes the other folder; a third finds nothing to do."""
    (board,) = plug("xiao_c3")
    identity = put_in_service(board, tmp_path)
    files = second_version()
    outcome, watcher = _run("update", tmp_path, board)
    assert (outcome.result, outcome.fault) == ("done", {})
    assert [facts["count"] for _, key, facts in watcher.notes if key == "updated"] == [2]
    board.console.expect("the second version")
    outcome, watcher = _run("update", tmp_path, board)
    assert watcher.said() == ["same"]
    shutil.rmtree(tmp_path / "second")
    second_version("print('the third version')")
    outcome, _ = _run("update", tmp_path, board)
    assert outcome.result == "done"
    board.console.expect("the third version")
    board.unplug()
    there = board.read_flash()
    assert there["slot"] == b"b"
    assert json.loads(there["identity.json"]) == identity
    assert there["settings.json"] == b'{"beat_s": 120}'
    assert all(there["a/" + file.path] == file.data for file in files)


def test_an_update_that_loses_power_anywhere_boots_the_version_before(plug, tmp_path, second_version):
    """Pulled out in the middle of the copy: the old version starts, whole; the next update goes through."""
    (board,) = plug("xiao_c3")
    put_in_service(board, tmp_path)
    second_version()
    watcher = Watcher(board)

    def pull(_port, step, share):
        if step == "copy" and share > 0.5:
            board.unplug()

    watcher.on_progress = pull
    outcome, _ = _run("update", tmp_path, board, watcher)
    assert (outcome.result, outcome.fault["key"]) == ("failed", "unplugged")
    assert "slot" not in board.read_flash()
    starts = int(board.read_flash()["boot"])
    board.plug()
    board.wait_for(lambda board: board.lives and board.lives[-1].main_ended is None)
    board.wait_for(lambda _: len(plug.air.record()) > 1)  # it works: it tells that it has started
    assert "the second version" not in board.console.text()
    outcome, _ = _run("update", tmp_path, board)
    assert outcome.result == "done"
    board.console.expect("the second version")
    board.unplug()
    assert int(board.read_flash()["boot"]) > starts


def test_an_update_that_cannot_be_loaded_never_comes_into_force(plug, tmp_path, second_version):
    """A module that raises: found before the switch, with its reason."""
    (board,) = plug("xiao_c3")
    put_in_service(board, tmp_path)
    second_version("raise ValueError('a bad day')")
    outcome, _ = _run("update", tmp_path, board)
    assert (outcome.fault["key"], outcome.code) == ("does_not_start", 7)
    assert "a bad day" in outcome.fault["en"]
    board.unplug()
    assert "slot" not in board.read_flash()


def test_verify_names_what_differs(plug, tmp_path):
    """A changed file is named, with exit code 8; a board as it should be passes."""
    (board,) = plug("xiao_c3")
    put_in_service(board, tmp_path)
    outcome, watcher = _run("verify", tmp_path, board)
    assert (outcome.result, watcher.said()) == ("done", ["as_it_should"])
    board.power_cut()
    spoilt = {**board.read_flash(), "firmware/selftest.mpy": b"M\x06\x00\x1f"}
    board.start_with([type("F", (), {"path": path, "data": data}) for path, data in spoilt.items()])
    outcome, _ = _run("verify", tmp_path, board)
    assert (outcome.fault["key"], outcome.code) == ("different", 8)
    assert "firmware/selftest.mpy" in outcome.fault["zh"]


def test_the_crash_log_is_shown_and_kept(plug, tmp_path):
    """What the board wrote in its last moments reaches the desk, and its log."""
    (board,) = plug("xiao_c3")
    put_in_service(board, tmp_path)
    board.power_cut()
    files = {**board.read_flash(), "crash.log": b"OSError: the last words\n"}
    board.start_with([type("F", (), {"path": path, "data": data}) for path, data in files.items()])
    outcome, watcher = _run("read-log", tmp_path, board)
    assert outcome.result == "done"
    assert "the last words" in watcher.texts[0]
    assert "the last words" in Path(outcome.log).read_text()


def test_erase_forgets_the_wearer(plug, tmp_path):
    """Key, events, settings and the memory that survives sleep go; so do record and label at the desk."""
    (board,) = plug("xiao_c3")
    put_in_service(board, tmp_path)
    outcome, _ = _run("flash", tmp_path, board)
    assert (tmp_path / "flashed" / "records" / f"{outcome.id}.json").exists()
    outcome, watcher = _run("erase", tmp_path, board)
    assert (outcome.result, watcher.said()) == ("done", ["forgotten"])
    assert board.image(64) == b"\xff" * 64
    assert not list((tmp_path / "flashed" / "records").iterdir())
    assert not list((tmp_path / "flashed" / "labels").iterdir())


def test_a_board_of_somebody_else_is_not_updated(plug, tmp_path):
    """No identity: a sentence, exit code 5."""
    (board,) = plug("xiao_c3")
    outcome, _ = _run("update", tmp_path, board)
    assert (outcome.fault["key"], outcome.code) == ("not_ours", 5)


def test_stopped_during_an_update_the_old_version_stays(plug, tmp_path, second_version):
    """Ctrl-C while files are copied: nothing of it is in force."""
    (board,) = plug("xiao_c3")
    put_in_service(board, tmp_path)
    second_version()
    stop = threading.Event()
    watcher = Watcher(board)
    watcher.on_progress = lambda _port, step, share: stop.set() if step == "copy" else None
    (outcome,) = many.run(make_job(tmp_path, "update"), [board.port], watcher, stop)
    assert (outcome.result, outcome.code) == ("stopped", 130)
    board.unplug()
    assert "slot" not in board.read_flash()


def test_an_update_that_loads_but_does_not_start_is_taken_back(plug, tmp_path, second_version, monkeypatch):
    """Every module can be loaded, and the start raises: the version before is in force again, and works."""
    (board,) = plug("xiao_c3")
    put_in_service(board, tmp_path)
    monkeypatch.setattr(fresh, "_LISTEN_S", 30)  # it ends as soon as the board complains
    second_version(
        "import sys\nif 'firmware.pendant.run' in sys.modules:\n    raise ValueError('a bad start')", "config.py"
    )
    outcome, _ = _run("update", tmp_path, board)
    assert (outcome.fault["key"], outcome.code) == ("does_not_start", 7)
    assert "a bad start" in outcome.fault["en"]
    board.wait_for(lambda board: board.lives[-1].main_ended is None)
    board.unplug()
    assert board.read_flash()["slot"] == b""
    heard = len(plug.air.record())
    board.plug()
    board.wait_for(lambda _: len(plug.air.record()) > heard)
