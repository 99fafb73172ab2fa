"""Without this file an installer would stare at a silent window: a line a board, its step, its bar, what to do."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from tools.flashing.job import Outcome
from tools.flashing.ports import Port
from tools.flashing.words import say

_COLOURS = {"done": "green", "failed": "red", "stopped": "yellow"}


class Screen:
    """A Ui for a terminal; on anything else plain lines. Texts in one language, faults in both."""

    def __init__(self, language: str, *, to_stderr: bool) -> None:
        self._language = language
        self._console = Console(stderr=to_stderr, highlight=False)
        self._bars = Progress(
            TextColumn("{task.fields[port]}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    # ---- the Ui

    def step(self, port: str, key: str) -> None:
        """A step begins."""
        text = say(key, self._language)
        self._bars.update(self._task(port), description=text, completed=1.0 if key == "done" else 0.0)
        if key in {"done", "failed"}:
            self._bars.stop_task(self._task(port))
        if not self._console.is_terminal:
            self._console.print(_about(port, text))

    def progress(self, port: str, share: float) -> None:
        """The bar."""
        self._bars.update(self._task(port), completed=share)

    def note(self, port: str, key: str, **facts: Any) -> None:
        """A line above the bars."""
        facts = {name: say(str(value), self._language) if name == "why" else value for name, value in facts.items()}
        self._console.print(_about(port, say(key, self._language, **facts)))

    def ask(self, port: str, key: str) -> None:
        """What to do now, beside the bar of the board it is about."""
        text = say(key, self._language)
        self._bars.update(self._task(port), description=f"[bold yellow]{text}[/]")
        if not self._console.is_terminal:
            self._console.print(_about(port, text))

    def text(self, port: str, text: str) -> None:
        """As it is."""
        self._console.print(f"{port}:")
        self._console.print(text, markup=False)

    # ---- questions at the keyboard, before anything runs

    def choose_ports(self, ports: list[Port]) -> list[Port]:
        """A numbered list."""
        for number, port in enumerate(ports, 1):
            self._console.print(f"  {number}  {port.path}  {port.what}")
        answer = self._console.input(say("choose", self._language) + ": ").strip().lower()
        if answer == "a":
            return ports
        return [ports[int(answer) - 1]] if answer.isdigit() and 0 < int(answer) <= len(ports) else []

    def ask_board(self, boards: list[str]) -> str:
        """A numbered list; the first is what an empty answer means."""
        self._bars.stop()
        for number, name in enumerate(boards, 1):
            self._console.print(f"  {number}  {name}")
        answer = self._console.input(say("choose_board", self._language) + " [1]: ").strip()
        self._bars.start()
        return boards[int(answer) - 1] if answer.isdigit() and 0 < int(answer) <= len(boards) else boards[0]

    # ---- the end

    def faults(self, outcomes: Sequence[Outcome]) -> None:
        """What went wrong, in both languages."""
        for outcome in outcomes:
            if outcome.fault:
                for language in ("zh", "en"):
                    self._console.print(f"[red]{_about(outcome.port, '')}[/]", end="")
                    self._console.print(outcome.fault[language], markup=False)

    def summary(self, outcomes: Sequence[Outcome]) -> None:
        """One line a board."""
        made = Table()
        for column in ("port", "id", "board", "", "", "s"):
            made.add_column(column, justify="right" if column == "s" else "left", overflow="fold")
        for outcome in outcomes:
            result = say(outcome.result if outcome.result != "stopped" else "failed", self._language)
            colour = _COLOURS[outcome.result]
            made.add_row(
                outcome.port,
                outcome.id,
                outcome.board,
                f"[{colour}]{result}[/]",
                outcome.fault.get("key", outcome.what),
                f"{outcome.seconds:.1f}",
            )
        self._console.print(made)

    def _task(self, port: str) -> TaskID:
        if port not in self._tasks:
            self._tasks[port] = self._bars.add_task("", total=1.0, port=port)
        return self._tasks[port]


def as_json(outcomes: Sequence[Outcome], code: int) -> None:
    """For machines: one object, on standard output."""
    json.dump({"exit_code": code, "boards": [asdict(one) for one in outcomes]}, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")


def _about(port: str, text: str) -> str:
    """A line about a port, or about none."""
    return f"{port}: {text}" if port else text
