"""The flashed files on a virtual board with no more heap than a real one has: a fall, from the impact to the answer."""

import pytest

from shared import frames, words
from tests.conftest import NO_VM, VM
from tests.firmware.test_on_a_virtual_board import Rig, clear_fall
from tools.board_files import BoardFile
from tools.pendant_bench import heap

# The stand-ins for machine, network and espnow and the script that is ROM and boot code live in the same heap, 47 kB of
# it; what they pass on to the host lies there twice, in one piece each (RTC memory: 1.2 kB). On a board all that is C.
_STAND_INS_KB = 47 + 15  # 2 of them for the copy of RTC memory, 1.2 kB in one piece, that no board makes


@pytest.mark.parametrize("board", heap.BOARDS)
def test_a_fall_in_a_hundred_kilobytes(tmp_path, board):
    """Suspected, told while the gateway is deaf, confirmed, its motion sent, an answer felt; in one life, no crash."""
    if not VM.exists():
        pytest.skip(NO_VM)
    short = BoardFile("settings.json", b'{"countdown_s": 10}')
    heap_kb = round(heap.GOAL_BYTES * heap.RATIO / 1_024) + _STAND_INS_KB
    one = Rig(tmp_path, board, extra_files=[short], scale=1, heap_kb=heap_kb)  # a busy machine must not miss the fall
    try:
        one.board.power_on()
        one.until(one.has(words.STARTED), 30)
        one.clock.sleep(6)  # the lessons of the deep sleeper
        motion = clear_fall()
        one.gateway.is_deaf = True
        one.board.play(motion.acc_mg[motion.impact - 300 :], motion.fs_hz)
        one.clock.sleep(6)
        one.gateway.is_deaf = False
        one.until(one.has(words.FALL_CONFIRMED), 60)
        event = one.gateway.events[-1]
        one.gateway.answers.append(frames.Answer(event.boot, event.seq, words.ANSWERED, 60))
        one.until(one.has(words.ANSWER_FELT), 20)
        one.board.power_cut()
        flash = one.board.read_flash()
    finally:
        one.close()

    assert {event.boot for event in one.gateway.events} == {1}
    assert "crash.log" not in flash
    assert (words.FAULT, 5) not in [(event.code, event.arg) for event in one.gateway.events]
