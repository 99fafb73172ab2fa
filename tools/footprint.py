"""Without this file nobody would know whether the gateway fits into a small computer: `make footprint`.

Starts the real gateway several times and measures the time until it says READY, its memory then, with ten thousand
beats waiting, and with the station page; once as it comes, once on one core within 512 MB of address space. A Raspberry
Pi is slower than this machine: its times are not measured here, its memory is about the same on 64 bits.
"""

import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click

from gateway.drill.pendant import Pendant
from tools.gateway_bench.twins import Bridge, write_registry
from tools.home.broker import free_port

ROOT = Path(__file__).resolve().parents[1]
_LIMIT_BYTES = 512 * 1024 * 1024
_PENDANTS = 100
_AT_ONCE = 50  # frames on the line before we look how many have arrived
_WAIT_S = 180.0
_KEY = bytes(16)


class Figures(NamedTuple):
    """What was measured of one start."""

    ready_s: float
    cpu_s: float  # of it: says more than the time, where other programs run
    idle_kb: int
    waiting_kb: int
    most_kb: int


class Gateway:
    """The gateway as a process, as a service manager starts it."""

    def __init__(self, folder: Path, bridge: Bridge, *, is_small: bool, has_page: bool) -> None:
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(folder / "notify"))
        self._notify.settimeout(_WAIT_S)
        page = f"[station]\nport = {free_port()}\n" if has_page else ""
        path = folder / "gateway.toml"
        path.write_text(
            f'[gateway]\nsite = "home"\nid = "gw"\ndata_dir = "data"\n[serial]\nport = "{bridge.link}"\n[broker]\n'
            f'host = "127.0.0.1"\nport = {free_port()}\n[pendants]\nfile = "pendants.jsonl"\n{page}',
            "utf-8",
        )
        began_s = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "run", "--config", path],
            cwd=ROOT, env={**os.environ, "NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "2000000"},
            stderr=subprocess.DEVNULL, preexec_fn=_make_small if is_small else None,  # noqa: PLW1509 - no threads here
        )  # fmt: skip
        self.hear(lambda said: "READY=1" in said)
        self.ready_s = time.monotonic() - began_s
        self.cpu_s = _cpu_s(self.process.pid)

    def hear(self, wanted: Callable[[str], bool]) -> None:
        """Wait until the gateway tells the service manager what is wanted."""
        until_s = time.monotonic() + _WAIT_S
        while not wanted(self._notify.recv(4_096).decode()):
            if time.monotonic() > until_s:
                raise TimeoutError

    def kb(self, what: str) -> int:
        """A figure of /proc: VmRSS, VmHWM."""
        text = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(what))

    def end(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(timeout=_WAIT_S)
        self._notify.close()


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _make_small() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    resource.setrlimit(resource.RLIMIT_AS, (_LIMIT_BYTES, _LIMIT_BYTES))


def measure(waiting: int, *, is_small: bool, has_page: bool) -> Figures:
    """One start of a gateway with an empty store, whose broker is away."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pendants = [Pendant(bytes((2, 0, 0, 0, 1, number)), _KEY) for number in range(_PENDANTS)]
        write_registry(folder / "pendants.jsonl", pendants)
        bridge = Bridge(folder / "tty")
        gateway = Gateway(folder, bridge, is_small=is_small, has_page=has_page)
        try:
            gateway.hear(lambda said: "bridge there" in said)
            idle_kb = gateway.kb("VmRSS")
            _beat(bridge, pendants, waiting)
            if waiting:
                gateway.hear(lambda said: f" {waiting} telemetry" in said)
            return Figures(gateway.ready_s, gateway.cpu_s, idle_kb, gateway.kb("VmRSS"), gateway.kb("VmHWM"))
        finally:
            gateway.end()
            bridge.pull_out()


def _beat(bridge: Bridge, pendants: list[Pendant], waiting: int) -> None:
    """So many beats, each acknowledged: no faster than the gateway takes them."""
    for number in range(waiting):
        bridge.air(pendants[number % len(pendants)].beat())
        until_s = time.monotonic() + _WAIT_S
        while number + 1 - len(bridge.sent) >= _AT_ONCE:
            if time.monotonic() > until_s:
                raise TimeoutError
            time.sleep(0.001)


@click.command(help="Measure start-up and memory of the gateway.")
@click.option("--runs", default=5, show_default=True, help="Starts of each kind.")
@click.option("--waiting", default=10_000, show_default=True, help="Beats that wait for the platform.")
def main(runs: int, waiting: int) -> None:
    """Print a table of all kinds."""
    machine, cores, load = platform.machine(), os.cpu_count(), os.getloadavg()[0]
    print(f"{machine}, {cores} cores, Python {platform.python_version()}, load {load:.1f}")
    print(f"{'':34} READY median / worst   CPU   RSS idle  with {waiting:,} waiting   most")
    for text, is_small, has_page in (
        ("as it comes", False, False),
        ("with the station page", False, True),
        ("one core, 512 MB, with the page", True, True),
    ):
        found = [measure(waiting if run == 0 else 0, is_small=is_small, has_page=has_page) for run in range(runs)]
        ready_s = sorted(figures.ready_s for figures in found)
        cpu_s = statistics.median(figures.cpu_s for figures in found)
        idle, full, most = (figure / 1024 for figure in found[0][2:])
        print(
            f"{text:34} {statistics.median(ready_s):6.2f} / {ready_s[-1]:.2f} s   {cpu_s:6.2f} s {idle:6.1f} MB"
            f" {full:16.1f} MB {most:8.1f} MB"
        )


if __name__ == "__main__":
    main()
