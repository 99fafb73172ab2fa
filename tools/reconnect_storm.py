"""Without this tool a platform would learn from its own fall how its gateways come back: all at once, or spread.

Simulates many gateways that lose the platform in the same moment, with the backoff that the gateway runs; no network,
only its arithmetic. Every knock at the door and every arrival after it opens again is counted by the second.
"""

import heapq
import random
from collections import Counter

import click
from rich.console import Console
from rich.table import Table

from gateway.backoff import Backoff


def simulate(
    gateways: int, away_s: float, with_alarm: float, seed: int
) -> tuple[Counter[int], list[float], list[float]]:
    """Knocks by second; seconds from the return to the arrival, of all gateways and of those with an alarm."""
    chance = random.Random(seed)
    knocks: Counter[int] = Counter()
    waits_s: list[float] = []
    alarm_waits_s: list[float] = []
    due: list[tuple[float, int, bool, Backoff]] = []
    for number in range(gateways):
        backoff = Backoff(random.Random(chance.random()))
        has_alarm = chance.random() < with_alarm
        # A broken connection is noticed by all within moments of each other.
        first_s = chance.random() * 0.05 + backoff.next_s(is_urgent=has_alarm)
        heapq.heappush(due, (first_s, number, has_alarm, backoff))
    while due:
        now_s, number, has_alarm, backoff = heapq.heappop(due)
        knocks[int(now_s)] += 1
        if now_s >= away_s:
            waits_s.append(now_s - away_s)
            if has_alarm:
                alarm_waits_s.append(now_s - away_s)
        else:
            heapq.heappush(due, (now_s + backoff.next_s(is_urgent=has_alarm), number, has_alarm, backoff))
    return knocks, sorted(waits_s), sorted(alarm_waits_s)


@click.command()
@click.option("--gateways", default=5_000, show_default=True)
@click.option("--away-s", default=600.0, show_default=True, help="How long the platform is away.")
@click.option("--with-alarm", default=0.01, show_default=True, help="Part of the gateways in which an alarm waits.")
@click.option("--seed", default=1, show_default=True)
def main(gateways: int, away_s: float, with_alarm: float, seed: int) -> None:
    """Let many gateways come back."""
    knocks, waits_s, alarm_waits_s = simulate(gateways, away_s, with_alarm, seed)
    steady = [knocks[second] for second in range(int(away_s * 0.5), int(away_s))]
    arrivals = Counter(int(wait_s) for wait_s in waits_s)
    table = Table(f"{gateways:,} gateways, the platform away for {away_s:.0f} s", "")
    table.add_row("knocks a second while it is away, mean / most", f"{sum(steady) / len(steady):.0f} / {max(steady)}")
    table.add_row("arrivals in the busiest second after its return", f"{max(arrivals.values()):,}")
    table.add_row("arrival after its return, p50 / p99 / last", "{:.1f} / {:.1f} / {:.1f} s".format(*_marks(waits_s)))
    if alarm_waits_s:
        table.add_row("the same with an alarm waiting", "{:.1f} / {:.1f} / {:.1f} s".format(*_marks(alarm_waits_s)))
    Console().print(table)


def _marks(values: list[float]) -> tuple[float, float, float]:
    return values[len(values) // 2], values[int(len(values) * 0.99)], values[-1]


if __name__ == "__main__":
    main()
