"""Without this file twenty wearers could not live here: `make soak MINUTES=30`.

Real firmware in VMs, a real gateway, a real broker; accelerated time; faults at random; a book of what every wearer did
and felt. It prints its seed; SEED=... makes the same days again (not the same microseconds).
"""

import random
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hil_tests.rig import jumping_clock
from hil_tests.soak.faults import CUT, Faults
from hil_tests.soak.ledger import FALL, HOLD, Ledger
from hil_tests.soak.reckoning import Book, Verdict, reckon, surely
from hil_tests.soak.wearer import Wearer
from hil_tests.virtual.clock import Clock
from tools.gateway_bench.box import rss_mb
from tools.home import feelings
from tools.home.house import GATEWAY, Home
from tools.home.report import holes

_SETTLE_S = 900.0  # bench seconds: the longest pause between two tries of a pendant is 30 s, of a beat 300 s
_MOST_RSS_MB = 90.0
_MOST_STORE_MB = 40.0
_LIGHT_EVERY = 10  # every tenth pendant is an M5StickC, which sleeps lightly and costs this machine a core


class Soak:
    """One home, its wearers, its faults, its books."""

    def __init__(self, directory: Path, pendants: int, scale: float, seed: int) -> None:
        boards = ["m5stickc_plus2" if number % _LIGHT_EVERY == 0 else "xiao_c3" for number in range(pendants)]
        self.home = Home(directory, boards=boards, seed=seed, clock=Clock(scale))
        self.ledger = Ledger(directory / "ledger.jsonl")
        self.seed = seed
        self.stop = threading.Event()
        self.rss_mb: list[float] = []
        self._offset_file = directory / "clock-offset"
        self._operator = random.Random(seed + 1)

    def begin(self) -> None:
        """Let them live, and let things break."""
        home, chance = self.home, random.Random(self.seed)
        jumping_clock.put_offset(self._offset_file, 0)
        home.gateway.kill()
        self._start_gateway()
        home.power_on()
        home.platform.listeners.append(self._operate)
        self.wearers = [
            Wearer(board, home.clock, self.ledger, chance.randrange(1 << 30), self.stop) for board in home.pendants
        ]
        self.faults = Faults(
            home,
            self.wearers,
            self.ledger,
            chance.randrange(1 << 30),
            self.stop,
            self._offset_file,
            self._start_gateway,
        )  # fmt: skip
        for living in (*self.wearers, self.faults):
            living.start()

    def end(self, tell: Callable[[str], None] = print) -> Verdict:
        """Stop, mend, wait until the books balance or it has taken too long."""
        self.stop.set()
        for living in (*self.wearers, self.faults):
            living.join()
        until_s, told = self.home.clock.now_s() + _SETTLE_S, ""
        while not (verdict := self.reckon()).is_good and self.home.clock.now_s() < until_s:
            if verdict.problems[0] != told:
                told = verdict.problems[0]
                tell(f"settling: {told}")
            self.home.clock.sleep(15)
        self.home.clock.sleep(60)  # what is too much comes late
        return self.reckon()

    def reckon(self) -> Verdict:
        """The books as they are now."""
        arrived: dict[str, list[str]] = {}
        for one in self.home.platform.in_order():
            arrived.setdefault(one.type, []).append(one.id)
        ids = [name for names in arrived.values() for name in names]
        gone = [name for wearer in self.wearers for name in holes(wearer.name, ids)]
        steps = [(step.name, str(step.facts.get("event", ""))) for step in list(self.home.gateway.steps)]
        verdict = reckon([self._book(wearer) for wearer in self.wearers], arrived, steps, gone)
        verdict.invented += self.home.platform.contradictions
        verdict.invented += [
            f"unreadable at the platform: {message[:60]!r}" for message in self.home.platform.unreadable
        ]
        return verdict

    def weigh(self) -> None:
        """Note what the gateway weighs now."""
        if self.home.gateway.is_running:
            try:
                self.rss_mb.append(rss_mb(self.home.gateway.pid))
            except (OSError, IndexError):
                return  # it has just been killed

    def store_mb(self) -> float:
        """What its store takes on disk."""
        files = (self.home.directory / "gateway" / "data").glob("store.db*")
        return sum(path.stat().st_size for path in files) / 1e6

    def felt(self) -> list[tuple[str, feelings.Felt]]:
        """What every motor said, and to whom."""
        now_s = self.home.clock.now_s()
        return [(wearer.name, one) for wearer in self.wearers for one in feelings.read(wearer.board.felt, now_s)]

    def starved(self) -> int:
        """How many lives of a pendant its watchdog ended: none on a machine that is quick enough for this speed."""
        lives = [life for wearer in self.wearers for life in wearer.board.lives]
        return sum(life.ending is not None and life.ending.how == "watchdog" for life in lives)

    def _book(self, wearer: Wearer) -> Book:
        felt = feelings.read(wearer.board.felt, self.home.clock.now_s())
        did = {what: [deed.at_s for deed in self.ledger.of(wearer.name, what)] for what in (HOLD, FALL, CUT)}
        return Book(wearer.name, surely(felt, "sent"), surely(felt, "fallen?"), did[HOLD], did[FALL], did[CUT])

    def _start_gateway(self) -> None:
        gateway = self.home.gateway
        gateway.start(jumping_clock.command(gateway.command(), self._offset_file))

    def _operate(self, arrival: object) -> None:
        kind, name = arrival.type, arrival.id  # type: ignore[attr-defined]
        if kind in {"tiexin.help.requested", "tiexin.fall.confirmed"} and self._operator.random() < 0.8:
            wait_s = self.home.clock.real_s(self._operator.uniform(3, 40))
            timer = threading.Timer(wait_s, self.home.platform.answer, (name, GATEWAY))
            timer.daemon = True
            timer.start()


@click.command()
@click.option("--minutes", default=30.0, show_default=True, help="Of this machine's time.")
@click.option("--pendants", default=20, show_default=True)
@click.option("--scale", default=3.0, show_default=True, help="Bench seconds in a second.")
@click.option("--seed", type=int, help="The same days again.")
@click.option("--out", default="build/soak", show_default=True, type=click.Path(path_type=Path))
def main(minutes: float, pendants: int, scale: float, seed: int | None, out: Path) -> None:
    """Let a home live while everything breaks, and balance the books."""
    console = Console()
    seed = random.SystemRandom().randrange(1 << 30) if seed is None else seed
    console.print(f"seed {seed}: {pendants} pendants, {minutes:g} minutes at {scale:g} times the speed of life")
    shutil.rmtree(out, ignore_errors=True)
    soak = Soak(out.resolve(), pendants, scale, seed)
    with soak.home:
        soak.begin()
        _wait(soak, minutes * 60)
        verdict = soak.end(console.print)
        console.print(_table(soak, verdict))
    soak.ledger.close()
    felt = Ledger(out / "felt.jsonl")
    for who, one in soak.felt():
        felt.note(one.at_s, who, one.name, f"{one.spans_ms} at most {one.late_ms} ms late")
    felt.close()
    problems = list(verdict.problems)
    if max(soak.rss_mb) > _MOST_RSS_MB:
        problems.append(f"the gateway has grown to {max(soak.rss_mb):.0f} MB")
    if soak.store_mb() > _MOST_STORE_MB:
        problems.append(f"its store has grown to {soak.store_mb():.0f} MB though everything was delivered")
    if soak.starved():
        console.print(
            "[yellow]This machine was too slow for so many at this speed: watchdogs bit. Take a lower --scale."
        )
    for problem in problems:
        console.print(f"[red]{problem}")
    console.print(f"every book and log is in {out}; SEED={seed} makes the same days again")
    sys.exit(1 if problems else 0)


def _wait(soak: Soak, seconds: float) -> None:
    until_s = time.monotonic() + seconds
    with Progress(transient=True) as progress:
        bar = progress.add_task("living", total=seconds)
        while (left_s := until_s - time.monotonic()) > 0:
            soak.weigh()
            arrived = len(soak.home.platform.arrivals)
            said = f"{len(soak.ledger.deeds):,} deeds and faults, {arrived:,} events at the platform"
            progress.update(bar, completed=seconds - left_s, description=said)
            time.sleep(min(2.0, left_s))


def _table(soak: Soak, verdict: Verdict) -> Table:
    deeds = soak.ledger.deeds
    pendants = {wearer.name for wearer in soak.wearers}
    faults = [deed for deed in deeds if deed.who not in pendants or deed.what == CUT]
    felt = soak.felt()
    copies = sum(one.copies - 1 for one in soak.home.platform.in_order())
    table = Table("", "", title=f"Seed {soak.seed}", show_header=False)
    table.add_row("bench hours lived", f"{soak.home.clock.now_s() / 3600:.2f} x {len(pendants)} wearers")
    table.add_row("what wearers did / what broke", f"{len(deeds) - len(faults):,} / {len(faults):,}")
    table.add_row("calls / falls at the platform", f"{verdict.calls:,} / {verdict.falls:,}")
    table.add_row("events in all / copies", f"{len(soak.home.platform.arrivals):,} / {copies:,}")
    table.add_row(
        "lost / invented / out of order", f"{len(verdict.lost)} / {len(verdict.invented)} / {len(verdict.misordered)}"
    )
    table.add_row("felt in the moment of a power cut: unsure", str(verdict.open))
    table.add_row("messages felt / too late to be sure", f"{len(felt):,} / {sum(not one.is_sure for _, one in felt):,}")
    table.add_row("lives that a watchdog ended", str(soak.starved()))
    table.add_row("the gateway's memory, first / highest", f"{soak.rss_mb[0]:.0f} / {max(soak.rss_mb):.0f} MB")
    table.add_row("its store at the end", f"{soak.store_mb():.1f} MB")
    return table


if __name__ == "__main__":
    main()
