"""Without this file nobody would see that a pendant is off most of its life: when it sleeps deeply, what wakes it."""

import threading
import time
from typing import Any, Self

from hil_tests.virtual.stand_ins import wire
from tools.home.house import Home
from tools.home.timeline import Moment, Timeline

_LOOK_S = 0.05
_WORTH_TELLING_S = 0.6  # the first sleeps after power-on are shorter: they teach the pendant how long its start takes
_WAKERS = {wire.WOKEN_BY_TIMER: "its clock wakes it", wire.WOKEN_BY_GPIO: "a pin wakes it: an impact, or the button"}


class Sleepers:
    """Puts the deep sleeps of a home's pendants on the timeline while it is entered."""

    def __init__(self, home: Home, timeline: Timeline) -> None:
        self._home = home
        self._timeline = timeline
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._told: dict[str, float] = {}  # pendant -> since when it sleeps, told and not yet ended

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def wait_until_asleep(self, pendant: Any, within_s: float) -> bool:
        """Wait until it has been asleep for long enough to be told; False if it has not within so many seconds."""
        end_s = time.monotonic() + within_s
        while pendant.mac.hex() not in self._told:
            if time.monotonic() > end_s:
                return False
            time.sleep(_LOOK_S)
        return True

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK_S):
            for number, pendant in enumerate(self._home.pendants, 1):
                self._look(pendant, f"pendant {number}")

    def _look(self, pendant: Any, who: str) -> None:
        """A sleep is told when it has lasted a while, and its end when it has come."""
        name = pendant.mac.hex()
        since_s = _asleep_since_s(pendant)
        if name in self._told and since_s != self._told[name]:
            self._told.pop(name)
            ended = next((sleep for sleep in reversed(pendant.sleeps) if sleep.kind == "deep"), None)
            if ended:
                what = _WAKERS.get(ended.woken_by, "its sleep ends")
                self._timeline.add(Moment(self._home.clock.unix_s(ended.end_s), who, what, name))
        elif name not in self._told and since_s and self._home.clock.now_s() - since_s >= _WORTH_TELLING_S:
            self._told[name] = since_s
            self._timeline.add(
                Moment(self._home.clock.unix_s(since_s), who, "sleeps deeply: all off but its sensor", name)
            )


def _asleep_since_s(pendant: Any) -> float | None:
    """The moment its last life ended in deep sleep, if no other has begun."""
    life = pendant.lives[-1] if pendant.lives else None
    ended = life is not None and life.ending is not None and life.ending.how == "deepsleep"
    return life.end_s if ended and life else None
