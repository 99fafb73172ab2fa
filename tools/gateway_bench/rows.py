"""Without this file the comparison would be of opinions: one function a row of the table, the same for every gateway.

Every row gets a fresh gateway from `make(platform_port)` and returns a short text or number for its cell. An event is
lost if it was acknowledged to its producer and does not arrive at the platform, however long one waits (30 s here).
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tools.gateway_bench.net import Net
from tools.gateway_bench.sink import Sink

FILTERS = ("tiexin/bench/gw/alarm/+", "tiexin/bench/gw/telemetry/+", "v1/gateway/telemetry")
_SETTLE_S = 30.0


class Bench(NamedTuple):
    """What a row needs."""

    make: Callable[[int], Any]  # a new gateway (box.Box) that reports to this port
    port: int  # of the platform
    share: float  # 1.0: the full numbers; less for a quick look


def events_per_s(bench: Bench) -> str:
    """Telemetry as fast as it is taken, from the producer's first byte to the platform's last event."""
    number = int(20_000 * bench.share)
    with Sink(bench.port, *FILTERS) as sink, bench.make(bench.port) as box:
        box.feed(200, is_alarm=False, within_s=10)
        sink.wait(200, 10)
        prepared = box.prepare(number, is_alarm=False)
        began_s = time.monotonic()
        box.bring(prepared, within_s=120)
        sink.wait_until_quiet(number + 200, 120)
        took_s = max(sink.first_s.values()) - began_s
        lost = sum(name not in sink.counts for name in box.acked)
        return f"{(len(sink.counts) - 200) / took_s:,.0f}" + (f" ({lost:,} lost)" if lost else "")


def idle_latency(bench: Bench) -> str:
    """One alarm at a time, from the producer's byte to the platform."""
    number = int(500 * bench.share)
    with Sink(bench.port, *FILTERS) as sink, bench.make(bench.port) as box:
        box.feed(3, is_alarm=True, within_s=10)
        times_ms = []
        for _ in range(number):
            began_s = time.monotonic()
            (name,) = box.feed(1, is_alarm=True, within_s=0)
            times_ms.append((sink.wait_for(name, 5) - began_s) * 1000)
            time.sleep(0.01)
    times_ms.sort()
    return f"{times_ms[number // 2]:.1f} / {times_ms[int(number * 0.99)]:.1f}"


def bare_disk(bench: Bench) -> str:
    """What the disk takes at this moment for 4 kB, written and synced: no durable gateway can be quicker."""
    times_ms = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(int(300 * bench.share)):
            began_s = time.monotonic()
            os.write(file.fileno(), bytes(4096))
            os.fdatasync(file.fileno())
            times_ms.append((time.monotonic() - began_s) * 1000)
            time.sleep(0.005)
    times_ms.sort()
    return f"{times_ms[len(times_ms) // 2]:.1f} / {times_ms[int(len(times_ms) * 0.99)]:.1f}"


def syncs_per_100(bench: Bench) -> str:
    """The calls of fsync and fdatasync while 100 alarms come one by one."""
    if not shutil.which("strace"):
        return "no strace"
    with Sink(bench.port, *FILTERS) as sink, bench.make(bench.port) as box:
        box.feed(3, is_alarm=True, within_s=10)
        trace = subprocess.Popen(
            ["strace", "-f", "-e", "trace=fsync,fdatasync", "-p", str(box.pid())],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        time.sleep(1.0)
        for _ in range(100):
            (name,) = box.feed(1, is_alarm=True, within_s=0)
            sink.wait_for(name, 5)
            time.sleep(0.02)
        trace.terminate()
        _, told = trace.communicate()
    return str(sum("sync(" in line and "resumed" not in line for line in told.splitlines()))


def platform_down(bench: Bench) -> str:
    """The platform is away for 20 s while 6,000 events come."""
    number = int(6_000 * bench.share)
    with Net(bench.port) as net, Sink(bench.port, *FILTERS) as sink, bench.make(net.port) as box:
        box.feed(3, is_alarm=False, within_s=10)
        net.refuse()
        began_s = time.monotonic()
        box.feed(number, is_alarm=False, within_s=10)
        time.sleep(max(0.0, 20 - (time.monotonic() - began_s)))
        net.accept()
        return _lost(box, sink)


def link_silent(bench: Bench) -> str:
    """30 s in which the link swallows everything without an RST while 4,000 events come."""
    number = int(4_000 * bench.share)
    with Net(bench.port) as net, Sink(bench.port, *FILTERS) as sink, bench.make(net.port) as box:
        box.feed(3, is_alarm=False, within_s=10)
        net.silence(is_silent=True)
        began_s = time.monotonic()
        box.feed(number, is_alarm=False, within_s=10)
        time.sleep(max(0.0, 30 - (time.monotonic() - began_s)))
        net.reset()  # what was under way is gone for good
        net.silence(is_silent=False)
        return _lost(box, sink)


def link_resets(bench: Bench) -> str:
    """The link breaks every 1.5 s while 3,000 events come: how many come twice."""
    number = int(3_000 * bench.share)
    with Net(bench.port) as net, Sink(bench.port, *FILTERS) as sink, bench.make(net.port) as box:
        for _ in range(10):
            box.feed(number // 10, is_alarm=False, within_s=3)
            time.sleep(1.5)
            net.reset()
        _wait_for_acked(box, sink)
        lost = sum(name not in sink.counts for name in box.acked)
        return f"{sink.repeats}" + (f" ({lost} lost)" if lost else "")


def killed_amid(bench: Bench) -> str:
    """Killed while 10,000 events come, started again: of the acknowledged ones lost."""
    number = int(10_000 * bench.share)
    with Sink(bench.port, *FILTERS) as sink, bench.make(bench.port) as box:
        box.feed(3, is_alarm=False, within_s=10)
        box.feed(number, is_alarm=False, within_s=0.05)
        box.kill()
        box.start()
        return _lost(box, sink)


def _lost_by_a_kill(net: Net, sink: Sink, box: Any, within_s: float) -> int:
    """An alarm into a box whose platform is away; killed, started, the platform is back: 1 if it was acked and lost."""
    names = box.feed(1, is_alarm=True, within_s=within_s)
    time.sleep(0.3)
    box.kill()
    net.accept()
    box.start()
    return sum(name in box.acked and sink.wait_for(name, _SETTLE_S) == float("inf") for name in names)


def killed_at_once(bench: Bench) -> str:
    """One alarm is acknowledged while the platform is away, the gateway killed 300 ms later: how often it is lost."""
    times = max(2, int(20 * bench.share))
    lost = 0
    with Net(bench.port) as net, Sink(bench.port, *FILTERS) as sink, bench.make(net.port) as box:
        box.feed(3, is_alarm=True, within_s=10)
        for _ in range(times):
            net.refuse()
            lost += _lost_by_a_kill(net, sink, box, within_s=3)
    return f"{lost} of {times}"


def booted_alone(bench: Bench) -> str:
    """Switched on while the platform is away; one alarm is acknowledged; the plug is pulled; then all is well again."""
    times = max(1, int(4 * bench.share))
    lost = 0
    for _ in range(times):
        with Net(bench.port) as net, Sink(bench.port, *FILTERS) as sink:
            net.refuse()
            with bench.make(net.port) as box:
                lost += _lost_by_a_kill(net, sink, box, within_s=5)
    return f"{lost} of {times}"


def alarm_behind_beats(bench: Bench) -> str:
    """10,000 heartbeats wait, an alarm comes, the platform comes back: when is the alarm there, and behind how many."""
    number = int(10_000 * bench.share)
    with Net(bench.port) as net, Sink(bench.port, *FILTERS) as sink, bench.make(net.port) as box:
        box.feed(3, is_alarm=False, within_s=10)
        net.refuse()
        box.feed(number, is_alarm=False, within_s=90)
        names = box.feed(1, is_alarm=True, within_s=10)
        is_acked = names[0] in box.acked
        rss = box.rss_mb()
        net.accept()
        back_s = time.monotonic()
        came_s = sink.wait_for(names[0], _SETTLE_S)
        if came_s == float("inf"):
            return f"{'lost' if is_acked else 'not taken'}; {rss:.0f}"
        before = sum(first_s < came_s for first_s in sink.first_s.values()) - 3
        return f"{came_s - back_s:.1f} s, behind {before:,}; {rss:.0f}"


def _wait_for_acked(box: Any, sink: Sink) -> None:
    until_s = time.monotonic() + _SETTLE_S
    while time.monotonic() < until_s and any(name not in sink.counts for name in list(box.acked)):
        time.sleep(0.1)


def _lost(box: Any, sink: Sink) -> str:
    _wait_for_acked(box, sink)
    lost = sum(name not in sink.counts for name in box.acked)
    return f"{lost:,} of {len(box.acked):,}"


ROWS: tuple[tuple[str, Callable[[Bench], str]], ...] = (
    ("events/s end to end", events_per_s),
    ("idle latency p50 / p99, ms", idle_latency),
    ("the disk alone at that time: 4 kB synced, ms", bare_disk),
    ("fsyncs per 100 single events", syncs_per_100),
    ("platform down 20 s: lost of acked", platform_down),
    ("link silent 30 s: lost of acked", link_silent),
    ("link reset every 1.5 s: repeated of 3,000", link_resets),
    ("kill -9 amid 10,000: lost of acked", killed_amid),
    ("one acked alarm, killed 300 ms later: lost", killed_at_once),
    ("booted while the platform is away: lost", booted_alone),
    ("an alarm behind 10,000 heartbeats; RSS MB then", alarm_behind_beats),
)


def run_row(row: Callable[[Bench], str], bench: Bench) -> str:
    """One cell; what went wrong in the measuring is said in the cell."""
    try:
        return row(bench)
    except (TimeoutError, OSError, subprocess.SubprocessError, AssertionError) as fault:
        return f"not measured: {fault}"


def fresh(directory: Path, number: int) -> Path:
    """A directory of its own for each gateway."""
    path = directory / f"box{number}"
    path.mkdir(parents=True)
    return path
