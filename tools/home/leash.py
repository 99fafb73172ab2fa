"""Without this file a run that is killed would leave its gateway and its brokers behind, to disturb the next run.

    python -I -S tools/home/leash.py PARENT-PID COMMAND ...

becomes the command, and leaves a watcher beside it: when the parent is gone, however it went, the command is killed.
Linux could do that in one call, but a child would end with the thread that started it; a watcher runs anywhere.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_LOOK_S = 0.3
_MOST_FILES = 256


def on(command: Sequence[str]) -> list[str]:
    """The command line that starts it on a leash of this process."""
    program = [sys.executable, "-I", "-S", str(Path(__file__).resolve())]
    return [*program, str(os.getpid()), *command]


def _watch(parent: int, child: int) -> None:
    """Until either is gone; a watcher whose own parent has changed knows that the child has ended."""
    while os.getppid() == child:
        if not lives(parent):
            os.kill(child, signal.SIGKILL)
            return
        time.sleep(_LOOK_S)


def lives(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2][:1]
    except ProcessLookupError:
        return False
    except OSError:
        return True  # no Linux: it answers, that must do
    return state != "Z"  # dead, and nobody has asked for its exit code yet


def _let_go_of_everything() -> None:
    """Its own session, so that Ctrl-C passes by; no file, so that the child's pipes end with the child."""
    os.setsid()
    os.chdir("/")
    os.closerange(0, _MOST_FILES)


def main() -> None:
    """Leave the watcher, become the command."""
    parent, child = int(sys.argv[1]), os.getpid()
    if os.fork() == 0:
        _let_go_of_everything()
        _watch(parent, child)
        os._exit(0)
    try:
        os.execvp(sys.argv[2], sys.argv[2:])
    except OSError as why:
        sys.exit(f"{sys.argv[2]} cannot be started: {why}")


if __name__ == "__main__":
    main()
