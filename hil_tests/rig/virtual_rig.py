"""Without this file the bench's tests would need a bench: the same verbs over virtual boards and real processes.

It offers nothing that a bench could not, but for four verbs that say so: power that goes in the middle of a chosen
write, time that goes faster, sleep that is skipped, and the clock of the gateway, which a real bench would set as root.
"""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from hil_tests.rig.log import Log
from hil_tests.rig.platform_verbs import GatewayVerbs, PlatformVerbs, listen
from hil_tests.rig.verbs import AirFrame, Feeling, Lacking, Recording
from hil_tests.rig.wishes import Wishes
from hil_tests.virtual.clock import Clock
from tools.board_files import BoardFile
from tools.home import feelings
from tools.home.house import CHANNEL, Home
from tools.home.wing import Wing

_LOOK_S = 0.02


class VirtualRig:
    """A home for one test. Use it as a context manager."""

    kind = "virtual"

    def __init__(self, directory: Path, wishes: Wishes) -> None:
        self.directory = directory
        self.log = Log()
        self.board = wishes.board or "m5stickc_plus2"
        settings = [BoardFile("settings.json", json.dumps(dict(wishes.settings)).encode())] if wishes.settings else []
        house = {"boards": (self.board,), "clock": Clock(wishes.scale), "seed": 1, "extra_files": settings}
        several = (CHANNEL,) * wishes.gateways
        self.home = Home(directory, **house) if wishes.gateways == 1 else Wing(directory, several, **house)
        self._wishes = wishes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self.home.__enter__()
        self.pendant = self.home.pendants[0]
        self.power = _Power(self)
        self.button = _Button(self)
        self.motion = _Motion(self)
        self.console = _Console(self)
        self.radio = _Radio(self)
        self.air = _Air(self)
        self.led = _Led(self)
        self.vibration = _Vibration(self)
        self.current = Lacking("current", "a virtual board draws no current; `make bench-pendant` estimates it.")
        self.platform = PlatformVerbs(self, self.home.platform, self.pendant.mac.hex())
        self.gateway = GatewayVerbs(self, self.home.gateway, self.directory / "clock-offset")
        self.internet = self.home.internet
        self.bridge = self.home.bridge
        self.battery = _Battery(self)
        self.flash = _Flash(self)
        self.sleep = _Sleep(self)
        listen(self, self.home.gateway, self.home.platform)
        self._thread.start()
        if self._wishes.is_on:
            self.home.power_on()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._collect_lines()
        self.home.__exit__(None, None, None)

    # ---- time

    def now_s(self) -> float:
        """Bench seconds."""
        return self.home.clock.now_s()

    def sleep_s(self, seconds: float) -> None:
        """Wait."""
        self.home.clock.sleep(seconds)

    def doze(self, seconds: float) -> None:
        """Wait; meanwhile the clock jumps over every deep sleep of the pendant. A virtual rig only: a bench waits."""
        until_s = self.now_s() + seconds
        while self.now_s() < until_s:
            self.pendant.skip_sleep(until_s)
            time.sleep(_LOOK_S)

    def real_s(self, seconds: float) -> float:
        """How long that takes on a wall's clock."""
        return self.home.clock.real_s(seconds)

    def from_unix_s(self, at_s: float) -> float:
        """A moment of the processes in bench seconds."""
        return self.home.clock.from_unix_s(at_s)

    def wait(self, look: Any, within_s: float) -> Any:
        """What look() gives once it is something true, or None after within_s."""
        until_s = self.now_s() + within_s
        while not (found := look()) and self.now_s() < until_s:
            self.home.clock.sleep(_LOOK_S * self.home.clock.scale)
        return found

    # ---- what is written down

    def logs(self) -> Mapping[str, Path]:
        """Every log of this test, whole."""
        return {
            "pendant": self.pendant.console.path,
            "bridge": self.home.bridge.console.path,
            "gateway": self.home.gateway.log_path,
        }

    def _watch(self) -> None:
        told = 0
        while not self._stop.wait(0.1):
            felt = feelings.read(self.pendant.felt, self.now_s())
            for one in felt[told:]:
                self.log.add(one.at_s, "pendant", f"feels: {one.name}")
            told = len(felt)

    def _collect_lines(self) -> None:
        for lane, board in (("pendant", self.pendant), ("bridge", self.home.bridge)):
            for line in board.console.lines:
                if line.text.isprintable() and line.text:
                    self.log.add(line.t_s, lane, line.text[:200])


class _Part:
    """A verb's implementation."""

    def __init__(self, rig: VirtualRig) -> None:
        self._rig = rig
        self._pendant = rig.pendant

    def _hand(self, text: str) -> None:
        self._rig.log.add(self._rig.now_s(), "hand", text)


class _Power(_Part):
    def cut(self) -> None:
        self._hand("the battery is taken out")
        self._pendant.power_cut()

    def on(self) -> None:
        self._hand("the battery is put in")
        self._pendant.power_on()

    def cut_while_writing(self, writes: int) -> None:
        self._pendant.cut_power_in_write(writes)


class _Button(_Part):
    def press(self, ms: float, bounce_ms: float = 0) -> float:
        self._hand(f"presses for {ms:.0f} ms")
        return float(self._pendant.press_for_ms(ms, bounce_ms))

    def down(self) -> None:
        self._hand("finger on the button")
        self._pendant.press()

    def up(self) -> None:
        self._hand("finger off")
        self._pendant.release()


class _Motion(_Part):
    def play(self, recording: Recording) -> float:
        self._hand(f"moves: {recording.name}")
        begin_s = self._pendant.play(recording.acc_mg, recording.fs_hz)
        return float(begin_s + (recording.impact or 0) / recording.fs_hz)

    def orient(self, x: float, y: float, z: float) -> None:
        self._hand(f"lies along {x:g} {y:g} {z:g}")
        self._pendant.motion.orient(x, y, z)


class _Console(_Part):
    def __init__(self, rig: VirtualRig) -> None:
        super().__init__(rig)
        self._since_s = 0.0

    def expect(self, text: str, within_s: float = 5.0) -> str:
        line = self._pendant.console.expect(text, within_s, self._since_s)
        self._since_s = line.t_s + 1e-9
        return str(line.text)


class _Radio(_Part):
    def lose(self, share: float) -> None:
        self._hand(f"{share:.0%} of the air is lost")
        self._rig.home.air.lose(share)

    def lose_between(self, pendant_and_gateway: int, share: float) -> None:
        self._hand(f"{share:.0%} of the air to gateway {pendant_and_gateway} is lost")
        home = self._rig.home
        bridge = home.bridges[pendant_and_gateway] if isinstance(home, Wing) else home.bridge
        self._rig.home.air.set_link(self._pendant.mac, bridge.mac, loss=share)
        self._rig.home.air.set_link(bridge.mac, self._pendant.mac, loss=share)


class _Air(_Part):
    def record(self) -> Sequence[AirFrame]:
        return [AirFrame(frame.t_s, frame.sender, frame.data) for frame in self._rig.home.air.record()]


class _Led(_Part):
    def colour(self) -> str:
        lit = [one for one in self._pendant.felt if one.output == "led" and one.end_s is None and one.duty > 0]
        return "red" if lit else "off"


class _Vibration(_Part):
    def felt(self) -> Sequence[Feeling]:
        return [Feeling(one.at_s, one.name) for one in feelings.read(self._pendant.felt, self._rig.now_s())]

    def expect(self, name: str, within_s: float, since_s: float = 0.0) -> Feeling:
        def look() -> Feeling | None:
            return next((one for one in self.felt() if one.name == name and one.at_s >= since_s), None)

        found = self._rig.wait(look, within_s)
        assert found, f"not felt within {within_s} s: {name}; felt: {[one.name for one in self.felt()]}"
        return found  # type: ignore[no-any-return]


class _Battery(_Part):
    def set_mv(self, millivolts: int) -> None:
        self._hand(f"the cell has {millivolts} mV")
        self._pendant.battery_mv = millivolts


class _Flash(_Part):
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


class _Sleep(_Part):
    def wakes(self) -> int:
        return sum(one.kind == "deep" for one in self._pendant.sleeps)

    def awake_share(self) -> float:
        slept_s = sum(one.end_s - one.start_s for one in self._pendant.sleeps)
        return 1 - slept_s / (self._rig.now_s() - self._pendant.powered_since_s)
