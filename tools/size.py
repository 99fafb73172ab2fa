"""Without this command nobody would notice a board filling up: ``make size``.

Bytes of bytecode by file and board, what is left of the flash that MicroPython's own partition table gives, and the
heap of a pendant, weighed; or (HEAP=98) whether a pendant lives in so many kB.
"""

import sys

import click
from rich.console import Console
from rich.table import Table

from tools.board_files import board_files
from tools.detector.play import find_vm
from tools.pendant_bench import heap

_BOARDS = (("pendant", "xiao_c3"), ("pendant", "m5stickc_plus2"), ("bridge", "bridge_esp32"))
_BLOCK_BYTES = 4_096
_LIVES = "lives in -X heapsize="
_VFS_BYTES = 2_097_152  # partition "vfs" of ESP32_GENERIC and ESP32_GENERIC_C3, 4 MB of flash


@click.command()
@click.option("--files/--no-files", default=False, help="Each file, not only the sums.")
@click.option("--heap-kb", type=click.IntRange(1, 1_000), help="Only: does a pendant live in a heap of so many kB?")
def main(files: bool, heap_kb: int | None) -> None:
    """Say how large the firmware of each board is."""
    console = Console()
    if heap_kb is not None:
        sys.exit(_live_in(console, heap_kb))
    table = Table(title="Bytes of bytecode on a board (main.py as source)")
    for column in ("board", "files", "bytes", "flash blocks", "of the flash"):
        table.add_column(column, justify="left" if column == "board" else "right")
    for role, board in _BOARDS:
        on_board = board_files(role, board)
        total = sum(len(file.data) for file in on_board)
        blocks = sum(-(-len(file.data) // _BLOCK_BYTES) for file in on_board)
        share = 100 * blocks * _BLOCK_BYTES / _VFS_BYTES
        table.add_row(board, str(len(on_board)), str(total), str(blocks), f"{share:.1f} %")
        if files:
            for file in sorted(on_board, key=lambda file: -len(file.data)):
                table.add_row(f"  {file.path}", "", str(len(file.data)), "", "")
    console.print(table)
    console.print(_heap())


def _live_in(console: Console, heap_kb: int) -> int:
    """Whether it starts and lives there; the exit code: 0 if every board's does, 2 where there is no VM."""
    if find_vm() is None:
        console.print("There is no MicroPython VM here to try it in: run `make extras`.")
        return 2
    code = 0
    for board in heap.BOARDS:
        if fault := heap.complaint(board, heap_kb * 1_024):
            code = 1
            console.print(f"{board}: not in {heap_kb} kB: {fault.splitlines()[-1]}", soft_wrap=True, markup=False)
        else:
            console.print(f"{board}: starts and lives in {heap_kb} kB")
    return code


def _heap() -> Table:
    """What a pendant keeps, in both widths, and whether it lives in what a board has."""
    table = Table(title=f"Heap of a pendant, bytes (the goal: all of it within {heap.GOAL_BYTES})")
    for column in ("board", "words", "at rest", "at most", "64 / 32 bits", _LIVES):
        table.add_column(column, justify="left" if column in {"board", _LIVES} else "right")
    for board in heap.BOARDS:
        narrow, wide = heap.in_32_bits(board), heap.in_vm(board)
        ratio = wide.at_most / narrow.at_most if wide and narrow else heap.RATIO
        for bits, weighed in ((32, narrow), (64, wide)):
            if weighed is None:
                table.add_row(board, str(bits), "", "", "", "not here: make extras")
                continue
            told = ""
            if bits == 64:
                size = heap.vm_bytes(heap.GOAL_BYTES, ratio, weighed)
                why = heap.complaint(board, ratio=ratio)
                told = f"{size}: " + ("no: " + why.splitlines()[-1] if why else "yes")
            table.add_row(board, str(bits), str(weighed.at_rest), str(weighed.at_most), f"{ratio:.2f}", told)
    return table


if __name__ == "__main__":
    main()
