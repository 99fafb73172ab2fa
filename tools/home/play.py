"""Without this file a visitor could only watch: keys that make things happen, and go wrong, in a running home."""

import os
import select
import sys
import termios
import threading
import time
import tty

from rich.console import Console

from tools.home.house import GATEWAY, Home
from tools.home.timeline import Moment, Timeline
from tools.recordings import Recording

_HELP = (
    "[bold]f[/] pendant 1 falls   [bold]p[/] pendant 2 is held 3 s   [bold]t[/] a short press on pendant 1 (cancels)   "
    "[bold]a[/] answer every open alarm\n"
    "[bold]i[/] internet away / back   [bold]b[/] bridge out / in   [bold]g[/] kill the gateway / start it   "
    "[bold]l[/] lose a third of the air / none   [bold]q[/] end"
)
_TAP_MS = 200
_HOLD_MS = 3_300
_LOOK_S = 0.2
_LOSS = 0.33


class Keys:
    """What each key does to the home."""

    def __init__(self, home: Home, timeline: Timeline, motion: Recording) -> None:
        self._home = home
        self._timeline = timeline
        self._motion = motion
        self._is_lossy = False
        self._answered: set[str] = set()

    def press(self, key: str) -> None:
        """Do what the key says; an unknown key does nothing."""
        action = {
            "f": self._fall,
            "p": self._hold,
            "t": self._tap,
            "a": self._answer,
            "i": self._internet,
            "b": self._bridge,
            "g": self._gateway,
            "l": self._air,
        }.get(key)
        if action:
            action()

    def _say(self, what: str) -> None:
        self._timeline.add(Moment(time.time(), "you", what))

    def _fall(self) -> None:
        self._home.pendants[0].play(self._motion.acc_mg, self._motion.fs_hz)
        self._say(f"make pendant 1 fall; the impact comes in {self._motion.impact / self._motion.fs_hz:.1f} s")

    def _hold(self) -> None:
        self._say("hold the button of pendant 2")
        threading.Thread(target=self._home.pendants[1].press_for_ms, args=(_HOLD_MS,), daemon=True).start()

    def _tap(self) -> None:
        self._say("press the button of pendant 1 shortly")
        self._home.pendants[0].press_for_ms(_TAP_MS)

    def _answer(self) -> None:
        for one in self._home.platform.in_order():
            if one.type in {"tiexin.fall.suspected", "tiexin.help.requested"} and one.id not in self._answered:
                self._answered.add(one.id)
                self._home.platform.answer(one.id, GATEWAY)
                self._say(f"answer {one.id}")

    def _internet(self) -> None:
        if self._home.internet.is_cut:
            self._home.internet.mend()
            self._say("bring the internet back")
        else:
            self._home.internet.cut()
            self._say("cut the internet")

    def _bridge(self) -> None:
        if self._home.bridge.is_powered:
            self._home.bridge.unplug()
            self._say("pull the bridge out")
        else:
            self._home.bridge.plug()
            self._say("plug the bridge in")

    def _gateway(self) -> None:
        if self._home.gateway.is_running:
            self._home.gateway.kill()
            self._say("kill the gateway (SIGKILL)")
        else:
            self._home.gateway.start()
            self._say("start the gateway")

    def _air(self) -> None:
        self._is_lossy = not self._is_lossy
        self._home.air.lose(_LOSS if self._is_lossy else 0)
        self._say("a third of all frames is lost now" if self._is_lossy else "the air is clear again")


def keep_running(console: Console, home: Home, timeline: Timeline, motion: Recording) -> None:
    """Read keys until q or Ctrl-C."""
    console.print(_HELP)
    keys = Keys(home, timeline, motion)
    stdin = sys.stdin.fileno()
    before = termios.tcgetattr(stdin)
    try:
        tty.setcbreak(stdin)
        while True:
            if select.select([stdin], [], [], _LOOK_S)[0]:
                key = os.read(stdin, 1).decode("ascii", "replace").lower()
                if key in {"q", ""}:
                    return
                keys.press(key)
    except KeyboardInterrupt:
        return
    finally:
        termios.tcsetattr(stdin, termios.TCSADRAIN, before)
