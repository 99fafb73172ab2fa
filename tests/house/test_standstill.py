"""A test is played again if the machine stood still while it failed, and for no other reason."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import standstill
from tools.home import leash

ROOT = Path(__file__).resolve().parents[2]
WITNESS = ROOT / "tests" / "standstill_witness.py"
PLAYS = """
import time
from pathlib import Path

HERE = Path(__file__).parent

def play():
    with (HERE / "plays").open("a") as file:
        file.write("x")
    return (HERE / "plays").stat().st_size

def stand_still():
    now_s = round(time.monotonic(), 3)
    with (HERE / "standstills").open("a") as file:
        file.write(f"{now_s - 0.2:.3f} {now_s:.3f} machine\\n")
"""


def run(tmp_path, body, *more):
    """Play one test with the plugin; (how often it was played, what was printed)."""
    (tmp_path / "test_it.py").write_text(PLAYS + body, "utf-8")
    (tmp_path / "standstills").touch()
    line = [sys.executable, "-m", "pytest", "-c", "/dev/null", "-p", "tests.standstill", "-p", "no:cacheprovider"]
    line += ["--import-mode=importlib", "-raR", *more, str(tmp_path / "test_it.py")]
    environment = os.environ | {"TIEXIN_STANDSTILLS": str(tmp_path / "standstills")}
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    return len((tmp_path / "plays").read_text("ascii")), done.stdout


@pytest.mark.parametrize("workers", ["0", "1"])
def test_what_failed_while_nothing_ran_is_played_again(tmp_path, workers):
    """And the summary says so."""
    body = "def test_it():\n    if play() == 1:\n        stand_still()\n        raise AssertionError\n"
    plays, said = run(tmp_path, body, "-n", workers)

    assert (plays, "1 passed, 1 rerun" in said) == (2, True), said
    assert "The machine stood still 1 times, for 200 ms at the longest." in said


def test_what_fails_on_a_machine_that_runs_has_failed(tmp_path):
    """Once is enough."""
    plays, said = run(tmp_path, "def test_it():\n    play()\n    raise AssertionError\n", "-n", "0")

    assert (plays, "1 failed in" in said) == (1, True), said


def test_what_fails_each_time_has_failed(tmp_path):
    """However still the machine stands."""
    body = "def test_it():\n    play()\n    stand_still()\n    raise AssertionError\n"
    plays, said = run(tmp_path, body, "-n", "0")

    assert (plays, "1 failed, 2 rerun" in said) == (3, True), said


def test_what_hangs_has_failed(tmp_path):
    """In 150 s any machine stands still once: a gateway that did not end was played again, and nearly overlooked."""
    body = "def test_it():\n    play()\n    stand_still()\n    time.sleep(30)\n"
    plays, said = run(tmp_path, body, "-n", "0", "--timeout", "1")

    assert (plays, "1 failed in" in said) == (1, True), said


def test_a_standstill_before_the_test_is_not_its_own(tmp_path):
    """A second and more lie between."""
    body = (
        "def test_0():\n    stand_still()\n    time.sleep(1)\n\ndef test_it():\n    play()\n    raise AssertionError\n"
    )
    plays, said = run(tmp_path, body, "-n", "0", "-p", "no:randomly")

    assert (plays, "1 failed, 1 passed in" in said) == (1, True), said


def test_the_witness_sees_a_machine_that_stands_still(tmp_path):
    """Stopped for a while it has not run, which is the same to it; it ends with who began it."""
    path = tmp_path / "standstills"
    script = f"import subprocess, sys, time; p = subprocess.Popen([sys.executable, {str(WITNESS)!r}, {str(path)!r}]); "
    script += "print(p.pid, flush=True); time.sleep(60)"
    began = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        witness = int(began.stdout.readline())
        while not path.exists():
            time.sleep(0.01)
        is_seen = any(_is_seen(witness, path) for _ in range(5))
    finally:
        began.kill()
        began.wait()
        began.stdout.close()

    assert is_seen, path.read_text("ascii")
    until_s = time.monotonic() + 10
    while leash.lives(witness) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert not leash.lives(witness)


def test_ctrl_c_ends_the_tests_and_not_the_witness(tmp_path):
    """A terminal tells the whole group; who watches has no last words."""
    (tmp_path / "test_it.py").write_text(PLAYS + "def test_it():\n    play()\n    time.sleep(60)\n", "utf-8")
    line = [sys.executable, "-m", "pytest", "-c", "/dev/null", "-p", "tests.standstill", "-p", "no:cacheprovider"]
    line += ["--import-mode=importlib", "-n", "0", str(tmp_path / "test_it.py")]
    environment = {name: value for name, value in os.environ.items() if name != "TIEXIN_STANDSTILLS"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(line, cwd=ROOT, start_new_session=True, env=environment, **pipes) as running:
        while not (tmp_path / "plays").exists():
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGINT)
        said = running.communicate(timeout=60)[0]

    assert "KeyboardInterrupt" in said
    assert WITNESS.name not in said


def _is_seen(witness, path):
    """Stop it for 0.4 s; whether that stands in the file soon after. It may just have begun: then not."""
    os.kill(witness, signal.SIGSTOP)
    time.sleep(0.1)
    stopped_s = time.monotonic()
    time.sleep(0.3)
    went_on_s = time.monotonic()
    os.kill(witness, signal.SIGCONT)
    while time.monotonic() < went_on_s + 2:
        time.sleep(0.05)
        seen = standstill.read(path)
        if any(from_s <= stopped_s and to_s >= went_on_s and what == "machine" for from_s, to_s, what in seen):
            return True
    return False


def test_a_line_that_is_being_written_is_left_out(tmp_path):
    """The next look sees it."""
    (tmp_path / "s").write_text("1.000 1.250 machine\n2.000 2.5", "ascii")

    assert standstill.read(tmp_path / "s") == [(1.0, 1.25, "machine")]
