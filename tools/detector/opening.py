"""Without this file each program would ask for the recordings, and miss them, in words of its own."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from tools.detector.sets import SETS, Trial, load_sets
from tools.recordings.load import data_folder


def data_option(program: Callable[..., Any]) -> Callable[..., Any]:
    """The option --data of a command line."""
    where = "Folder of the recordings; default TIEXIN_DATA or ../shared/data."
    return click.option("--data", type=click.Path(path_type=Path), help=where)(program)


def open_sets(console: Console, data: Path | None) -> list[Trial]:
    """All trials of the folder; what is left out is said. Ends the program where there is nothing to learn from."""
    folder = data or data_folder()
    if folder is None or not folder.is_dir():
        console.print(f"No recordings in {folder or '../shared/data'}. Set TIEXIN_DATA to the folder that holds them.")
        sys.exit(2)
    trials, left_out = load_sets(folder)
    for sentence in left_out:
        console.print(f"[yellow]left out:[/] {sentence}")
    if not any(trial.is_fall for trial in trials):
        console.print(f"No falls among the recordings in {folder}: it should hold {', '.join(SETS.values())}.")
        sys.exit(2)
    return trials
