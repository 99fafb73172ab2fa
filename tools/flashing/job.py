"""Without this file every step would be handed twenty arguments: what is wanted, who watches, what came of it."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tools.flashing.faults import Fault
from tools.flashing.identity import Wishes
from tools.flashing.image import PINS
from tools.flashing.log import Log
from tools.flashing.rom import BAUD

ACTIONS = ("flash", "update", "verify", "read-log", "erase")


@dataclass(frozen=True)
class Job:
    """What is to be done with every board of a run."""

    action: str
    wishes: Wishes
    out: Path
    cache: Path
    board: str | None = None
    image: Path | None = None
    bundle: Path | None = None  # of a release, or its folder; else what lies here is compiled
    pins: Path = PINS
    baud: int = BAUD
    test: bool = True
    hands: bool = True
    registry: Path | None = None  # of a gateway on this computer
    registry_key: Path | None = None


class Ui(Protocol):
    """Who watches. Called from the threads of the boards."""

    def step(self, port: str, key: str) -> None:
        """A step begins; key of words.py."""

    def progress(self, port: str, share: float) -> None:
        """How far the step is, 0 to 1."""

    def note(self, port: str, key: str, **facts: Any) -> None:
        """Something the installer should know."""

    def ask(self, port: str, key: str) -> None:
        """The installer should do something now, at the board itself."""

    def text(self, port: str, text: str) -> None:
        """Something long that was asked for: a board's log."""


@dataclass
class Outcome:
    """What became of one board. result: "done", "failed" or "stopped"."""

    port: str
    action: str
    result: str = "failed"
    code: int = 0
    id: str = ""
    role: str = ""
    board: str = ""
    firmware: str = ""
    what: str = ""
    seconds: float = 0.0
    steps_s: dict[str, float] = field(default_factory=dict)
    self_test: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    record: str = ""
    label: list[str] = field(default_factory=list)
    log: str = ""
    fault: dict[str, str] = field(default_factory=dict)


class Bench:
    """One board on its port, on its way through the steps."""

    def __init__(self, job: Job, port: str, ui: Ui, stop: threading.Event, log: Log) -> None:
        self.job = job
        self.port = port
        self.ui = ui
        self.stop = stop
        self.log = log
        self.step = "look"
        self.outcome = Outcome(port, job.action)
        self._began_s = time.monotonic()

    def begin(self, step: str) -> None:
        """The next step. Raises Fault stopped."""
        self._count()
        self.step = step
        if self.stop.is_set():
            raise Fault("stopped", port=self.port, step=step)
        self.log.write(f"== {step}")
        self.ui.step(self.port, step)

    def progress(self, share: float) -> None:
        """How far this step is."""
        self.ui.progress(self.port, share)

    def note(self, key: str, **facts: Any) -> None:
        """Say something, and keep it."""
        self.log.write(f"-- {key} {facts or ''}")
        self.outcome.notes.append(key)
        self.ui.note(self.port, key, **facts)

    def end(self) -> None:
        """No step follows."""
        self._count()

    def _count(self) -> None:
        now_s = time.monotonic()
        steps_s = self.outcome.steps_s
        steps_s[self.step] = round(steps_s.get(self.step, 0.0) + now_s - self._began_s, 2)
        self._began_s = now_s
