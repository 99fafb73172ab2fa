"""Boards for the tests of the bench: one main.py on a board, in every runtime this machine has."""

import textwrap

import pytest

from hil_tests.virtual import Air, Clock, VirtualBoard
from hil_tests.virtual.flash_image import micropython
from tests.conftest import NO_VM
from tools.board_files import BoardFile

# For what differs not between the runtimes, or exists in the VM only
IN_THE_VM = pytest.mark.parametrize("make_board", ["micropython"], indirect=True)
MAC = bytes.fromhex("0200000000a1")


@pytest.fixture
def clock():
    """The bench's clock at the pace of the wall's."""
    return Clock()


@pytest.fixture
def air(clock):
    """An air without losses."""
    with Air(seed=7, clock=clock) as air:
        yield air


@pytest.fixture(params=["micropython", "cpython"])
def make_board(request, tmp_path, air, clock):
    """Give make(*main, profile=...): a board that runs these lines as its main.py, in either runtime."""
    if request.param == "micropython" and not micropython():
        pytest.skip(NO_VM)
    made = []

    def make(*main, profile="xiao_c3", mac=MAC, more=(), **rest):
        text = "\n".join(textwrap.dedent(part) for part in main)
        files = [BoardFile("main.py", text.encode()), *more]
        rest = {"runtime": request.param, "clock": clock, **rest}
        board = VirtualBoard(profile, mac, tmp_path / mac.hex(), air, files=files, **rest)
        made.append(board)
        board.power_on()
        return board

    yield make
    for board in made:
        board.close()
