"""Without this file nobody would have tried a million lies: `python -m tools.fuzz --frames 1000000`.

Throws mutated frames and lines at every place where bytes come in, while two pendants go on calling. Exit code 1, with
the seed and the bytes, if anything raises, if an alarm is lost or invented, or if a pendant believes a forgery.
"""

import random
import sys
import tempfile
import time
from collections import Counter, deque
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from gateway import motion_parts
from shared import frames, framing, gateway_frames
from shared.ccm import Ccm
from tools.fuzzing.mutations import mutate
from tools.fuzzing.trip import Trip

_LIFE_EVERY = 50  # pieces of rubbish between two alarms
_KEPT = 200  # recorded frames that are mutated and replayed


class Fuzzer:
    """One run: the same seed throws the same rubbish."""

    def __init__(self, seed: int, directory: Path) -> None:
        self._chance = random.Random(seed)
        self.trip = Trip(directory)
        self.thrown: Counter[str] = Counter()
        self.mutations: Counter[str] = Counter()
        self.refused_by_parser = 0
        self._ups: deque[bytes] = deque(maxlen=_KEPT)
        self._downs: deque[bytes] = deque(maxlen=_KEPT)
        self._strangers = Ccm(bytes(16))
        for number in (0, 1):
            self._live(number)

    def run(self, number: int) -> None:
        """Throw that many pieces."""
        for index in range(number):
            if index % _LIFE_EVERY == 0:
                self._live(index // _LIFE_EVERY % 2)
            self._throw()

    def faults(self) -> list[str]:
        """What went wrong; empty if nothing did."""
        trip = self.trip
        found = [f"{len(trip.lost)} alarms or windows of motion lost"] if trip.lost else []
        found += [f"{len(trip.invented)} alarms or windows of motion invented"] if trip.invented else []
        if trip.acknowledged != len(trip.raised):
            found.append(f"{len(trip.raised) - trip.acknowledged} alarms not acknowledged")
        if trip.believed:
            found.append(f"pendants believed {dict(trip.believed)}")
        return found

    def _live(self, number: int) -> None:
        air, downs = self.trip.alarm(number)
        self._ups.append(air)
        self._downs.extend(downs)
        self._ups.extend(self.trip.motion(number))

    def _throw(self) -> None:
        chance, trip = self._chance, self.trip
        is_down = chance.random() < 0.4
        pool = self._downs if is_down else self._ups
        name, air = mutate(chance, chance.choice(pool), chance.choice(self._ups))
        self.mutations[name] += 1
        where = chance.randrange(6)
        if where == 0:
            self.thrown["parser of frames"] += 1
            self._parse(air)
        elif where == 1:
            self.thrown["bridge, from the air"] += 1
            trip.throw_at_bridge(air)
        elif where == 2:
            self.thrown["gateway"] += 1
            trip.throw_at_gateway(air)
        elif where == 3:
            self.thrown["pendant"] += 1
            trip.throw_at_pendant(chance.randrange(2), air)
        elif where == 4:
            self.thrown["gateway, from the line"] += 1
            trip.throw_at_line_up(self._line(framing.HEARD, air))
        else:
            self.thrown["bridge, from the line"] += 1
            trip.throw_at_line_down(self._line(framing.SEND, air))

    def _line(self, kind: int, air: bytes) -> bytes:
        """A line that carries rubbish whole, or that is rubbish itself."""
        if self._chance.random() < 0.5:  # the short forms
            kind = framing.ALARMS if kind == framing.HEARD else framing.SEND_ALL
        ahead = {framing.HEARD: b"\xff" * 7, framing.SEND: b"\xff" * 6, framing.ALARMS: b"\xff"}.get(kind, b"")
        whole = air[2:44] if kind == framing.ALARMS else air[:250]
        line = bytes(framing.encode(kind, ahead + whole))
        return line if self._chance.random() < 0.5 else mutate(self._chance, line, line[::-1])[1]

    def _parse(self, air: bytes) -> None:
        try:
            frames.read_header(air)
            frames.open_frame(air, self._strangers)
        except frames.FrameError:
            self.refused_by_parser += 1
        for unpack in (
            gateway_frames.unpack_event, gateway_frames.unpack_beat, gateway_frames.unpack_poll,
            frames.unpack_ack, frames.unpack_answer,
            frames.unpack_command, motion_parts.unpack,
        ):  # fmt: skip
            try:
                unpack(air)
            except frames.FrameError:
                self.refused_by_parser += 1


@click.command(help="Throw mutated frames and lines at pendant, bridge and gateway.")
@click.option("--frames", "number", default=1_000_000, show_default=True, help="Pieces of rubbish.")
@click.option("--seed", default=1, show_default=True)
def main(number: int, seed: int) -> None:
    """Run and print the counts."""
    console = Console(width=110)
    with tempfile.TemporaryDirectory() as directory:
        fuzzer = Fuzzer(seed, Path(directory))
        began_s = time.monotonic()
        fuzzer.run(number)
        _tell(console, fuzzer, number, time.monotonic() - began_s)
        faults = fuzzer.faults()
    for fault in faults:
        console.print(f"[red]{fault}[/] (seed {seed})")
    sys.exit(1 if faults else 0)


def _tell(console: Console, fuzzer: Fuzzer, number: int, took_s: float) -> None:
    trip = fuzzer.trip
    table = Table(title=f"{number:,} mutated frames and lines in {took_s:.0f} s")
    table.add_column("thrown at")
    table.add_column("pieces", justify="right")
    for name, count in sorted(fuzzer.thrown.items()):
        table.add_row(name, f"{count:,}")
    console.print(table)
    refused = ", ".join(f"{name} {count:,}" for name, count in sorted(trip.custody.counts.items()))
    console.print(f"gateway: {refused}")
    console.print(
        f"pendants refused {sum(pendant.link.rejected for pendant in trip.pendants):,};"
        f" damaged on the line, up {trip.up.rejected:,}; dropped by the bridge {trip.relay.dropped:,}"
    )
    console.print(
        f"alarms meanwhile: {len(trip.raised):,} raised, {len(trip.raised) - len(trip.lost):,} stored,"
        f" {trip.acknowledged:,} acknowledged, {len(trip.invented)} invented"
    )


if __name__ == "__main__":
    main()
