"""The flash of a virtual board keeps what was written, whenever the power goes."""

import pytest

from tests.hil_tests.virtual.conftest import IN_THE_VM
from tools.board_files import BoardFile

pytestmark = IN_THE_VM

_APPEND = """
import os
with open('journal', 'ab') as file: file.write(b'0123456789abcdef' * 16)
print('written', os.stat('journal')[6])
"""
_KEEP_APPENDING = """
n = 0
while n < 200:
    n += 1
    with open('journal', 'ab') as file: file.write(bytes((n,)) * 64)
print('never cut')
"""


def test_what_was_written_is_there_after_a_power_cut(make_board):
    """A file that was closed survives; the host can read it without the board."""
    board = make_board(_APPEND)
    board.console.expect("written 256")
    board.power_cut()

    assert board.read_flash()["journal"] == b"0123456789abcdef" * 16
    assert board.flash_writes > 0 and board.flash_bytes >= 256
    again_s = board.clock.now_s()
    board.power_on()
    board.console.expect("written 512", since_s=again_s)


@pytest.mark.parametrize("successes", [0, 1, 7, 23, 60])
@pytest.mark.parametrize("done", [0.0, 0.4])
def test_a_cut_in_the_middle_of_a_write_leaves_a_flash_that_mounts(make_board, successes, done):
    """So littlefs promises: after a cut at any write the closed files are whole, whatever became of the open one."""
    board = make_board("print('first')", more=[BoardFile("kept", b"k" * 5000)])
    board.console.expect("first")
    board.power_cut()
    board.install([BoardFile("main.py", _KEEP_APPENDING.encode()), BoardFile("kept", b"k" * 5000)])
    board.cut_power_in_write(successes, done)
    board.power_on()
    board.wait_for(lambda board: not board.is_powered)

    assert board.lives[-1].ending.how == "cut"
    assert "never cut" not in board.console.text()
    files = board.read_flash()
    assert files["kept"] == b"k" * 5000
    journal = files.get("journal", b"")
    assert journal == b"".join(bytes((n + 1,)) * 64 for n in range(len(journal) // 64))


def test_the_flash_has_an_end(make_board):
    """A full flash is an error the firmware can catch, not a hang."""
    board = make_board(
        """
        try:
            with open('big', 'wb') as file:
                while True: file.write(bytes(4096))
        except OSError as why:
            print('errno', why.errno)
        """
    )

    board.console.expect("errno 28")


def test_a_board_with_power_cannot_be_installed(make_board):
    """Who forgets to cut the power is told so."""
    board = make_board("print('on')")
    board.console.expect("on")

    with pytest.raises(RuntimeError, match="cut the power"):
        board.install([])
