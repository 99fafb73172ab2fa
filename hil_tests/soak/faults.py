"""Without this file the days would be fair: what breaks in a home, at random moments, and is mended again."""

import contextlib
import random
import resource
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hil_tests.rig.jumping_clock import put_offset
from hil_tests.soak.ledger import Ledger
from hil_tests.soak.wearer import Wearer

CUT = "battery out"
_UNLIMITED = resource.RLIM_INFINITY


class Faults:
    """One fault after another, in a thread of its own; mend() takes back whatever is still broken."""

    def __init__(
        self, home: Any, wearers: Sequence[Wearer], ledger: Ledger, seed: int, stop: threading.Event, offset_file: Path,
        start_gateway: Callable[[], None],
    ) -> None:  # fmt: skip
        self._home = home
        self._wearers = wearers
        self._ledger = ledger
        self._chance = random.Random(seed)
        self._stop = stop
        self._offset_file = offset_file
        self._start_gateway = start_gateway
        self._thread = threading.Thread(target=self._break_things, name="faults", daemon=True)
        self._kinds: tuple[Callable[[float], None], ...] = (
            self._bad_air, self._internet_away, self._gateway_killed, self._bridge_out, self._battery_out,
            self._disk_full, self._clock_jumps, self._broker_restarts,
        )  # fmt: skip

    def start(self) -> None:
        """Begin to break things."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the last fault is mended."""
        self._thread.join()

    def _break_things(self) -> None:
        while not self._wait(self._chance.uniform(10, 60)):
            self._chance.choice(self._kinds)(self._chance.uniform(3, 45))

    def _wait(self, bench_s: float) -> bool:
        return self._stop.wait(self._home.clock.real_s(bench_s))

    def _note(self, who: str, what: str, detail: str = "") -> None:
        self._ledger.note(self._home.clock.now_s(), who, what, detail)

    def _bad_air(self, lasts_s: float) -> None:
        share = self._chance.choice((0.1, 0.3, 0.5, 0.7))
        self._note("air", "lost", f"{share:.0%}")
        self._home.air.set(loss=share, duplicate=0.1, jitter_s=0.03)
        self._wait(lasts_s)
        self._home.air.set(loss=0, duplicate=0, jitter_s=0)

    def _internet_away(self, lasts_s: float) -> None:
        self._note("internet", "cut")
        self._home.internet.cut()
        self._wait(lasts_s)
        self._home.internet.mend()

    def _broker_restarts(self, _lasts_s: float) -> None:
        self._note("internet", "cut for a moment, three times")
        for _ in range(3):
            self._home.internet.cut()
            self._wait(self._chance.uniform(0.5, 3))
            self._home.internet.mend()
            self._wait(self._chance.uniform(0.5, 3))

    def _gateway_killed(self, lasts_s: float) -> None:
        self._note("gateway", "killed")
        self._home.gateway.kill()
        self._wait(lasts_s * self._chance.choice((0, 0, 1)))
        self._start_gateway()

    def _bridge_out(self, lasts_s: float) -> None:
        self._note("bridge", "out")
        self._home.bridge.unplug()
        self._wait(lasts_s)
        self._home.bridge.plug()

    def _battery_out(self, lasts_s: float) -> None:
        wearer = self._chance.choice(self._wearers)
        with wearer.lock:
            self._note(wearer.name, CUT)
            wearer.board.power_cut()
            self._wait(lasts_s)
            wearer.board.power_on()

    def _disk_full(self, lasts_s: float) -> None:
        """No file of the gateway may grow: its writes fail as on a full disk, without filling this one."""
        self._note("disk", "no file may grow")
        pid = self._home.gateway.pid
        largest = max((path.stat().st_size for path in self._home.directory.glob("gateway/data/*")), default=0)
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, _UNLIMITED))
            self._wait(lasts_s)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (_UNLIMITED, _UNLIMITED))

    def _clock_jumps(self, _lasts_s: float) -> None:
        jump_s = self._chance.choice((-86_400, -3_600, -30, 30, 3_600, 86_400))
        self._note("clock", "jumps", f"{jump_s:+d} s")
        put_offset(self._offset_file, jump_s)
