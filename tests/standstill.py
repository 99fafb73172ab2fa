"""Without this plugin a test that failed while the machine stood still would be taken for a fault of the house.

What runs at the speed of life cannot be measured while nothing runs: shared and virtual machines, and their disks, stop
for tenths of a second. A test that fails in such a moment, and no other, is played again; the summary says which one,
and what had failed.
"""

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import pytest

_WITNESS = Path(__file__).with_name("standstill_witness.py")
_REPLAYS = 2
_BEFORE_S = 0.5  # what was begun for a test may have been late already
_PATH = "standstills"  # of a worker's input
_BEGAN_S = pytest.StashKey()
_HUNG = pytest.StashKey()
_FILE = pytest.StashKey()
_PROCESS = pytest.StashKey()


def read(path):
    """The standstills so far, [(from_s, to_s, what)] by CLOCK_MONOTONIC, without a line that is being written."""
    lines = path.read_text("ascii").rpartition("\n")[0].splitlines()
    return [(float(from_s), float(to_s), what) for from_s, to_s, what in map(str.split, lines)]


def stood_still(item):
    """Whether the machine did while this test was played last, and may be to blame.

    Not where it ran into its time limit: in so long a time any machine stands still once, and what hangs has a fault.
    """
    if item.stash.get(_HUNG, False):
        return False
    since_s = item.stash[_BEGAN_S] - _BEFORE_S
    return any(to_s >= since_s for _, to_s, _ in read(item.config.stash[_FILE]))


def pytest_configure(config):
    """One witness for all workers."""
    if hasattr(config, "workerinput"):
        config.stash[_FILE] = Path(config.workerinput[_PATH])
        return
    if named := os.environ.get("TIEXIN_STANDSTILLS"):  # somebody else is the witness
        config.stash[_FILE] = Path(named)
        return
    with tempfile.NamedTemporaryFile(prefix="tiexin-standstills-", delete=False) as file:
        config.stash[_FILE] = Path(file.name)
    line = [sys.executable, "-I", "-S", _WITNESS, config.stash[_FILE]]
    config.stash[_PROCESS] = subprocess.Popen(line, start_new_session=True)  # a Ctrl-C at the terminal is for us


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """A worker of pytest-xdist is told where to read."""
    node.workerinput[_PATH] = str(node.config.stash[_FILE])


def pytest_collection_modifyitems(config, items):
    """Every test: which of them measures time is seen when it fails."""
    if not config.option.usepdb:  # whoever looks at a failure wants it to stay
        for item in items:
            item.add_marker(pytest.mark.flaky(reruns=_REPLAYS, condition=partial(stood_still, item)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """From here on a standstill is this test's."""
    item.stash[_BEGAN_S] = time.monotonic()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item, call):
    """Notice what ran into its time limit; the report is made by others."""
    if call.excinfo is not None and "from pytest-timeout" in str(call.excinfo.value):
        item.stash[_HUNG] = True


def pytest_terminal_summary(terminalreporter, config):
    """How quiet the machine was."""
    seen = read(config.stash[_FILE])
    for what in sorted({what for *_, what in seen}):
        lasted_ms = [round(1_000 * (to_s - from_s)) for from_s, to_s, it in seen if it == what]
        terminalreporter.write_line(
            f"The {what} stood still {len(lasted_ms)} times, for {max(lasted_ms)} ms at the longest."
        )


def pytest_unconfigure(config):
    """The witness goes with us."""
    if _PROCESS in config.stash:
        config.stash[_PROCESS].terminate()
        config.stash[_PROCESS].wait()
        config.stash[_FILE].unlink(missing_ok=True)
