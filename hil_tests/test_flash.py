"""One test body for flashing, two rigs: a virtual board, or the one at TIEXIN_FLASH_PORT (it will be erased).

    TIEXIN_FLASH_PORT=/dev/ttyUSB0 python -m pytest hil_tests/test_flash.py

With a real board the pinned MicroPython image is taken from TIEXIN_FLASH_IMAGE, the cache, or downloaded.
"""

import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tools.flashing.bench import Watcher, make_job, plugged
from tools.board_files import board_files
from tools.flashing import fresh, many
from tools.flashing.image import PINS

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def rig(tmp_path):
    """(port, job) of the board that is there."""
    port = os.environ.get("TIEXIN_FLASH_PORT")
    job = replace(make_job(tmp_path), test=True, hands=False)
    if port:
        image = os.environ.get("TIEXIN_FLASH_IMAGE")
        board = os.environ.get("TIEXIN_FLASH_BOARD")
        cache = Path("build/images")
        yield port, replace(job, pins=PINS, image=Path(image) if image else None, cache=cache, board=board)
        return
    with plugged(tmp_path, "xiao_c3") as (_, (board,)):
        yield board.port, job


def test_a_board_is_flashed_compared_flashed_again_and_compared(rig):
    """Bare to working within two minutes; twice keeps the key; compared, it is what it should be."""
    port, job = rig
    for expected in (("new_identity", "new_key", "kept"), ("kept",)):
        (outcome,) = many.run(job, [port], Watcher())
        assert (outcome.result, outcome.fault) == ("done", {})
        assert outcome.what in expected
        assert outcome.seconds < 120
        (outcome,) = many.run(replace(job, action="verify"), [port], Watcher())
        assert (outcome.result, outcome.fault) == ("done", {})


def test_an_update_that_is_stopped_leaves_the_version_before(rig, tmp_path, monkeypatch):
    """Stopped while files are copied: compared, it is the old version, whole; the next update comes into force."""
    port, job = rig
    (outcome,) = many.run(job, [port], Watcher())
    assert (outcome.result, outcome.fault) == ("done", {})
    newer = _newer_firmware(tmp_path)
    stop, watcher = threading.Event(), Watcher()
    watcher.on_progress = lambda _port, step, share: stop.set() if step == "copy" else None
    with monkeypatch.context() as patch:
        patch.setattr(fresh, "board_files", newer)
        (outcome,) = many.run(replace(job, action="update"), [port], watcher, stop)
        assert outcome.result == "stopped"
    (outcome,) = many.run(replace(job, action="verify"), [port], Watcher())
    assert (outcome.result, outcome.fault) == ("done", {})
    monkeypatch.setattr(fresh, "board_files", newer)
    (outcome,) = many.run(replace(job, action="update"), [port], Watcher())
    assert (outcome.result, outcome.fault) == ("done", {})


def _newer_firmware(tmp_path):
    """What stands for the manifest's files when the firmware has one line more."""
    root = tmp_path / "newer"
    for folder in ("firmware", "shared"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    config = root / "firmware" / "config.py"
    config.write_text(config.read_text("utf-8") + "\nNEWER = True\n", "utf-8")

    def files(role, board):
        return board_files(role, board, manifest=root / "firmware" / "manifest.py", root=root)

    return files
