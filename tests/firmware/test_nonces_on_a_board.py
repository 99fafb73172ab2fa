"""The power goes in the middle of a flash write, on the virtual board and its file system: no nonce comes twice."""

import json

from hil_tests.virtual.air import Air
from hil_tests.virtual.board import VirtualBoard
from hil_tests.virtual.clock import Clock
from shared import frames
from tools.board_files import BoardFile, board_files

MAC = bytes.fromhex("7c9ebd000001")


def _live_until(board, air, clock, frames_more):
    """A life: until the power is cut in a write, or so many frames have left. A busy machine may take its time."""
    enough = len(air.record()) + frames_more
    end_s = clock.now_s() + 40
    board.power_on()
    while board.is_powered and len(air.record()) < enough and clock.now_s() < end_s:
        clock.sleep(0.1)
    if board.is_powered:
        board.power_cut()


def test_no_frame_number_comes_twice_when_the_power_goes_in_a_write(tmp_path):
    """Cut at each of the first writes of a life in turn: every frame that left has a number of its own."""
    identity = {
        "id": MAC.hex(), "key": "00" * 16, "site": "home", "role": "pendant", "board": "m5stickc_plus2", "channel": 6,
        "language": "zh",
    }  # fmt: skip
    clock = Clock(4)
    files = [*board_files("pendant", "m5stickc_plus2", compiled=True)]
    files.append(BoardFile("identity.json", json.dumps(identity).encode()))
    with (
        Air(seed=1, clock=clock) as air,
        VirtualBoard("m5stickc_plus2", MAC, tmp_path, air, clock=clock, files=files) as board,
    ):
        for writes in (0, 1, 2, 3, 5, 8, 12):
            board.cut_power_in_write(writes, done=0.5)
            _live_until(board, air, clock, frames_more=4)
        _live_until(board, air, clock, frames_more=4)
        sent = [frames.read_header(frame.data) for frame in air.record() if frame.sender == MAC]

    numbers = [(header.boot, header.counter) for header in sent]
    assert len({boot for boot, _ in numbers}) >= 3
    assert len(set(numbers)) == len(numbers)
    assert [boot for boot, _ in numbers] == sorted(boot for boot, _ in numbers)
