"""Without this file a pendant could outgrow its chip unseen: how much heap it needs, and whether it lives in 100 kB.

A board's words have 32 bits, the VM's have 64: there pointers are twice as large, bytes are not. How much larger the
whole is was weighed in both (MicroPython for WebAssembly, under node, has 32 bits); the VM is given a heap larger by
as much.
"""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.board_files import ROOT, board_files
from tools.detector.play import find_vm

GOAL_BYTES = 100 * 1_024
RATIO = 1.39  # 64 bits to 32, weighed on 2026-11-22; used where node or its package is not there
PACKAGE = "@micropython/micropython-webassembly-pyscript"
BOARDS = ("xiao_c3", "m5stickc_plus2")
_PROBE = Path(__file__).with_name("heap_probe.py")
_IN_NODE = Path(__file__).with_name("heap_probe.mjs")
_IDENTITY = {"id": "a4cf12000001", "key": "00" * 16, "role": "pendant", "channel": 6}


@dataclass(frozen=True)
class Heap:
    """Bytes: what stands in for the chip, what the pendant keeps at rest, what it keeps at most."""

    stand_ins: int
    at_rest: int
    at_most: int


def in_vm(board: str) -> Heap | None:
    """Weighed in the VM, 64 bits; None where there is none."""
    vm = find_vm()
    if vm is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        _lay_out(board, Path(folder))
        return Heap(*json.loads(_run([vm, str(_PROBE), "weigh"], folder)))


def in_32_bits(board: str) -> Heap | None:
    """Weighed with the words of a board; None where node or its package is missing."""
    folder = Path(os.environ.get("TIEXIN_NODE_MODULES", ROOT / "build" / "node_modules"))
    module = folder / PACKAGE / "micropython.mjs"
    if shutil.which("node") is None or not module.exists():
        return None
    with tempfile.TemporaryDirectory() as made:
        _lay_out(board, Path(made))
        shutil.copy(_PROBE, made)
        return Heap(*json.loads(_run(["node", str(_IN_NODE), str(module.resolve()), made], made)))


def complaint(board: str, heap_bytes: int = GOAL_BYTES, ratio: float = RATIO) -> str:
    """What goes wrong when it lives in a heap of heap_bytes on a board; "" if nothing does. The VM must be there."""
    vm = find_vm()
    assert vm is not None
    with tempfile.TemporaryDirectory() as folder:
        _lay_out(board, Path(folder))
        weighed = Heap(*json.loads(_run([vm, str(_PROBE), "weigh"], folder)))
        (Path(folder) / "journal").unlink(missing_ok=True)
        size = vm_bytes(heap_bytes, ratio, weighed)
        command = [vm, "-X", f"heapsize={size}", str(_PROBE), "live"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else (done.stdout + done.stderr).strip()


def vm_bytes(heap_bytes: int, ratio: float, weighed: Heap) -> int:
    """The sum: what a board has, for words of twice the size, and what stands in for the chip and is not on a board."""
    return round(heap_bytes * ratio) + weighed.stand_ins


def _lay_out(board: str, folder: Path) -> None:
    """The files of a board, and who it is."""
    for file in board_files("pendant", board):
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
    (folder / "identity.json").write_text(json.dumps({**_IDENTITY, "board": board}), encoding="utf-8")


def _run(command: list[str], folder: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{(done.stderr or done.stdout).strip()[-2_000:]}")
    return done.stdout
