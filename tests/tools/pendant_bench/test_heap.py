"""A pendant fits into its chip: weighed with a board's words, and lived through in no more than a board has."""

import pytest
from click.testing import CliRunner

from tests.conftest import NO_VM, VM
from tools import size
from tools.pendant_bench import heap


@pytest.mark.parametrize("board", heap.BOARDS)
def test_a_whole_pendant_lives_in_a_hundred_kilobytes(board):
    """Start, beats, as many calls owed as it ever keeps, and nobody hears it: no MemoryError, no reset."""
    if not VM.exists():
        pytest.skip(NO_VM)

    assert heap.complaint(board) == ""


def test_a_heap_that_is_too_small_is_noticed():
    """Or the test above could not fail."""
    if not VM.exists():
        pytest.skip(NO_VM)

    assert "MemoryError" in heap.complaint("xiao_c3", 60 * 1_024)


def test_the_command_says_which_board_does_not_live(monkeypatch):
    """What docs/performance.md tells of smaller heaps can be run: `make size HEAP=98`."""
    monkeypatch.setattr("tools.size.find_vm", lambda: "the VM")
    monkeypatch.setattr(
        heap, "complaint", lambda board, size: "MemoryError" * (board == "xiao_c3" and size < 98 * 1_024)
    )
    small, large = (CliRunner().invoke(size.main, ["--heap-kb", kb]) for kb in ("97", "98"))

    assert (small.exit_code, large.exit_code) == (1, 0)
    assert "xiao_c3: not in 97 kB: MemoryError" in small.output
    assert "m5stickc_plus2: starts and lives in 97 kB" in small.output


@pytest.mark.parametrize("board", heap.BOARDS)
def test_with_a_boards_words_it_keeps_less_than_that(board):
    """32 bits; and the ratio by which the VM's heap is made larger is not flattering."""
    narrow, wide = heap.in_32_bits(board), heap.in_vm(board)
    if narrow is None or wide is None:
        pytest.skip(f"the MicroPython VM, node or the npm package {heap.PACKAGE} is not installed: run `make extras`")

    assert narrow.at_rest < narrow.at_most < heap.GOAL_BYTES
    assert wide.at_most / narrow.at_most + 0.02 >= heap.RATIO
