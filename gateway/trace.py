"""Without this file nobody could say, line by line, where an alarm was when the power went.

Every step of an event's trip is told to one Trace, just before or just after it is taken. In service a sink writes the
steps as text or as JSON lines; a test may put another sink in its place and stop the process at any step it likes.
Names of people and keys are never handed to it.
"""

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Sink = Callable[[str, dict[str, Any]], None]


class Trace:
    """What has happened, told to a sink. Any thread may tell."""

    def __init__(self, sink: Sink, *, is_fine: bool = False) -> None:
        self._sink = sink
        self.is_fine = is_fine
        self._troubles: dict[str, float] = {}

    def step(self, step: str, **facts: Any) -> None:
        """Tell of one step; `event` among the facts is the event's id."""
        self._sink(step, facts)

    def fine(self, step: str, **facts: Any) -> None:
        """Tell of a step that is too frequent to be told always: telemetry, polls."""
        if self.is_fine:
            self._sink(step, facts)

    def trouble(self, about: str, text: str, **facts: Any) -> None:
        """Tell that something has gone wrong, once until `well` is told about the same thing."""
        if about not in self._troubles:
            self._troubles[about] = time.monotonic()
            self._sink("trouble", {"about": about, "text": text, **facts})

    def well(self, about: str, text: str, **facts: Any) -> None:
        """Tell that it is right again and how long it lasted; silent if nothing was wrong."""
        began_s = self._troubles.pop(about, None)
        if began_s is not None:
            lasted_s = round(time.monotonic() - began_s, 1)
            self._sink("well", {"about": about, "text": text, "lasted_s": lasted_s, **facts})


def text_sink(fd: int) -> Sink:
    """A sink that writes lines for people to the file descriptor fd."""

    def write(step: str, facts: dict[str, Any]) -> None:
        now_s = time.time()
        clock = time.strftime("%H:%M:%S", time.localtime(now_s))
        rest = " ".join(f"{name}={value}" for name, value in facts.items())
        line = f"{clock}.{int(now_s % 1 * 1000):03d} {step} {rest}".rstrip()
        _write_line(fd, line if line.isprintable() else _printable(line))

    return write


def json_sink(fd: int) -> Sink:
    """A sink that writes one JSON object a line: `t` in unix seconds, `step`, and the facts."""

    def write(step: str, facts: dict[str, Any]) -> None:
        _write_line(fd, json.dumps({"t": round(time.time(), 6), "step": step, **facts}, default=str))

    return write


def silent_sink(_step: str, _facts: dict[str, Any]) -> None:
    """A sink that keeps nothing."""


def _printable(text: str) -> str:
    """A command's id, or what a board prints, comes from outside: it makes no line of its own and moves no cursor."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _write_line(fd: int, line: str) -> None:
    with suppress(OSError):  # whoever read the log may have gone; alarms go on
        os.write(fd, line.encode("utf-8", "replace") + b"\n")  # one write a line: two threads do not mix theirs
