"""Without this tool "a city of 14,027 wearers" would be a sentence: `make city` lets them live on this machine.

Three nodes of a real cluster, the real stores and uplinks of 300 gateways, a platform that counts every id. In the
middle the node that leads the stream of messages is killed. At the end each event that a gateway has acknowledged must
be at the platform. Then more and more is said, until the machine can bear no more.
"""

import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tools.city_model import marks, street
from tools.city_model.cluster import Balancer, Cluster, NoServer
from tools.gateway_bench.sink import Sink

_MEMORY = Path("/dev/shm")
_FILTERS = tuple(f"tiexin/city/+/{lane}/+" for lane in ("alarm", "event", "telemetry"))
_CONNECT_S = 120.0
_DRAIN_S = 180.0
_GIVEN_AGAIN_S = 40.0  # what was on its way to the platform as a node died comes again: NATS waits 30 s (ack_wait)
_KILLED_FOR_S = 20.0  # the dead node comes back after this
_STEP_S = 12.0
_LEVEL_S = 5.0  # a backlog of more than so many seconds' worth of events: the machine falls behind


class City:
    """The processes, and what they tell."""

    def __init__(self, directory: Path, port: int, gateways: int, pendants: int, processes: int, alarms: float) -> None:
        self.directory = directory
        self._reports: list[dict[str, int]] = [{} for _ in range(processes)]
        self._pipes: list[Connection] = []
        self._processes: list[Any] = []
        context = multiprocessing.get_context("spawn")
        for number in range(processes):
            first, last = (gateways * part // processes for part in (number, number + 1))
            first_pendant, last_pendant = (pendants * part // processes for part in (number, number + 1))
            told = street.Street(
                str(directory), first, last - first, first_pendant, last_pendant - first_pendant, port,
                alarms / processes, alarms / processes / 2, number,
            )  # fmt: skip
            mine, theirs = context.Pipe()
            process = context.Process(target=street.run, args=(told, theirs), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(mine)
            self._processes.append(process)

    def total(self, name: str) -> int:
        """A number of the newest reports, over all processes."""
        for number, pipe in enumerate(self._pipes):
            while pipe.poll():
                self._reports[number] = pipe.recv()
        return sum(report.get(name, 0) for report in self._reports)

    def speed(self, speed: float) -> None:
        """So many city seconds in a second, from now on."""
        for pipe in self._pipes:
            pipe.send(speed)

    def wait(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Whether it came true in time."""
        until_s = time.monotonic() + within_s
        while time.monotonic() < until_s:
            if condition():
                return True
            time.sleep(0.2)
        return False

    def end(self) -> marks.Ledger:
        """Stop all; what was acknowledged."""
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(60)
        return [
            (event, kind, at_s)
            for path in sorted(self.directory.glob("ledger-*.json"))
            for event, kind, at_s in json.loads(path.read_text("utf-8"))
        ]


@click.command()
@click.option("--pendants", default=14_027, show_default=True)
@click.option("--gateways", default=300, show_default=True)
@click.option("--processes", default=3, show_default=True, help="Over which the gateways are spread.")
@click.option("--speed", default=2.0, show_default=True, help="City seconds in a second (beats come every 300 s).")
@click.option("--seconds", default=80.0, show_default=True, help="The main part; a node is killed in its middle.")
@click.option("--alarms-per-s", default=5.0, show_default=True, help="Of all pendants: a bad day is one.")
@click.option("--on-disk", is_flag=True, help="The gateways' stores on this disk, not in memory.")
@click.option("--kill/--no-kill", default=True, show_default=True, help="Kill the node that leads.")
@click.option("--ramp/--no-ramp", default=True, show_default=True, help="Then double the speed until it breaks.")
def main(
    pendants: int, gateways: int, processes: int, speed: float, seconds: float, alarms_per_s: float, *,
    on_disk: bool, kill: bool, ramp: bool,
) -> None:  # fmt: skip
    """Let a city live against three brokers, kill one, count."""
    console = Console()
    may_use_memory = os.access(_MEMORY, os.W_OK | os.X_OK)
    memory = str(_MEMORY) if may_use_memory and not on_disk else None  # 300 gateways have 300 disks; here is one
    with (
        tempfile.TemporaryDirectory(prefix="tiexin-city-") as name,
        tempfile.TemporaryDirectory(prefix="tiexin-city-", dir=memory) as stores,
    ):
        directory = Path(stores)
        try:
            cluster = Cluster(Path(name))
        except NoServer as fault:
            console.print(str(fault))
            sys.exit(2)
        with cluster, Balancer(cluster.ports) as balancer, Sink(balancer.port, *_FILTERS, session="platform") as sink:
            city = City(directory, balancer.port, gateways, pendants, processes, alarms_per_s)
            console.print(f"{pendants:,} pendants, {gateways} gateways, {processes} processes, 3 nodes; connecting ...")
            began_s = time.monotonic()
            if not city.wait(lambda: city.total("connected") == gateways, _CONNECT_S):
                raise TimeoutError(f"only {city.total('connected')} of {gateways} gateways have connected")
            console.print(f"all connected after {time.monotonic() - began_s:.1f} s")
            spans = _live(console, city, cluster, speed, seconds) if kill else _peace(city, speed, seconds)
            if ramp:
                spans += _ramp(console, city, sink, speed)
            sys.exit(_reckon(console, city, sink, spans, cluster.rss_mb()))


def _peace(city: City, speed: float, seconds: float) -> list[marks.Span]:
    begin_s = time.monotonic()
    city.speed(speed)
    _pass(city, seconds, "all three nodes")
    return [marks.Span("three nodes", begin_s, time.monotonic())]


def _live(console: Console, city: City, cluster: Cluster, speed: float, seconds: float) -> list[marks.Span]:
    """The main part: half of it in peace, then the leader dies."""
    begin_s, used_s = time.monotonic(), cluster.cpu_s()
    city.speed(speed)
    _pass(city, seconds / 2, "all three nodes")
    share = (cluster.cpu_s() - used_s) / (time.monotonic() - begin_s)
    console.print(f"the three nodes use {share * 100:.0f} % of one core, {cluster.rss_mb():.0f} MB")
    leader = cluster.leader()
    console.print(f"killing node {leader}, which leads the stream of messages; {city.total('acked'):,} events so far")
    cluster.kill(leader)
    kill_s = time.monotonic()
    _pass(city, min(_KILLED_FOR_S, seconds / 4), "two nodes")
    cluster.start(leader)
    back_s = time.monotonic()
    _pass(city, seconds - (back_s - begin_s), "three again")
    end_s = time.monotonic()
    return [
        marks.Span("three nodes", begin_s, kill_s),
        marks.Span("one killed", kill_s, back_s),
        marks.Span("it is back", back_s, end_s),
    ]


def _ramp(console: Console, city: City, sink: Sink, speed: float) -> list[marks.Span]:
    """Twice as much, again and again, until events wait or alarms are late."""
    spans = []
    while True:
        speed *= 2
        city.speed(speed)
        begin_s, acked, arrived = time.monotonic(), city.total("acked"), len(sink.counts)
        _pass(city, _STEP_S, f"{speed:.0f} times as fast")
        passed_s = time.monotonic() - begin_s
        rate = (city.total("acked") - acked) / passed_s
        waiting = city.total("waiting")
        console.print(
            f"{speed:5.0f} times as fast: {rate:,.0f} events/s acknowledged, "
            f"{(len(sink.counts) - arrived) / passed_s:,.0f}/s arrived, {waiting:,} waiting"
        )
        spans.append(marks.Span(f"{rate:,.0f}/s", begin_s, time.monotonic()))
        if waiting > rate * _LEVEL_S or city.total("alarms_waiting") > rate:
            return spans


def _pass(city: City, seconds: float, what: str) -> None:
    until_s = time.monotonic() + seconds
    with Progress(transient=True) as progress:
        bar = progress.add_task(what, total=seconds)
        while (left_s := until_s - time.monotonic()) > 0:
            progress.update(bar, completed=seconds - left_s, description=f"{what}: {city.total('acked'):,} events")
            time.sleep(min(0.5, left_s))


def _reckon(console: Console, city: City, sink: Sink, spans: list[marks.Span], rss_mb: float) -> int:
    city.speed(0)
    time.sleep(2.0)  # what is on its way into the stores
    city.wait(lambda: city.total("waiting") == 0, _DRAIN_S)
    refused = city.total("refused")
    sink.wait_until_quiet(city.total("acked"), 60, quiet_s=_GIVEN_AGAIN_S)
    ledger = city.end()
    gone = marks.lost(ledger, sink.counts)
    table = Table("", "kind", "events", "p50 ms", "p99 ms", "most ms", title="From the gateway to the platform")
    found = marks.latencies(ledger, sink.first_s, spans)
    for span in spans:
        for (name, kind), mark in sorted(found.items()):
            if name == span.name:
                cells = f"{mark.events:,}", f"{mark.p50_ms:,.0f}", f"{mark.p99_ms:,.0f}", f"{mark.most_ms:,.0f}"
                table.add_row(name, kind, *cells)
    console.print(table)
    console.print(
        f"{len(ledger):,} events acknowledged, {len(gone)} lost, {sink.repeats:,} copies,"
        f" {marks.invented(ledger, refused, sink.counts)} invented, {refused} refused; the nodes use {rss_mb:.0f} MB"
    )
    for event in gone[:10]:
        console.print(f"lost: {event}")
    return 1 if gone else 0


if __name__ == "__main__":
    main()
