"""Without this program nobody could make the detector's tables again: ``python -m tools.train``.

It plays every recording of the data folder to the shipped code, grows both forests on all people, chooses their limits
from scores that were made out of fold, and writes shared/forest.py. The same data give the same file, byte for byte.
"""

import time
from pathlib import Path

import click
import numpy as np
from rich.console import Console

from tools.detector import table
from tools.detector.material import collect
from tools.detector.nested import Model, make_models
from tools.detector.opening import data_option, open_sets
from tools.detector.progress import bars
from tools.detector.sets import Trial

TARGET = Path(__file__).resolve().parents[1] / "shared" / "forest.py"


def tables(model: Model, trials: list[Trial]) -> str:
    """The source of shared/forest.py."""
    people = len({trial.person for trial in trials})
    told_from = f"Taught on {len(trials)} trials of {people} people; docs/detector.md says how well it does on others."
    return table.module(model.first, model.second, told_from)


@click.command()
@data_option
@click.option("--out", type=click.Path(path_type=Path), default=TARGET, help="Where the tables go.")
def main(data: Path | None, out: Path) -> None:
    """Train the fall detector and write its tables."""
    console = Console()
    begun = time.monotonic()
    trials = open_sets(console, data)
    with bars(console) as told:
        material, played = collect(trials, told)
        (model,) = make_models(trials, material, played, [np.ones(len(trials), dtype=bool)], told)
    out.write_text(tables(model, trials), encoding="utf-8")
    console.print(f"{out}: {out.stat().st_size} bytes, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
