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

from hil_tests.rig import virtual_parts as parts
from hil_tests.rig.log import Log
from hil_tests.rig.platform_verbs import GatewayVerbs, PlatformVerbs, listen
from hil_tests.rig.verbs import Lacking
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
        self.power = parts.Power(self)
        self.button = parts.Button(self)
        self.motion = parts.Motion(self)
        self.console = parts.Console(self)
        self.radio = parts.Radio(self)
        self.air = parts.Air(self)
        self.led = parts.Led(self)
        self.vibration = parts.Vibration(self)
        self.current = Lacking("current", "a virtual board draws no current; `make bench-pendant` estimates it.")
        self.platform = PlatformVerbs(self, self.home.platform, self.pendant.mac.hex())
        self.gateway = GatewayVerbs(self, self.home.gateway, self.directory / "clock-offset")
        self.internet = self.home.internet
        self.bridge = self.home.bridge
        self.battery = parts.Battery(self)
        self.flash = parts.Flash(self)
        self.sleep = parts.Sleep(self)
        listen(self, self.home.gateway, self.home.platform)
        self._thread.start()
        if self._wishes.is_on:
            try:
                self.home.power_on()
            except BaseException:
                self.__exit__()  # `with` does not end what has not begun, and a home has processes
                raise
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
        """Every log of this test, whole; of a home that could not be built, those that it began."""
        home = self.home
        bridges = home.bridges if isinstance(home, Wing) else [home.bridge] if home.bridge else []
        gateways = home.gateways if isinstance(home, Wing) else [home.gateway] if hasattr(home, "gateway") else []
        return {
            **_numbered("pendant", [board.console.path for board in home.pendants]),
            **_numbered("bridge", [board.console.path for board in bridges]),
            **_numbered("gateway", [process.log_path for process in gateways]),
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


def _numbered(name: str, paths: Sequence[Path]) -> dict[str, Path]:
    """The first has the name alone, the next "name2"."""
    return {f"{name}{number if number > 1 else ''}": path for number, path in enumerate(paths, 1)}
