"""Without this command nobody would know how long a pendant lasts, or what it sleeps through: ``make bench-pendant``.

Counts the wakes of both boards over the recordings, compares what a sleeping pendant detects with one that is always
awake, and adds up a day from datasheet currents. An estimate until a meter has seen it.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from firmware.config import Settings
from tools.motion import SCENES, synthesise
from tools.pendant_bench import asleep, budget, effort
from tools.recordings import Recording
from tools.recordings.archive import Archive
from tools.recordings.load import data_folder
from tools.recordings.recording import Samples

_STAND_S = 6  # the wearer stands before a trial begins: the FIFO is full of it
_REST_S = 1.5  # the scoring protocol repeats the last sample so long
_IN_TIME_S = 1.0  # from the impact to the word ...
_BATCH_S = 0.05  # ... and so much for the batch in which it is read
_WHOLE_SHARE = 4 / 32  # of the looks at somebody at rest, firmware/pendant/motion.py
_SETS = ("fallalld_neck", "fallalld_waist", "sisfall_adxl345", "chest52")


_Pair = tuple[Recording, Recording]  # at the rate of the deep board and of the light one


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
    samples_light: int = 0
    rests_light: int = 0
    held_light: int = 0
    falls: int = 0
    awake_found: int = 0
    light_found: int = 0
    light_lost: int = 0
    deep_found: int = 0
    lost: int = 0
    latest_s: float = 0

    def hour(self, *, deep: bool) -> budget.Hour:
        """An hour of this life."""
        counted: tuple[float, ...] = (self.wakes, self.looks_deep, self.samples_deep, self.awake_deep_s)
        if not deep:
            light = (self.looks_light, self.samples_light, 3_600 * self.hours, self.rests_light, self.held_light)
            counted = (0, *light)
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


def sources(every: int) -> list[tuple[str, list[_Pair]]]:
    """The recordings by set, each at the rates of both boards; synthetic scenes where there are none."""
    folder = data_folder()
    if folder is None:
        print("The recordings are not here; synthetic motion stands in for them, and proves little.", file=sys.stderr)
        made = [synthesise(name, seed) for name in SCENES for seed in range(3)]
        return [("synthetic", [(one, one) for one in made])]
    found = []
    for name in _SETS:
        path = Path(folder) / f"{name}.npz"
        if path.exists():
            archive = Archive(path)
            step = every if len(archive) > 50 else 1
            chosen = range(0, len(archive), step)
            found.append((name, [(archive.trial(k, asleep.IMU_HZ), archive.trial(k, asleep.LIGHT_HZ)) for k in chosen]))
    return found


def _whole(acc_mg: Samples, hz: int) -> Samples:
    """A trial between standing still and its end."""
    before = np.repeat(acc_mg[:1], _STAND_S * hz, axis=0)
    after = np.repeat(acc_mg[-1:], int(_REST_S * hz), axis=0)
    return np.vstack([before, acc_mg, after])


def count(name: str, recordings: list[_Pair], boot_s: float, settings: Settings) -> Counted:
    """Play each recording to a pendant that reads all, to one that rests with its wearer, to one that sleeps."""
    total = Counted(name)
    for recording, slower_recording in recordings:
        whole = _whole(recording.acc_mg, asleep.IMU_HZ)
        slower = _whole(slower_recording.acc_mg, asleep.LIGHT_HZ)
        awake = asleep.always_awake(slower, settings, rests=False)
        light = asleep.always_awake(slower, settings, rests=True)
        deep = asleep.asleep(whole, boot_s, settings)
        if recording.is_fall:
            _score(total, _STAND_S + recording.impact / recording.fs_hz, (awake, light, deep))
        else:
            total.hours += recording.duration_s / 3_600
            total.wakes += deep.wakes
            total.looks_deep += deep.looks
            total.samples_deep += deep.samples
            total.awake_deep_s += deep.awake_s
            share = recording.duration_s / (len(slower) / asleep.LIGHT_HZ)  # the standing before it is not its life
            total.looks_light += round(light.looks * share)
            total.samples_light += round(light.samples * share)
            total.rests_light += round(light.rests * share)
            total.held_light += round(light.held * share)
    return total


def _score(total: Counted, impact_s: float, outcomes: tuple[asleep.Outcome, ...]) -> None:
    """A fall counts when the word comes at most a second after the impact (or after a second blow near it)."""

    def found(outcome: asleep.Outcome) -> list[float]:
        last_s = _IN_TIME_S + 1.5 + _BATCH_S
        return [at - impact_s for at in outcome.suspected_s if -1.5 <= at - impact_s <= last_s]

    awake, light, deep = (found(outcome) for outcome in outcomes)
    total.falls += 1
    total.awake_found += bool(awake)
    total.light_found += bool(light)
    total.deep_found += bool(deep)
    total.light_lost += bool(awake) and not light
    total.lost += bool(awake) and not deep
    if deep:
        total.latest_s = max(total.latest_s, deep[0])


def _counts(counted: list[Counted]) -> Table:
    """Eleven columns, in the 80 characters of a plain terminal: a name that is cut says nothing."""
    table = Table(
        title="What wakes a sleeping pendant, and what it misses asleep and at rest",
        caption="awake, asleep, at rest: falls found by a pendant that reads all, that sleeps, that reads less at rest;"
        " lost: found awake, and not so",
        box=SIMPLE_HEAD, padding=0, show_edge=False,
    )  # fmt: skip
    for column in (
        "set", "hours", "wakes\n/h", "read\nat rest", "falls", "awake", "asleep", "lost", "at rest", "lost", "latest\ns"
    ):  # fmt: skip
        table.add_column(column, justify="left" if column == "set" else "right", no_wrap=True)
    for one in counted:
        wakes = f"{one.wakes / one.hours:.0f}" if one.hours else "-"
        samples = one.samples_light + one.held_light
        read = f"{100 * one.samples_light / samples:.0f} %" if samples else "-"
        table.add_row(
            one.name, f"{one.hours:.2f}", wakes, read, str(one.falls), str(one.awake_found), str(one.deep_found),
            str(one.lost), str(one.light_found), str(one.light_lost), f"{one.latest_s:.2f}",
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
        work = effort.measure(board.name)
        bed = budget.Hour("bed", 0, 0, 0, 0) if deep else _bed(settings)
        day = [(9.0, bed), (14.0, calm.hour(deep=deep)), (1.0, busy.hour(deep=deep))]
        parts = budget.day_mc(board, work, day, beats)
        total = sum(parts.values())
        table.add_row(board.name, str(board.cell_mah), f"{total:.0f}", f"{total / budget.DAY_S * 1_000:.0f}",
                      f"{budget.days(board, total):.1f}")  # fmt: skip
        for part, charge in parts.items():
            table.add_row(f"  {part}", "", f"{charge:.0f}", f"{charge / budget.DAY_S * 1_000:.0f}", "")
        for what, other in budget.doubts(board):
            other_total = sum(budget.day_mc(other, work, day, beats).values())
            table.add_row(f"  if {what}", "", f"{other_total:.0f}", "", f"{budget.days(other, other_total):.1f}")
    return table


def _bed(settings: Settings) -> budget.Hour:
    """An hour of a night on the light board: nobody stirs, one look in eight is at every sample."""
    looks = 3_600_000 / settings.batch_idle_ms
    read = 360_000 * _WHOLE_SHARE
    return budget.Hour("bed", 0, looks, read, 3_600, looks * (1 - _WHOLE_SHARE), 360_000 - read)


if __name__ == "__main__":
    main()
