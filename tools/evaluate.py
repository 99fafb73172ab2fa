"""Without this program nobody would know how well the detector does: ``python -m tools.evaluate``.

It teaches the detector on some people and scores the shipped code on the others, for everybody in turn, by the protocol
that docs/detector.md repeats; then it prints the tables, and writes them and the plots to a folder.
"""

import time
from pathlib import Path

import click
from rich.console import Console

from tools.detector import play, plots, report
from tools.detector.opening import data_option, open_sets
from tools.detector.progress import bars
from tools.detector.study import run, same_under_both
from tools.train import TARGET, tables

_OUT = Path(__file__).resolve().parents[1] / "build" / "detector"


@click.command()
@data_option
@click.option("--out", type=click.Path(path_type=Path), default=_OUT, help="Where tables and plots go.")
def main(data: Path | None, out: Path) -> None:
    """Score the fall detector by person, and draw what it got wrong."""
    console = Console(width=150)
    begun = time.monotonic()
    trials = open_sets(console, data)
    with bars(console) as told:
        study = run(trials, told, lambda verdicts: _print(console, report.main_table(trials, verdicts)))
    out.mkdir(parents=True, exist_ok=True)
    text = report.markdown(study)
    if vm := play.find_vm():
        differences, hours = same_under_both(study.final, trials, vm)
        text += f"\nCPython and the VM compared over {hours:.2f} h of recordings: {differences} answers differ.\n"
    (out / "forest.py").write_text(tables(study.final, trials), encoding="utf-8")
    is_shipped = (out / "forest.py").read_bytes() == TARGET.read_bytes()
    text += f"\nThe model of all people is {'' if is_shipped else 'not '}the one in shared/forest.py, byte for byte.\n"
    (out / "results.md").write_text(text, encoding="utf-8")
    _print(console, text)
    for path in plots.draw(study, out):
        _print(console, str(path))
    console.print(f"{time.monotonic() - begun:.0f} s")


def _print(console: Console, text: str) -> None:
    """As it is: a table's row that is broken in two is no table."""
    console.print(text, markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
