"""Without this file there would be no real bench: the same verbs over a board, a stick and the helper's hands.

Broker, gateway and platform run on the bench's computer, as they do on the virtual rig. What a bench does not have is
`Lacking` and skips the tests that need it.
"""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import pytest

from hil_tests.rig import bench_parts as parts
from hil_tests.rig import platform_verbs
from hil_tests.rig.console_port import ConsolePort
from hil_tests.rig.helper_link import HelperLink
from hil_tests.rig.log import Log
from hil_tests.rig.rig_file import Bench
from hil_tests.rig.verbs import Lacking
from hil_tests.rig.wishes import Wishes
from tools.home.broker import EmbeddedBroker
from tools.home.gateway_process import GatewayProcess
from tools.home.internet import Internet
from tools.home.platform import Platform

_START_S = 30.0
_LOOK_S = 0.05


class BenchRig:
    """The bench, opened once; as_wished() makes it ready for a test."""

    kind = "bench"

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.helper = HelperLink(bench.helper_port)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.helper.close()

    def as_wished(self, wishes: Wishes, directory: Path) -> "BenchHome":
        """A home round the board. Skips the test where the bench cannot fulfil a wish."""
        if wishes.board not in {None, self.bench.board}:
            pytest.skip(f"this bench has a {self.bench.board}, the test needs a {wishes.board}.")
        if wishes.gateways > 1:
            pytest.skip("this bench has one bridge; the test needs two.")
        return BenchHome(self, wishes, directory)


class BenchHome:
    """One test's home on the bench."""

    kind = "bench"

    def __init__(self, rig: BenchRig, wishes: Wishes, directory: Path) -> None:
        self.log = Log()
        self.directory = directory
        self._rig, self._wishes = rig, wishes
        self._bench, self._helper = rig.bench, rig.helper
        self._stack = ExitStack()
        self._began_s, self._began_unix_s = time.monotonic(), time.time()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        enter, bench, helper = self._stack.enter_context, self._bench, self._helper
        self.power, self.button = parts.Power(self, helper), parts.Button(self, helper)
        self._stack.callback(self.power.cut)
        broker = enter(EmbeddedBroker(self.directory))
        self.internet = enter(Internet(broker.port))
        self._platform = enter(Platform(broker.port))
        records = [{name: bench.record[name] for name in ("id", "key")}]
        helper.request("switch", "bridge", 1)
        self.process = GatewayProcess(
            self.directory / "gateway", "gateway1", bench.bridge_port, self.internet.port, records
        )
        enter(self.process)
        self.process.expect("bridge", within_s=_START_S)
        self.process.expect("connected", within_s=_START_S)
        self.platform = platform_verbs.PlatformVerbs(self, self._platform, bench.record["id"])
        self.gateway = platform_verbs.GatewayVerbs(self, self.process, self.directory / "clock-offset")
        line, late_s = bench.motor_line, bench.late_ms / 1000
        self.vibration = parts.at_line("vibration", line, helper, lambda: parts.Vibration(self, helper, line, late_s))
        self.led = parts.at_line("led", bench.led_line, helper, lambda: parts.Led(self, helper, bench))
        self.bridge = parts.Bridge(self, helper)
        self.current = parts.Current(helper) if "meter" in helper.has else Lacking("current", parts.NO_METER)
        self.motion = parts.motion(self, helper, bench)
        self.console = self._console()
        self.radio = Lacking("radio", "this bench has no attenuator between pendant and bridge.")
        self.air = Lacking("air", "this bench has no listener beside the pendant.")
        self.battery = Lacking("battery", "this bench feeds the pendant from a fixed supply.")
        self.flash = Lacking("flash", "files are written onto a real pendant by make flash only.")
        self.sleep = Lacking("sleep", "a real board's wakes are not counted from outside.")
        platform_verbs.listen(self, self.process, self._platform)
        self.power.cut()
        if self._wishes.is_on:
            self.power.on()
            self.platform.expect("pendant.started", _START_S)
            self.platform.forget_expected()
            self._settle()

    def _settle(self) -> None:
        """Let the pendant have the settings that the test wishes."""
        if self._wishes.settings:
            command = {
                "command": "configure",
                "pendant": self._bench.record["id"],
                "settings": dict(self._wishes.settings),
            }
            self.platform.command(command)
            self.button.press(200)  # it hears of a command when it speaks
            self.platform.expect("command.done", 400)
            self.platform.expect("pendant.started", _START_S)

    def _console(self) -> Any:
        if self._bench.console_port is None:
            return Lacking("console", "the rig's file names no console of the pendant.")
        return self._stack.enter_context(ConsolePort(self, self._bench.console_port, self.directory / "console.log"))

    # ---- time

    def now_s(self) -> float:
        """Seconds since the test began."""
        return time.monotonic() - self._began_s

    def sleep_s(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(0.0, seconds))

    def doze(self, seconds: float) -> None:
        """Wait: nobody skips a night."""
        self.sleep_s(seconds)

    def real_s(self, seconds: float) -> float:
        """A real bench has no other time."""
        return seconds

    def from_monotonic_s(self, at_s: float) -> float:
        """A moment of time.monotonic() on the test's axis."""
        return at_s - self._began_s

    def from_unix_s(self, at_s: float) -> float:
        """A moment of the gateway's log on the test's axis."""
        return at_s - self._began_unix_s

    def wait(self, look: Any, within_s: float) -> Any:
        """What look() gives once it is something true, or None after within_s."""
        until_s = self.now_s() + within_s
        while not (found := look()) and self.now_s() < until_s:
            time.sleep(_LOOK_S)
        return found

    def logs(self) -> Mapping[str, Path]:
        """Every log of this test, whole; of a home that could not be built, those that it began."""
        started = {"gateway": self.process.log_path} if hasattr(self, "process") else {}
        return {**started, "pendant": self.directory / "console.log"}
