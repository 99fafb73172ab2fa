"""Without this tool a power cut would be tried on a customer first: `make power-cuts CUTS=1000` tries it here.

Lets the store live on a watched disk, then lets the power go at as many moments as asked, each time losing, keeping or
tearing what was not synced, and counts the promises that were broken. Exit code 1 if there is one.
"""

import random
import sys
import tempfile
import time
from pathlib import Path

import click

from tools.gateway_bench import power
from tools.gateway_bench.disk import Unavailable

_EVENTS = 400  # of one life
_CUTS = 250  # of one life


@click.command()
@click.option("--cuts", default=1000, show_default=True, help="How often the power goes.")
@click.option("--seed", default=1, show_default=True, help="The same seed, the same cuts.")
def main(cuts: int, seed: int) -> None:
    """Cut the power of an imagined disk."""
    began_s = time.monotonic()
    broken: list[str] = []
    done = acked = 0
    while done < cuts:
        number = min(_CUTS, cuts - done)
        with tempfile.TemporaryDirectory(prefix="tiexin-power-") as name:
            try:
                start, log = power.record_a_life(Path(name) / "store.db", _EVENTS, seed + done)
            except Unavailable as why:
                click.echo(str(why), err=True)
                sys.exit(2)
            chance = random.Random(seed + done)
            after = Path(name) / "after"
            after.mkdir()
            moments = [chance.randrange(len(log)) for _ in range(number)]
            for moment, files in power.cut(start, log, moments, chance):
                acked += sum(op.kind == "acked" for op in log[:moment])
                broken += [f"cut at {moment}: {one}" for one in power.broken_promises(after, files, log[:moment])]
        done += number
    took_s = time.monotonic() - began_s
    for line in broken[:20]:
        click.echo(line)
    click.echo(
        f"{done:,} power cuts, {acked:,} acknowledged events looked for, {len(broken)} promises broken ({took_s:.0f} s)"
    )
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
