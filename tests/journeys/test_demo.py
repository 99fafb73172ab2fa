"""The README's first command, on the path that machines without the VM take, with a recording of the user's own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tools.motion import synthesise

pytestmark = pytest.mark.journey

_ROOT = Path(__file__).resolve().parents[2]
_TIMEOUT_S = 90
_STOPPED = 130


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


def says_that_it_stopped(demo, rest):
    """In a word, and by its exit code."""
    assert demo.returncode == _STOPPED, rest
    assert "Stopped." in rest
    assert "Traceback" not in rest


def test_ctrl_c_ends_the_demo():
    """In the middle of the trip: one word instead of a traceback, at once, and no folder stays behind."""
    build = _ROOT / "build"
    with subprocess.Popen(
        [sys.executable, "-m", "tools.demo", "--runtime", "cpython"],
        cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as demo:  # fmt: skip
        try:
            folder = next(line for line in demo.stdout if "gateway log" in line).split("build/")[1].split("/")[0]
            next(line for line in demo.stdout if "hears" in line)
            assert (build / folder).is_dir()
            demo.send_signal(signal.SIGINT)
            rest, _ = demo.communicate(timeout=_TIMEOUT_S)
        finally:
            demo.kill()

    says_that_it_stopped(demo, rest)
    assert not (build / folder).exists()


@pytest.mark.parametrize("after_s", [0.3, 1.2])
def test_ctrl_c_in_the_first_second_is_no_traceback(after_s):
    """Whatever is being loaded or begun just then, here or in a process that was started; as a terminal does it."""
    ready = "import sys; print(flush=True); sys.argv = ['demo', '--runtime', 'cpython']; import runpy;"
    with subprocess.Popen(
        [sys.executable, "-c", f"{ready} runpy.run_module('tools.demo', run_name='__main__')"],
        cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    ) as demo:  # fmt: skip
        try:
            demo.stdout.readline()
            time.sleep(after_s)
            os.killpg(demo.pid, signal.SIGINT)
            rest, _ = demo.communicate(timeout=_TIMEOUT_S)
        finally:
            demo.kill()

    says_that_it_stopped(demo, rest)


def test_ctrl_c_is_no_traceback_in_the_very_moment_in_which_it_changes_hands():
    """From "nothing is running yet" to "there is something to tidy up": in between it is a word, too."""
    at_once = """
import runpy, signal, sys
change = signal.signal
def change_and_be_interrupted(number, handler):
    change(number, handler)
    if handler is signal.default_int_handler:
        raise KeyboardInterrupt
signal.signal = change_and_be_interrupted
sys.argv = ["demo", "--runtime", "cpython"]
runpy.run_module("tools.demo", run_name="__main__")
"""
    done = subprocess.run(
        [sys.executable, "-c", at_once],
        cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=_TIMEOUT_S, check=False,
    )  # fmt: skip
    says_that_it_stopped(done, done.stdout)
