"""Without this file "the processor computes all day" would be a guess: what a sample costs the pendant's own code.

Measured in the MicroPython VM, on the files of a board, against a turn of an empty loop in the same run; what such a
turn takes on a chip has to be assumed (tools/pendant_bench/budget.py) until a bench has measured it.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.board_files import board_files
from tools.detector.play import find_vm

_PROBE = Path(__file__).with_name("effort_probe.py")
_RUNS = 5  # the machine is shared: the least of them counts


@dataclass(frozen=True)
class Effort:
    """In turns of an empty loop: a sample that is read, one that is held, a look, a look at rest."""

    sample: float
    held: float
    look: float
    rest: float


# Where the VM cannot run (it has wheels for x86-64 only): as measured on 2026-11-22.
KNOWN = {"xiao_c3": Effort(57, 0, 98, 0), "m5stickc_plus2": Effort(48, 6, 168, 336)}


def measure(board: str) -> Effort:
    """The least of a few runs; KNOWN, with a word on stderr, where there is no VM."""
    vm = find_vm()
    if vm is None:
        print(f"No MicroPython VM here: the effort of {board} is taken as measured before.", file=sys.stderr)
        return KNOWN[board]
    with tempfile.TemporaryDirectory() as folder:
        for file in board_files("pendant", board):
            target = Path(folder) / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.data)
        runs = [_run(vm, folder, board) for _ in range(_RUNS)]
    *least_us, turn_us = (min(values) for values in zip(*runs, strict=True))
    return Effort(*(us / turn_us for us in least_us))


def _run(vm: str, folder: str, board: str) -> list[float]:
    done = subprocess.run([vm, str(_PROBE), board], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the VM failed:\n{done.stderr.strip() or done.stdout.strip()}")
    return [float(value) for value in json.loads(done.stdout)]
