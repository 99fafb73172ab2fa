"""Without this file the promises of the radio would be words: `python -m tools.bench_radio` puts figures to them.

Runs the firmware's own delivery and the gateway's own custody over a modelled air (tools/radio_model), in virtual time:
a channel that loses, one home with three gateways, and an earthquake; then what was never used to choose a constant by
(held_out.py), on seeds of its own. Exit code 1 if an alarm was lost or came twice.
"""

import sys
from collections.abc import Iterable
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from tools.radio_model import bridge, earthquake, held_out, home, lossy
from tools.radio_model.bridge import BridgeTimes
from tools.radio_model.earthquake import Outcome, quantile
from tools.radio_model.gateway import DiskTimes, measure

_LOSSES = (0.0, 0.3, 0.7)
_C3_SLOWER = 1.5  # 160 MHz instead of 240, and no second core for the radio


@click.command(help="Measure the radio in the model: loss, rooms, earthquake; then what it was never tuned for.")
@click.option("--alarms", default=2_000, show_default=True, help="Alarms at each loss.")
@click.option("--pendants", default=500, show_default=True, help="Pendants in the earthquake.")
@click.option("--commit-ms", default=None, type=float, help="A COMMIT takes so long (default: measured here).")
@click.option("--seeds", default=5, show_default=True, help="Earthquakes; the worst counts.")
def main(alarms: int, pendants: int, commit_ms: float | None, seeds: int) -> None:
    """Print the tables."""
    console = Console(width=132)
    times = measure() if commit_ms is None else DiskTimes(int(commit_ms * 1_000), 40)
    chip = bridge.measure()
    console.print(f"store: a COMMIT takes {times.commit_us / 1e3:.1f} ms, each record in it {times.record_us} us more")
    console.print("bridge (VM x 100): " + ", ".join(f"{name} {value}" for name, value in chip._asdict().items()))
    evenly = [(f"{loss:.0%} each way", lossy.evenly(loss)) for loss in _LOSSES]
    good = _loss(console, "one alarm, from send to stored acknowledgement", evenly, times, alarms, 1)
    good = _rooms(console, times) and good
    good = _earthquake(console, times, chip, pendants, seeds) and good
    good = _loss(console, "held out", held_out.LOSSES, times, alarms // 2, held_out.FIRST_SEED) and good
    good = _held_out_quakes(console, times, chip, seeds) and good
    sys.exit(0 if good else 1)


def _loss(
    console: Console, title: str, cases: Iterable[tuple[str, lossy.MakeLoss]], times: DiskTimes, alarms: int, seed: int
) -> bool:
    columns = ("loss", "alarms", "stored", "twice", "p50 ms", "p99 ms", "worst ms", "stored p50/p99 ms", "frames")
    table = _table(f"{title} (10 % doubled, up to 30 ms out of order)", columns)
    good = True
    for name, make_loss in cases:
        found = lossy.run(make_loss, alarms, times, seed)
        good = good and found.stored == found.raised == len(found.acknowledged_ms) and not found.twice
        waits, kept = found.acknowledged_ms, found.stored_ms
        table.add_row(
            name, str(found.raised), str(found.stored), str(found.twice), f"{quantile(waits, 0.5):.0f}",
            f"{quantile(waits, 0.99):.0f}", f"{waits[-1]:.0f}",
            f"{quantile(kept, 0.5):.0f} / {quantile(kept, 0.99):.0f}",
            f"{found.frames_each:.1f}",
        )  # fmt: skip
    console.print(table)
    return good


def _rooms(console: Console, times: DiskTimes) -> bool:
    found = home.run(times)
    console.print(
        f"one home, 106 pendants, three gateways: {found.alarms} alarms, {found.copies} copies, {found.rung} rung once,"
        f" {found.rung_twice} twice; the strongest gateway named for {found.strongest_named}, one within 6 dB of it for"
        f" {found.within_6_db}; acknowledged p50 {quantile(found.acknowledged_ms, 0.5):.0f} ms,"
        f" p99 {quantile(found.acknowledged_ms, 0.99):.0f} ms"
    )
    return found.rung == found.alarms and not found.rung_twice


def _earthquake(console: Console, times: DiskTimes, chip: BridgeTimes, pendants: int, seeds: int) -> bool:
    lines: tuple[tuple[str, dict[str, Any]], ...] = (
        ("115200 baud", {"bridge_times": chip}),
        ("115200 baud, a bridge or gateway of before", {"bridge_times": chip, "understands_short": False}),
        ("115200 baud, a chip half as slow again (C3)", {"bridge_times": bridge.slower(chip, _C3_SLOWER)}),
        ("native USB (as 921600)", {"bridge_times": chip, "baud": 921_600}),
    )
    table = _quake_table(f"earthquake: {pendants} alarms within one second, one gateway; the worst of {seeds}")
    good = True
    for name, options in lines:
        runs = [earthquake.run(pendants, times, seed=seed, **options) for seed in range(1, seeds + 1)]
        good = _add_worst(table, name, runs) and good
    console.print(table)
    return good


def _held_out_quakes(console: Console, times: DiskTimes, chip: BridgeTimes, seeds: int) -> bool:
    table = _quake_table(f"held out: earthquakes at 115200 baud; the worst of {seeds}")
    good = True
    for quake in held_out.QUAKES:
        first = held_out.FIRST_SEED
        runs = [quake.run(times, seed, bridge_times=chip) for seed in range(first, first + seeds)]
        good = _add_worst(table, quake.name, runs) and good
    console.print(table)
    return good


def _quake_table(title: str) -> Table:
    columns = (
        "",
        "stored",
        "stored p50",
        "p99 ms",
        "worst ms",
        "ack p99 ms",
        "frames",
        "collided",
        "dropped",
        "overrun",
    )
    return _table(title, columns)


def _add_worst(table: Table, name: str, runs: list[Outcome]) -> bool:
    """The run with the worst p99; whether all of them stored everything."""
    worst = max(runs, key=lambda run: quantile(run.stored_ms, 0.99))
    table.add_row(
        name, str(min(len(run.stored_ms) for run in runs)), f"{quantile(worst.stored_ms, 0.5):.0f}",
        f"{quantile(worst.stored_ms, 0.99):.0f}", f"{worst.stored_ms[-1]:.0f}",
        f"{quantile(worst.acknowledged_ms, 0.99):.0f}", str(worst.frames), str(worst.collided),
        str(worst.dropped_by_bridge), str(worst.overrun_bytes),
    )  # fmt: skip
    return all(run.is_complete for run in runs)


def _table(title: str, columns: Iterable[str]) -> Table:
    table = Table(title=title)
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    return table


if __name__ == "__main__":
    main()
