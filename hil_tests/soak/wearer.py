"""Without this file nobody would live in the home: one wearer's random days, the same for the same seed."""

import random
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hil_tests.soak.ledger import FALL, HOLD, Ledger
from tools.motion import synthesise

_DAILY = ("walking", "sit_down_hard", "lie_down", "standing", "turn_in_bed")
_FALLS = ("fall_forward", "fall_back", "fall_side", "fall_gets_up")
_SEEDS = 6  # different recordings of each scene
_DOES = {"daily": 50, "still": 20, "tap": 8, "short hold": 6, "call": 8, "fall": 8}


class Wearer:
    """Lives in a thread of its own until told to stop; writes down what it did, not what came of it."""

    def __init__(self, board: Any, clock: Any, ledger: Ledger, seed: int, stop: threading.Event) -> None:
        self.board = board
        self.name = board.mac.hex()
        self.lock = threading.Lock()  # whoever takes the battery out waits for nobody; who puts it in holds this
        self._clock = clock
        self._ledger = ledger
        self._chance = random.Random(seed)
        self._stop = stop
        self._thread = threading.Thread(target=self._live, name=f"wearer {self.name}", daemon=True)

    def start(self) -> None:
        """Begin to live."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the last deed is done."""
        self._thread.join()

    def _live(self) -> None:
        deeds: dict[str, Callable[[], None]] = {
            "daily": self._daily, "still": lambda: None, "tap": lambda: self._press(150), "call": self._call,
            "short hold": lambda: self._press(self._chance.uniform(500, 2_700)), "fall": self._fall,
        }  # fmt: skip
        while not self._rest(self._chance.uniform(5, 60)):
            (deed,) = self._chance.choices(list(_DOES), list(_DOES.values()))
            deeds[deed]()

    def _rest(self, bench_s: float) -> bool:
        """Whether it is time to stop."""
        return self._stop.wait(self._clock.real_s(bench_s))

    def _daily(self) -> None:
        self._play(self._chance.choice(_DAILY))

    def _play(self, scene: str) -> None:
        motion = _motion(scene, self._chance.randrange(_SEEDS))
        self._note(scene if scene in _DAILY else FALL, scene)
        self.board.play(motion.acc_mg, motion.fs_hz)
        self._rest(len(motion.acc_mg) / motion.fs_hz)

    def _press(self, ms: float) -> None:
        self._note("press", f"{ms:.0f} ms")
        self.board.press_for_ms(ms, bounce_ms=self._chance.choice((0, 0, 6)))

    def _call(self) -> None:
        for _ in range(self._chance.choice((0, 0, 0, 1, 2, 5))):
            self._press(150)
            self._rest(0.25)
        self._note(HOLD)
        self.board.press_for_ms(self._chance.uniform(4_000, 6_000))
        self._rest(2)

    def _fall(self) -> None:
        self._play(self._chance.choice(_FALLS))
        then = self._chance.random()
        if then < 0.4:
            self._press(200)  # I am well
        elif then < 0.6:
            self._note(HOLD, "in the countdown")
            self.board.press_for_ms(self._chance.uniform(4_000, 5_000))

    def _note(self, what: str, detail: str = "") -> None:
        self._ledger.note(self._clock.now_s(), self.name, what, detail)


@lru_cache
def _motion(scene: str, seed: int) -> Any:
    return synthesise(scene, seed=seed)
