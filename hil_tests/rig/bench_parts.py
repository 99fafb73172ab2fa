"""Without this file the real bench would have no hands: each verb, asked of the helper or of a person."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from hil_tests.rig.helper_link import HelperLink
from hil_tests.rig.motor import Motor
from hil_tests.rig.rig_file import Bench
from hil_tests.rig.verbs import Lacking, Recording

NO_METER = "the helper has no meter; solder an INA226 into the pendant's supply and name it in its wiring.json."


_NO_LINES = {"finger", "arm", "meter", "power", "bridge"}


def watched(helper: HelperLink) -> Sequence[str]:
    """The lines that the helper watches, by their numbers."""
    return sorted(set(helper.has) - _NO_LINES)


def at_line(verb: str, line: str, helper: HelperLink, make: Callable[[], Any]) -> Any:
    """The verb that reads this line; a light that nothing is wired to would always be off."""
    if line in watched(helper):
        return make()
    return Lacking(
        verb, f"the helper watches no line {line}; wire it, and name it in its wiring.json or the rig's file."
    )


class Part:
    def __init__(self, home: Any, helper: HelperLink) -> None:
        self._home = home
        self._helper = helper

    def _hand(self, text: str) -> None:
        self._home.log.add(self._home.now_s(), "hand", text)


class Power(Part):
    def cut(self) -> None:
        self._hand("the supply is switched off")
        self._helper.request("switch", "power", 0)

    def on(self) -> None:
        self._hand("the supply is switched on")
        self._helper.request("switch", "power", 1)

    def cut_while_writing(self, writes: int) -> None:
        pytest.skip("power.cut_while_writing: a real bench cannot choose the write.")


class Button(Part):
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


class Bridge(Part):
    def unplug(self) -> None:
        self._hand("the bridge is unplugged")
        self._helper.request("switch", "bridge", 0)

    def plug(self) -> None:
        self._hand("the bridge is plugged in")
        self._helper.request("switch", "bridge", 1)


class Pulse:
    """As feelings.read wants it."""

    output, duty = "vibration", 1.0

    def __init__(self, start_s: float, late_s: float) -> None:
        self.start_s = start_s
        self.start_late_s = self.end_late_s = late_s
        self.end_s: float | None = None


class Vibration(Motor):
    def __init__(self, home: Any, helper: HelperLink, line: str, late_s: float) -> None:
        super().__init__(home)
        self._home, self._helper, self._late_s = home, helper, late_s
        self._line = watched(helper).index(line)
        self._next = int(helper.request("pulses", 1 << 29)[1])  # what was before this test is not ours
        self._pulses: list[Pulse] = []

    def pulses(self) -> Sequence[Any]:
        self._fetch()
        return self._pulses

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
            self._pulses.append(Pulse(at_s, self._late_s))
        elif self._pulses and self._pulses[-1].end_s is None:
            self._pulses[-1].end_s = at_s


class Led(Part):
    def __init__(self, home: Any, helper: HelperLink, bench: Bench) -> None:
        super().__init__(home, helper)
        self._line, self._colour = bench.led_line, bench.led_colour

    def colour(self) -> str:
        levels = dict(word.split("=") for word in self._helper.request("levels")[1:])
        return self._colour if levels.get(self._line) == "1" else "off"


class Current:
    def __init__(self, helper: HelperLink) -> None:
        self._helper = helper

    def mean_ma(self, over_s: float) -> float:
        mean_ua, _samples = self._helper.request("current", round(over_s * 1000), within_s=over_s + 3)
        return int(mean_ua) / 1000


def motion(home: Any, helper: HelperLink, bench: Bench) -> Any:
    """Whatever moves the pendant here."""
    if bench.motion == "person":
        return Person(home, helper)
    if bench.motion == "arm" and "arm" in helper.has:
        return Arm(home, helper)
    return Lacking("motion", "nothing on this bench moves the pendant; [motion] kind = person asks somebody.")


class Person(Part):
    def play(self, recording: Recording) -> float:
        self._hand(f"asks for: {recording.name}")
        print(f"\a\nPlease move the pendant now, in {recording.seconds:.0f} s: {recording.name}", flush=True)
        impact_s = (recording.impact or 0) / recording.fs_hz
        return self._home.now_s() + impact_s

    def orient(self, x: float, y: float, z: float) -> None:
        print(f"\a\nPlease lay the pendant with gravity along x={x:g}, y={y:g}, z={z:g}", flush=True)
        self._home.sleep_s(5)


class Arm(Part):
    def play(self, recording: Recording) -> float:
        pytest.skip("motion.play: an arm turns the pendant, it cannot repeat a recording.")

    def orient(self, x: float, y: float, z: float) -> None:
        degrees = 90 if abs(z) >= max(abs(x), abs(y)) else 0
        self._helper.request("turn", degrees, 1_000)
        self._home.sleep_s(1.5)
