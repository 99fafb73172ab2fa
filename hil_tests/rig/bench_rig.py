"""Without this file there would be no real bench: the same verbs over a board, a stick and the helper's hands.

Broker, gateway and platform run on the bench's computer, as they do on the virtual rig. What a bench does not have is
`Lacking` and skips the tests that need it.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import pytest

from hil_tests.rig import platform_verbs
from hil_tests.rig.console_port import ConsolePort
from hil_tests.rig.helper_link import HelperLink
from hil_tests.rig.log import Log
from hil_tests.rig.rig_file import Bench
from hil_tests.rig.verbs import Feeling, Lacking, Recording
from hil_tests.rig.wishes import Wishes
from tools.home import feelings
from tools.home.broker import EmbeddedBroker
from tools.home.gateway_process import GatewayProcess
from tools.home.internet import Internet
from tools.home.platform import Platform

_START_S = 30.0
_LOOK_S = 0.05
_NO_METER = "the helper has no meter; solder an INA226 into the pendant's supply and name it in its wiring.json."


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
        self.power, self.button = _Power(self, helper), _Button(self, helper)
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
        self.vibration = _Vibration(self, helper, bench.motor_line)
        self.led = _Led(self, helper, bench)
        self.bridge = _Bridge(self, helper)
        self.current = _Current(helper) if "meter" in helper.has else Lacking("current", _NO_METER)
        self.motion = _motion(self, helper, bench)
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
        """Every log of this test, whole."""
        return {"gateway": self.process.log_path, "pendant": self.directory / "console.log"}


class _Part:
    def __init__(self, home: BenchHome, helper: HelperLink) -> None:
        self._home = home
        self._helper = helper

    def _hand(self, text: str) -> None:
        self._home.log.add(self._home.now_s(), "hand", text)


class _Power(_Part):
    def cut(self) -> None:
        self._hand("the supply is switched off")
        self._helper.request("switch", "power", 0)

    def on(self) -> None:
        self._hand("the supply is switched on")
        self._helper.request("switch", "power", 1)

    def cut_while_writing(self, writes: int) -> None:
        pytest.skip("power.cut_while_writing: a real bench cannot choose the write.")


class _Button(_Part):
    def press(self, ms: float, bounce_ms: float = 0) -> float:
        self._hand(f"presses for {ms:.0f} ms")
        down_ms, _up_ms = self._helper.request("press", round(ms), round(bounce_ms), within_s=ms / 1000 + 3)
        return self._home.from_monotonic_s(self._helper.at_s(int(down_ms)))

    def down(self) -> None:
        self._hand("finger on the button")
        self._helper.request("down")

    def up(self) -> None:
        self._hand("finger off")
        self._helper.request("up")


class _Bridge(_Part):
    def unplug(self) -> None:
        self._hand("the bridge is unplugged")
        self._helper.request("switch", "bridge", 0)

    def plug(self) -> None:
        self._hand("the bridge is plugged in")
        self._helper.request("switch", "bridge", 1)


class _Pulse:
    """As feelings.read wants it."""

    output, duty = "vibration", 1.0
    start_late_s = end_late_s = 0.0

    def __init__(self, start_s: float) -> None:
        self.start_s = start_s
        self.end_s: float | None = None


class _Vibration(_Part):
    def __init__(self, home: BenchHome, helper: HelperLink, line: str) -> None:
        super().__init__(home, helper)
        names = sorted(name for name in helper.has if name not in {"finger", "arm", "meter", "power", "bridge"})
        self._line = names.index(line)
        self._next = int(helper.request("pulses", 1 << 29)[1])  # what was before this test is not ours
        self._pulses: list[_Pulse] = []

    def felt(self) -> Sequence[Feeling]:
        self._fetch()
        return [Feeling(one.at_s, one.name) for one in feelings.read(self._pulses, self._home.now_s())]

    def expect(self, name: str, within_s: float, since_s: float = 0.0) -> Feeling:
        def look() -> Feeling | None:
            return next((one for one in self.felt() if one.name == name and one.at_s >= since_s), None)

        found = self._home.wait(look, within_s)
        assert found, f"not felt within {within_s} s: {name}; felt: {[one.name for one in self.felt()]}"
        return found  # type: ignore[no-any-return]

    def _fetch(self) -> None:
        while True:
            after, count, *edges = self._helper.request("pulses", self._next)
            for edge in edges:
                line, level, at_ms = map(int, edge.split(":"))
                if line == self._line:
                    self._take(level, self._home.from_monotonic_s(self._helper.at_s(at_ms)))
            self._next = int(after)
            if self._next >= int(count):
                return

    def _take(self, level: int, at_s: float) -> None:
        if level:
            self._pulses.append(_Pulse(at_s))
        elif self._pulses and self._pulses[-1].end_s is None:
            self._pulses[-1].end_s = at_s


class _Led(_Part):
    def __init__(self, home: BenchHome, helper: HelperLink, bench: Bench) -> None:
        super().__init__(home, helper)
        self._line, self._colour = bench.led_line, bench.led_colour

    def colour(self) -> str:
        levels = dict(word.split("=") for word in self._helper.request("levels")[1:])
        return self._colour if levels.get(self._line) == "1" else "off"


class _Current:
    def __init__(self, helper: HelperLink) -> None:
        self._helper = helper

    def mean_ma(self, over_s: float) -> float:
        mean_ua, _samples = self._helper.request("current", round(over_s * 1000), within_s=over_s + 3)
        return int(mean_ua) / 1000


def _motion(home: BenchHome, helper: HelperLink, bench: Bench) -> Any:
    if bench.motion == "person":
        return _Person(home, helper)
    if bench.motion == "arm" and "arm" in helper.has:
        return _Arm(home, helper)
    return Lacking("motion", "nothing on this bench moves the pendant; [motion] kind = person asks somebody.")


class _Person(_Part):
    def play(self, recording: Recording) -> float:
        self._hand(f"asks for: {recording.name}")
        print(f"\a\nPlease move the pendant now, in {recording.seconds:.0f} s: {recording.name}", flush=True)
        impact_s = (recording.impact or 0) / recording.fs_hz
        return self._home.now_s() + impact_s

    def orient(self, x: float, y: float, z: float) -> None:
        print(f"\a\nPlease lay the pendant with gravity along x={x:g}, y={y:g}, z={z:g}", flush=True)
        self._home.sleep_s(5)


class _Arm(_Part):
    def play(self, recording: Recording) -> float:
        pytest.skip("motion.play: an arm turns the pendant, it cannot repeat a recording.")

    def orient(self, x: float, y: float, z: float) -> None:
        degrees = 90 if abs(z) >= max(abs(x), abs(y)) else 0
        self._helper.request("turn", degrees, 1_000)
        self._home.sleep_s(1.5)
