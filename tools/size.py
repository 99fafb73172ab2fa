"""Without this command nobody would notice a board filling up: ``make size``.

Bytes of bytecode by file and board, what is left of the flash that MicroPython's own partition table gives, and the
heap of a pendant, weighed.
"""

import click
from rich.console import Console
from rich.table import Table

from tools.board_files import board_files
from tools.pendant_bench import heap

_BOARDS = (("pendant", "xiao_c3"), ("pendant", "m5stickc_plus2"), ("bridge", "bridge_esp32"))
_BLOCK_BYTES = 4_096
_VFS_BYTES = 2_097_152  # partition "vfs" of ESP32_GENERIC and ESP32_GENERIC_C3, 4 MB of flash


@click.command()
@click.option("--files/--no-files", default=False, help="Each file, not only the sums.")
def main(files: bool) -> None:
    """Say how large the firmware of each board is."""
    console = Console()
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


def _heap() -> Table:
    """What a pendant keeps, in both widths, and whether it lives in what a board has."""
    table = Table(title=f"Heap of a pendant, bytes (the goal: all of it within {heap.GOAL_BYTES})")
    for column in ("board", "words", "at rest", "at most", "64 / 32 bits", "lives in"):
        table.add_column(column, justify="left" if column in {"board", "lives in"} else "right")
    for board in heap.BOARDS:
        narrow, wide = heap.in_32_bits(board), heap.in_vm(board)
        ratio = wide.at_most / narrow.at_most if wide and narrow else heap.RATIO
        for bits, weighed in ((32, narrow), (64, wide)):
            if weighed is None:
                table.add_row(board, str(bits), "not here", "", "", "")
                continue
            told = ""
            if bits == 64:
                size = heap.vm_bytes(heap.GOAL_BYTES, ratio, weighed)
                why = heap.complaint(board, ratio=ratio)
                told = f"-X heapsize={size}: " + ("no: " + why.splitlines()[-1] if why else "yes")
            table.add_row(board, str(bits), str(weighed.at_rest), str(weighed.at_most), f"{ratio:.2f}", told)
    return table


if __name__ == "__main__":
    main()
