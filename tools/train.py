"""Without this program nobody could make the detector's tables again: ``python -m tools.train``.

It plays every recording of the data folder to the shipped code, grows both forests on all people, chooses their limits
from scores that were made out of fold, and writes shared/forest.py. The same data give the same file, byte for byte.
"""

import sys
import time
from pathlib import Path

import click
import numpy as np
from rich.console import Console

from tools.detector import table
from tools.detector.material import collect
from tools.detector.nested import make_models
from tools.detector.progress import bars
from tools.detector.sets import SETS, load_sets
from tools.recordings.load import data_folder

_TARGET = Path(__file__).resolve().parents[1] / "shared" / "forest.py"


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of the recordings; default TIEXIN_DATA or ../shared/data."
)
@click.option("--out", type=click.Path(path_type=Path), default=_TARGET, help="Where the tables go.")
def main(data: Path | None, out: Path) -> None:
    """Train the fall detector and write its tables."""
    console = Console()
    folder = data or data_folder()
    if folder is None or not folder.is_dir():
        console.print(f"No recordings in {folder or '../shared/data'}. Set TIEXIN_DATA to the folder that holds them.")
        sys.exit(2)
    begun = time.monotonic()
    trials, left_out = load_sets(folder)
    for sentence in left_out:
        console.print(f"[yellow]left out:[/] {sentence}")
    if not any(trial.is_fall for trial in trials):
        console.print(f"No falls among the recordings in {folder}: it should hold {', '.join(SETS.values())}.")
        sys.exit(2)
    with bars(console) as told:
        material = collect(trials, told)
        (model,) = make_models(trials, material, [np.ones(len(trials), dtype=bool)], told)
    people = len({trial.person for trial in trials})
    told_from = f"Taught on {len(trials)} trials of {people} people; docs/detector.md says how well it does on others."
    out.write_text(table.module(model.first, model.second, told_from), encoding="utf-8")
    console.print(f"{out}: {out.stat().st_size} bytes, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
