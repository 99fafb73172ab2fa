"""Without this command nobody would know how long a pendant lasts, or what it sleeps through: ``make bench-pendant``.

Counts the wakes of both boards over the recordings, compares what a sleeping pendant detects with one that is always
awake, and adds up a day from datasheet currents. An estimate until a meter has seen it.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from firmware.config import Settings
from tools.motion import SCENES, synthesise
from tools.pendant_bench import asleep, budget
from tools.recordings import Recording
from tools.recordings.archive import Archive
from tools.recordings.load import data_folder

_STAND_S = 6  # the wearer stands before a trial begins: the FIFO is full of it
_REST_S = 1.5  # the scoring protocol repeats the last sample so long
_IN_TIME_S = 1.0  # from the impact to the word ...
_BATCH_S = 0.05  # ... and so much for the batch in which it is read
_SETS = ("fallalld_neck", "fallalld_waist", "sisfall_adxl345", "chest52")


@dataclass
class Counted:
    """One set of recordings, counted."""

    name: str
    hours: float = 0
    wakes: int = 0
    looks_deep: int = 0
    samples_deep: int = 0
    awake_deep_s: float = 0
    looks_light: int = 0
    falls: int = 0
    awake_found: int = 0
    deep_found: int = 0
    lost: int = 0
    latest_s: float = 0

    def hour(self, *, deep: bool) -> budget.Hour:
        """An hour of this life."""
        if not deep:
            return budget.Hour(self.name, 0, self.looks_light / self.hours, 360_000, 3_600)
        counted = (self.wakes, self.looks_deep, self.samples_deep, self.awake_deep_s)
        return budget.Hour(self.name, *(value / self.hours for value in counted))


@click.command()
@click.option("--every", default=4, show_default=True, help="Take every n-th trial only; 1 takes half an hour.")
@click.option("--boot", default=budget.XIAO_C3.boot_s, show_default=True, help="Seconds from a wake to the first look.")
def main(every: int, boot: float) -> None:
    """Estimate the battery life of both boards."""
    console = Console()
    settings = Settings()
    counted = [count(name, recordings, boot, settings) for name, recordings in sources(every)]
    console.print(_counts(counted))
    console.print(_lives(counted, settings))


def sources(every: int) -> list[tuple[str, list[Recording]]]:
    """The recordings by set, at the deep board's rate; synthetic scenes where there are none."""
    folder = data_folder()
    if folder is None:
        print("The recordings are not here; synthetic motion stands in for them, and proves little.", file=sys.stderr)
        return [("synthetic", [synthesise(name, seed) for name in SCENES for seed in range(3)])]
    found = []
    for name in _SETS:
        path = Path(folder) / f"{name}.npz"
        if path.exists():
            archive = Archive(path)
            step = every if len(archive) > 50 else 1
            found.append((name, [archive.trial(k, asleep.IMU_HZ) for k in range(0, len(archive), step)]))
    return found


def count(name: str, recordings: list[Recording], boot_s: float, settings: Settings) -> Counted:
    """Play each recording to a pendant that is always awake and to one that sleeps."""
    total = Counted(name)
    for recording in recordings:
        acc = recording.acc_mg
        before = np.repeat(acc[:1], _STAND_S * asleep.IMU_HZ, axis=0)
        after = np.repeat(acc[-1:], int(_REST_S * asleep.IMU_HZ), axis=0)
        whole = np.vstack([before, acc, after])
        awake = asleep.always_awake(whole, asleep.IMU_HZ, settings)
        deep = asleep.asleep(whole, boot_s, settings)
        if recording.is_fall:
            _score(total, _STAND_S + recording.impact / recording.fs_hz, awake, deep)
        else:
            total.hours += recording.duration_s / 3_600
            total.wakes += deep.wakes
            total.looks_deep += deep.looks
            total.samples_deep += deep.samples
            total.awake_deep_s += deep.awake_s
            total.looks_light += awake.looks
    return total


def _score(total: Counted, impact_s: float, awake: asleep.Outcome, deep: asleep.Outcome) -> None:
    """A fall counts when the word comes at most a second after the impact (or after a second blow near it)."""

    def found(outcome: asleep.Outcome) -> list[float]:
        last_s = _IN_TIME_S + 1.5 + _BATCH_S
        return [at - impact_s for at in outcome.suspected_s if -1.5 <= at - impact_s <= last_s]

    total.falls += 1
    total.awake_found += bool(found(awake))
    total.deep_found += bool(found(deep))
    total.lost += bool(found(awake)) and not found(deep)
    if found(deep):
        total.latest_s = max(total.latest_s, found(deep)[0])


def _counts(counted: list[Counted]) -> Table:
    table = Table(title="What wakes a sleeping pendant, and what it sleeps through")
    for column in ("set", "hours of daily life", "wakes/h", "falls", "found awake", "found asleep", "lost", "latest s"):
        table.add_column(column, justify="left" if column == "set" else "right")
    for one in counted:
        wakes = f"{one.wakes / one.hours:.0f}" if one.hours else "-"
        table.add_row(
            one.name, f"{one.hours:.2f}", wakes, str(one.falls), str(one.awake_found), str(one.deep_found),
            str(one.lost), f"{one.latest_s:.2f}",
        )  # fmt: skip
    return table


def _lives(counted: list[Counted], settings: Settings) -> Table:
    """A day: nine hours in bed, fourteen like the set with the least exercise, one like the set with the most."""
    known = sorted((one for one in counted if one.hours), key=lambda one: one.wakes / one.hours)
    calm, busy = known[0], known[-1]
    beats = budget.DAY_S // settings.beat_s
    table = Table(title="A day, estimated from datasheet currents: not measured")
    for column in ("board", "cell mAh", "mC a day", "mean µA", "days"):
        table.add_column(column, justify="left" if column == "board" else "right")
    for board, deep in ((budget.XIAO_C3, True), (budget.M5STICKC_PLUS2, False)):
        idle_looks = 3_600_000 / settings.batch_idle_ms
        bed = budget.Hour("bed", 0, 0, 0, 0) if deep else budget.Hour("bed", 0, idle_looks, 360_000, 3_600)
        day = [(9.0, bed), (14.0, calm.hour(deep=deep)), (1.0, busy.hour(deep=deep))]
        parts = budget.day_mc(board, day, beats)
        total = sum(parts.values())
        table.add_row(board.name, str(board.cell_mah), f"{total:.0f}", f"{total / budget.DAY_S * 1_000:.0f}",
                      f"{budget.days(board, total):.1f}")  # fmt: skip
        for part, charge in parts.items():
            table.add_row(f"  {part}", "", f"{charge:.0f}", f"{charge / budget.DAY_S * 1_000:.0f}", "")
    return table


if __name__ == "__main__":
    main()
