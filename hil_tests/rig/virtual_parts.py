"""Without this file the virtual rig would have no hands: each verb, done to virtual boards."""

from collections.abc import Mapping, Sequence
from typing import Any

from hil_tests.rig.motor import Motor
from hil_tests.rig.verbs import AirFrame, Recording
from tools.board_files import BoardFile
from tools.home.wing import Wing


class Part:
    """A verb's implementation."""

    def __init__(self, rig: Any) -> None:
        self._rig = rig
        self._pendant = rig.pendant

    def _hand(self, text: str) -> None:
        self._rig.log.add(self._rig.now_s(), "hand", text)


class Power(Part):
    def cut(self) -> None:
        self._hand("the battery is taken out")
        self._pendant.power_cut()

    def on(self) -> None:
        self._hand("the battery is put in")
        self._pendant.power_on()

    def cut_while_writing(self, writes: int) -> None:
        self._pendant.cut_power_in_write(writes)


class Button(Part):
    def press(self, ms: float, bounce_ms: float = 0) -> float:
        self._hand(f"presses for {ms:.0f} ms")
        return float(self._pendant.press_for_ms(ms, bounce_ms))

    def down(self) -> None:
        self._hand("finger on the button")
        self._pendant.press()

    def up(self) -> None:
        self._hand("finger off")
        self._pendant.release()


class Motion(Part):
    def play(self, recording: Recording) -> float:
        self._hand(f"moves: {recording.name}")
        begin_s = self._pendant.play(recording.acc_mg, recording.fs_hz)
        return float(begin_s + (recording.impact or 0) / recording.fs_hz)

    def orient(self, x: float, y: float, z: float) -> None:
        self._hand(f"lies along {x:g} {y:g} {z:g}")
        self._pendant.motion.orient(x, y, z)


class Console(Part):
    def __init__(self, rig: Any) -> None:
        super().__init__(rig)
        self._after = 0  # by number: two lines of one breath have the same time

    def expect(self, text: str, within_s: float = 5.0) -> str:
        line = self._pendant.console.expect(text, within_s, after=self._after)
        self._after = line.number
        return str(line.text)


class Radio(Part):
    def lose(self, share: float) -> None:
        self._hand(f"{share:.0%} of the air is lost")
        self._rig.home.air.lose(share)

    def lose_between(self, pendant_and_gateway: int, share: float) -> None:
        self._hand(f"{share:.0%} of the air to gateway {pendant_and_gateway} is lost")
        home = self._rig.home
        bridge = home.bridges[pendant_and_gateway] if isinstance(home, Wing) else home.bridge
        self._rig.home.air.set_link(self._pendant.mac, bridge.mac, loss=share)
        self._rig.home.air.set_link(bridge.mac, self._pendant.mac, loss=share)


class Air(Part):
    def record(self) -> Sequence[AirFrame]:
        return [AirFrame(frame.t_s, frame.sender, frame.data) for frame in self._rig.home.air.record()]


class Led(Part):
    def colour(self) -> str:
        lit = [one for one in self._pendant.felt if one.output == "led" and one.end_s is None and one.duty > 0]
        return "red" if lit else "off"


class Vibration(Motor):
    """A finger on its motor."""

    def __init__(self, rig: Any) -> None:
        super().__init__(rig)
        self._pendant = rig.pendant

    def pulses(self) -> Sequence[Any]:
        return self._pendant.felt  # type: ignore[no-any-return]


class Battery(Part):
    def set_mv(self, millivolts: int) -> None:
        self._hand(f"the cell has {millivolts} mV")
        self._pendant.battery_mv = millivolts


class Flash(Part):
    def put(self, path: str, data: bytes) -> None:
        self._hand(f"writes {path} onto the flash")
        self._change({path: data})

    def remove(self, path: str) -> None:
        self._hand(f"removes {path} from the flash")
        self._change({path: None})

    def _change(self, changes: Mapping[str, bytes | None]) -> None:
        """The power is off meanwhile, and back afterwards if it was on."""
        was_on = self._pendant.is_powered
        self._pendant.power_cut()
        files = {**self._pendant.read_flash(), **changes}
        self._pendant.install([BoardFile(name, data) for name, data in files.items() if data is not None])
        if was_on:
            self._pendant.power_on()


class Sleep(Part):
    def wakes(self) -> int:
        return sum(one.kind == "deep" for one in self._pendant.sleeps)

    def awake_share(self) -> float:
        slept_s = sum(one.end_s - one.start_s for one in self._pendant.sleeps)
        return 1 - slept_s / (self._rig.now_s() - self._pendant.powered_since_s)
