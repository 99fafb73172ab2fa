"""Without this command nobody would notice a board filling up: ``make size``.

Bytes of bytecode by file and board, and what is left of the flash that MicroPython's own partition table gives.
"""

import click
from rich.console import Console
from rich.table import Table

from tools.board_files import board_files

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


if __name__ == "__main__":
    main()
