"""Nobody is left behind: children end with a run that ends in any way, and are otherwise left in peace."""

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tools.home import leash

ROOT = Path(__file__).resolve().parents[3]
HOME = """
import sys, time
from pathlib import Path
from tools.home.house import Home
with Home(Path(sys.argv[1])) as home:
    home.bridge.wait_for(lambda board: board.is_powered)
    home.pendants[0].power_on()
    print("pids", home.gateway.pid, home.bridge.lives[-1].pid, flush=True)
    time.sleep(600)
"""
PARENT = """
import subprocess, sys, time
from tools.home import leash
child = subprocess.Popen(leash.on([sys.executable, "-c", "import time; time.sleep(600)"]))
print(child.pid, flush=True)
time.sleep(600)
"""
GONE_WITHIN_S = 30


def _run(program, *arguments):
    line = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _parents():
    """The parent of each process. No `ps`: a small machine has none (Debian's procps)."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # gone meanwhile
            parents[int(stat.parent.name)] = int(stat.read_text("utf-8", "replace").rpartition(") ")[2].split()[1])
    return parents


def _family(pid):
    """All processes below one, by their parents' numbers."""
    parents, family = _parents(), {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family - {pid}


def _all_gone(pids):
    until_s = time.monotonic() + GONE_WITHIN_S
    while left := [pid for pid in pids if leash.lives(pid)]:
        if time.monotonic() > until_s:
            return left
        time.sleep(0.05)
    return []


def test_a_home_that_is_killed_leaves_nothing(tmp_path):
    """Gateway, broker, bridge and pendant: all that stood below it is gone."""
    home = _run(HOME, tmp_path)
    named = {int(word) for word in home.stdout.readline().split()[1:]}
    family = _family(home.pid)
    home.kill()
    home.communicate()

    assert len(named) == 2
    assert named < family
    assert _all_gone(family) == []


def test_a_child_ends_with_its_parent():
    """Killed without a word."""
    parent = _run(PARENT)
    child = int(parent.stdout.readline())
    family = _family(parent.pid)
    parent.kill()
    parent.communicate()

    assert child in family
    assert _all_gone(family) == []


def test_a_child_keeps_its_number_its_pipe_and_its_exit_code():
    """For who started it there is no leash: the pipe ends with the child."""
    child = subprocess.Popen(
        leash.on([sys.executable, "-c", "import os; print(os.getpid()); raise SystemExit(7)"]),
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip

    assert int(child.communicate(timeout=GONE_WITHIN_S)[0]) == child.pid
    assert child.returncode == 7


def test_a_watcher_ends_with_its_child():
    """Or a soak that kills its gateway a thousand times would keep a thousand of them."""
    child = subprocess.Popen(leash.on([sys.executable, "-c", "import time; time.sleep(600)"]))
    until_s = time.monotonic() + GONE_WITHIN_S
    while not (watchers := _family(child.pid)) and time.monotonic() < until_s:
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()

    assert len(watchers) == 1
    assert _all_gone(watchers) == []


def test_a_command_that_is_not_there_is_named():
    """In one sentence."""
    done = subprocess.run(leash.on(["./no-such-program"]), capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "./no-such-program cannot be started" in done.stderr
