"""One test body for flashing, two rigs: a virtual board, or the one at TIEXIN_FLASH_PORT (it will be erased).

    TIEXIN_FLASH_PORT=/dev/ttyUSB0 python -m pytest hil_tests/test_flash.py

With a real board the pinned MicroPython image is taken from TIEXIN_FLASH_IMAGE, the cache, or downloaded.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tools.flashing.bench import Watcher, make_job, plugged
from tools.flashing import many
from tools.flashing.image import PINS


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
