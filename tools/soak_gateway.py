"""Without this tool "no alarm is ever lost" would rest on thought alone: `make soak-gateway KILLS=1000`.

A real gateway process, pendants that behave as pendants do (they repeat an event until it is acknowledged), a platform
behind a net that breaks, an operator who answers. The gateway is killed with SIGKILL at random moments, again and
again. At the end every event that a pendant was told is stored must be at the platform, every answer must be felt.
"""

import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click

from tools.gateway_bench import mosquitto
from tools.gateway_bench.crowd import Crowd
from tools.gateway_bench.net import Net
from tools.gateway_bench.sink import Sink
from tools.gateway_bench.soak_box import SoakBox
from tools.home.broker import EmbeddedBroker

_FILTERS = tuple(f"tiexin/bench/gw/{lane}/+" for lane in ("alarm", "event", "telemetry"))
_SETTLE_S = 60.0
_REPORT_EVERY = 50


@click.command()
@click.option("--kills", default=1000, show_default=True, help="How often the gateway is killed.")
@click.option("--seed", default=1, show_default=True, help="Of the moments, the events and the faults of the net.")
@click.option("--pendants", default=20, show_default=True)
def main(kills: int, seed: int, pendants: int) -> None:
    """Kill a gateway until it loses something, or does not."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="tiexin-soak-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # mosquitto gives up being root
        with _platform(directory) as broker, Net(broker.port) as net, Sink(broker.port, *_FILTERS) as sink:
            box = SoakBox(directory, net.port)
            crowd = Crowd(box.bridge, pendants, random.Random(seed), directory / "pendants.jsonl")
            crowd.ledger.copies, crowd.ledger.arrived_s = sink.counts, sink.first_s
            with crowd, sink.answering(crowd.wants_answer):
                sys.exit(_run(chance, kills, box, crowd, net, sink))


def _run(chance: random.Random, kills: int, box: SoakBox, crowd: Crowd, net: Net, sink: Sink) -> int:
    began_s = time.monotonic()
    steps: Counter[str] = Counter()
    for kill in range(1, kills + 1):
        box.start()
        time.sleep(chance.uniform(0.0, 1.2))
        if chance.random() < 0.2:
            net.reset()
        steps[box.kill()] += 1
        if kill % _REPORT_EVERY == 0:
            click.echo(
                f"{kill} kills, {len(crowd.acked):,} events acknowledged, {len(sink.counts):,} at the platform,"
                f" {sink.repeats:,} copies, {time.monotonic() - began_s:.0f} s"
            )
    box.start()
    crowd.calm_down()
    ledger = crowd.ledger
    until_s = time.monotonic() + _SETTLE_S
    while (crowd.unacked() or ledger.missing() or crowd.unfelt()) and time.monotonic() < until_s:
        time.sleep(0.2)
    box.stop()
    balance, unacked, unfelt = ledger.balance(frozenset(box.kept())), crowd.unacked(), crowd.unfelt()
    click.echo("last steps before a kill: " + ", ".join(f"{step} {count}" for step, count in steps.most_common()))
    click.echo(
        f"{kills:,} kills, {balance.acknowledged:,} events acknowledged ({crowd.alarms:,} alarms): {balance.lost} lost,"
        f" {balance.kept} still in the store, {unacked} never acknowledged, {balance.repeated:,} copies at the platform"
        f" ({balance.repeated / max(1, kills):.1f} a kill), longest delay {balance.longest_delay_s} s,"
        f" {crowd.answers_felt:,} answers felt, {unfelt} never felt"
    )
    for name in balance.names_of_lost:
        click.echo(f"lost: {name}")
    return 1 if balance.lost or balance.kept or unacked or unfelt else 0


def _platform(directory: Path) -> AbstractContextManager[Any]:
    """Mosquitto if it is installed: the embedded broker was seen to die of clients that vanish by the hundred."""
    return mosquitto.platform(directory / "platform") if mosquitto.program() else EmbeddedBroker(directory)


if __name__ == "__main__":
    main()
