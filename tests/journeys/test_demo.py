"""The README's first command, on the path that machines without the VM take, with a recording of the user's own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tools.motion import synthesise

pytestmark = pytest.mark.journey

_ROOT = Path(__file__).resolve().parents[2]
_TIMEOUT_S = 90


def test_the_demo_ends_well(tmp_path):
    """Under CPython, with a CSV of x,y,z milli-g: exit code 0, a row for each alarm, both felt."""
    motion = synthesise("fall_back", seed=4)
    trace = tmp_path / "my_fall.csv"
    np.savetxt(trace, motion.acc_mg, fmt="%d", delimiter=",", header="x_mg,y_mg,z_mg", comments="")
    done = subprocess.run(
        [sys.executable, "-m", "tools.demo", "--runtime", "cpython", "--trace", str(trace), "--rate", "100"],
        cwd=_ROOT, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "my_fall.csv" in done.stdout
    assert "under CPython, as you asked" in done.stdout
    assert "both answers were felt" in done.stdout
    slept = [line.split("pendant 1")[1].strip() for line in done.stdout.splitlines() if "pendant 1" in line]
    assert slept[0].startswith("sleeps deeply")
    assert "a pin wakes it: an impact, or the button" in slept
    assert slept[-1].startswith("sleeps deeply")
    assert "missing" not in done.stdout
