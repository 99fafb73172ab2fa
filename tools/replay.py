"""Without this program an alarm could not be understood: ``python -m tools.replay FILE``.

It draws a recording with what the detector thought of it.
"""

import sys
from pathlib import Path

import click
import matplotlib as mpl
import numpy as np

from shared import forest
from shared.fall import CONFIRMED, RECOVERED, SUSPECTED, FallDetector
from tools.detector.plots import trace
from tools.motion import SCENES, synthesise
from tools.recordings import Recording, RecordingError, load

mpl.use("Agg")
from matplotlib import pyplot as plt

_WORDS = {SUSPECTED: "suspected", CONFIRMED: "confirmed", RECOVERED: "recovered"}
_COLOURS = {SUSPECTED: "C1", CONFIRMED: "C3", RECOVERED: "C2"}
_PAD = 1_000  # the last sample is repeated, as in scoring, so that stage 2 can end


class Watched(FallDetector):
    """The detector, keeping a diary of its verdicts."""

    def __init__(self) -> None:
        super().__init__()
        self.sample = 0
        self.verdicts: list[tuple[int, int, int]] = []  # sample of the blow, score, limit

    def _turn_to_next(self) -> None:
        self.verdicts.append((self.sample - self._age, self._score, self._limit))
        super()._turn_to_next()


def play(recording: Recording) -> tuple[list[tuple[int, int]], list[tuple[int, int, int]]]:
    """Answers as (sample, code), and verdicts as (sample of the blow, score, limit)."""
    detector = Watched()
    rows = recording.acc_mg.tolist()
    answers = []
    for sample, (x, y, z) in enumerate(rows + rows[-1:] * _PAD):
        detector.sample = sample
        code = detector.feed(x, y, z)
        if code:
            answers.append((sample, code))
    return answers, detector.verdicts


def draw(recording: Recording, path: Path) -> list[str]:
    """Draw it; return what was said, a sentence each."""
    answers, verdicts = play(recording)
    figure, (above, below) = plt.subplots(2, 1, figsize=(12, 6), sharex=True, height_ratios=(2, 1))
    trace(above, recording.acc_mg, 0, len(recording.acc_mg))
    above.set_ylabel("g")
    below.axhline(0, color="k", lw=0.8)
    for sample, score, limit in verdicts:
        below.vlines(sample / 100, 0, (score - limit) / 256, color="C1" if score > limit else "C0", lw=3)
    below.set(ylabel="verdict less limit, log odds", xlabel="s")
    said = []
    for sample, code in answers:
        for axes in (above, below):
            axes.axvline(sample / 100, color=_COLOURS[code], lw=1)
        said.append(f"{sample / 100:.2f} s: {_WORDS[code]}")
    if recording.is_fall:
        above.axvline(recording.impact / 100, color="k", ls=":", lw=1)
    figure.suptitle(f"{recording.describe()} | " + ("; ".join(said) or "nothing said"), fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    plt.close(figure)
    return said


@click.command()
@click.argument("file")
@click.option("--trial", help='Which trial of an archive: a number, or a name such as "F05/SA01/R02".')
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("build/replay.png"),
    show_default=True,
    help="Where the picture goes.",
)
def main(file: str, trial: str | None, out: Path) -> None:
    """Draw FILE (a recording, or the name of a synthetic motion such as fall_back) with the detector's inner values."""
    try:
        recording = synthesise(file, int(trial or 0)) if file in SCENES else load(file, trial)
    except RecordingError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    out.parent.mkdir(parents=True, exist_ok=True)
    said = draw(recording, out)
    size = np.linalg.norm(recording.acc_mg.astype(float), axis=1)
    click.echo(f"{recording.describe()}, largest |a| {size.max() / 1_000:.2f} g at {size.argmax() / 100:.2f} s")
    click.echo("\n".join(said) or f"nothing said ({forest.FIRST.count} trees, none of the blows over the limit)")
    click.echo(str(out))


if __name__ == "__main__":
    main()
