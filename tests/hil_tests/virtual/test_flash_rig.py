"""A board on its USB cable: whoever hears its prompt may speak to it."""

import threading
import time

import pytest

from hil_tests.virtual import lives
from tests.conftest import NO_VM, VM
from tests.tools.flashing.bench import plugged, put_in_service
from tools.flashing.repl import Repl


class LateChip(lives.Chip):
    """The machine was busy elsewhere while a board began its life."""

    def __init__(self, *what):
        time.sleep(0.3)
        super().__init__(*what)


def test_a_prompt_that_is_heard_is_there(tmp_path, monkeypatch):
    """What is said to it at once is not lost, however late the machine was with the rest of the board."""
    if not VM.exists():
        pytest.skip(NO_VM)
    monkeypatch.setattr(lives, "Chip", LateChip)
    with plugged(tmp_path, "xiao_c3") as (_, (board,)):
        put_in_service(board, tmp_path)
        with Repl(board.port, threading.Event(), "read") as repl:
            assert repl.open()
            for number in range(3):
                repl.soft_reset()
                assert repl.run(f"print({number})").strip() == str(number)
