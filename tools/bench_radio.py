"""Without this file the promises of the radio would be words: `python -m tools.bench_radio` puts figures to them.

Runs the firmware's own delivery and the gateway's own custody over a modelled air (tools/radio_model), in virtual time:
a channel that loses, one home with three gateways, and an earthquake. Exit code 1 if an alarm was lost or came twice.
"""

import sys

import click
from rich.console import Console
from rich.table import Table

from tools.radio_model import earthquake, home, lossy
from tools.radio_model.earthquake import quantile
from tools.radio_model.gateway import DiskTimes, measure

_LOSSES = (0.0, 0.3, 0.7)
_LINES = ((115_200, "USB-serial chip, 115200 baud"), (460_800, "460800 baud"), (921_600, "native USB (as 921600)"))


@click.command(help="Measure the radio in the model: loss, rooms, earthquake.")
@click.option("--alarms", default=2_000, show_default=True, help="Alarms at each loss.")
@click.option("--pendants", default=500, show_default=True, help="Pendants in the earthquake.")
@click.option("--commit-ms", default=None, type=float, help="A COMMIT takes so long (default: measured here).")
@click.option("--seeds", default=5, show_default=True, help="Earthquakes; the worst counts.")
def main(alarms: int, pendants: int, commit_ms: float | None, seeds: int) -> None:
    """Print three tables."""
    console = Console(width=120)
    times = measure() if commit_ms is None else DiskTimes(int(commit_ms * 1_000), 40)
    console.print(f"store: a COMMIT takes {times.commit_us / 1e3:.1f} ms, each record in it {times.record_us} us more")
    good = _loss(console, times, alarms)
    good = _rooms(console, times) and good
    good = _earthquake(console, times, pendants, seeds) and good
    sys.exit(0 if good else 1)


def _loss(console: Console, times: DiskTimes, alarms: int) -> bool:
    table = Table(title="one alarm, from send to stored acknowledgement (10 % doubled, up to 30 ms out of order)")
    for name in (
        "loss each way",
        "alarms",
        "stored",
        "twice",
        "p50 ms",
        "p99 ms",
        "worst ms",
        "stored p50/p99 ms",
        "frames",
    ):
        table.add_column(name, justify="right")
    good = True
    for loss in _LOSSES:
        found = lossy.run(loss, alarms, times)
        good = good and found.stored == found.raised == len(found.acknowledged_ms) and not found.twice
        waits, kept = found.acknowledged_ms, found.stored_ms
        table.add_row(
            f"{loss:.0%}", str(found.raised), str(found.stored), str(found.twice), f"{quantile(waits, 0.5):.0f}",
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


def _earthquake(console: Console, times: DiskTimes, pendants: int, seeds: int) -> bool:
    table = Table(title=f"earthquake: {pendants} alarms within one second, one gateway; the worst of {seeds}")
    for name in (
        "line to the bridge",
        "stored",
        "stored p50",
        "p99 ms",
        "worst ms",
        "ack p99 ms",
        "frames",
        "collided",
    ):
        table.add_column(name, justify="right")
    good = True
    for baud, name in _LINES:
        runs = [earthquake.run(pendants, times, baud, seed) for seed in range(1, seeds + 1)]
        worst = max(runs, key=lambda run: quantile(run.stored_ms, 0.99))
        good = good and all(len(run.stored_ms) == len(run.acknowledged_ms) == pendants for run in runs)
        table.add_row(
            name, str(len(worst.stored_ms)), f"{quantile(worst.stored_ms, 0.5):.0f}",
            f"{quantile(worst.stored_ms, 0.99):.0f}", f"{worst.stored_ms[-1]:.0f}",
            f"{quantile(worst.acknowledged_ms, 0.99):.0f}", str(worst.frames), str(worst.collided),
        )  # fmt: skip
    console.print(table)
    return good


if __name__ == "__main__":
    main()
