"""Without this file the bench's backend would be tried out on benches only: a bench made of virtual boards.

A helper that runs its own firmware on a pty, its finger on a virtual pendant's button, its switches in the supplies,
its eyes on motor and light; a bridge on a pty; and the file that tells `--rig bench` where all that is.
"""

import json
import queue
import signal
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

from hil_tests.virtual.air import Air
from hil_tests.virtual.board import VirtualBoard
from hil_tests.virtual.clock import Clock
from tools.board_files import BoardFile, board_files

HELPER = Path(__file__).resolve().parents[1] / "helper"
WIRING = {
    "finger": 25, "switch": {"power": 26, "bridge": 27}, "arm": 32, "watch": {"led": 34, "motor": 35},
    "meter": {"scl": 22, "sda": 21, "address": 64, "shunt_mohm": 100},
}  # fmt: skip
_MACS = {"pendant": "7c9ebd000001", "bridge": "a0b1c2d3e400", "helper": "a0b1c2d3e4ff"}
_KEY = "00112233445566778899aabbccddeeff"
_LATE_MS = 300  # a busy machine runs a board that late, and a helper cannot see that it did
_RIG = """\
[pendant]
board = "{board}"
record = "record.json"
late_ms = {late_ms}
[helper]
port = "helper/ttyBRIDGE"
[bridge]
port = "bridge/ttyBRIDGE"
[motion]
kind = "none"
"""


def helper_files():
    """What is copied onto a helper, and where its pins are on this bench."""
    wiring = BoardFile("wiring.json", json.dumps(WIRING).encode())
    return [wiring, *(BoardFile(_place(path.name), path.read_bytes()) for path in sorted(HELPER.glob("*.py")))]


def _place(name):
    return name if name == "main.py" else f"helper/{name}"


class VirtualBench:
    """Use it as a context manager; `rig_file` is for --rig-file."""

    def __init__(self, directory, board="m5stickc_plus2"):
        self.directory = Path(directory)
        self._board = board
        self._hands = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._obey, daemon=True)

    def __enter__(self):
        clock = Clock()
        self.air = Air(seed=1, clock=clock).__enter__()
        self.helper = self._make("helper", "bench_helper", helper_files(), clock)
        self.bridge = self._make("bridge", "bridge_esp32", self._firmware("bridge", "bridge_esp32"), clock)
        self.pendant = self._make("pendant", self._board, self._firmware("pendant", self._board), clock)
        self._wire()
        self._thread.start()
        self.helper.power_on()
        self.rig_file = self.directory / "rig.toml"
        self.rig_file.write_text(_RIG.format(board=self._board, late_ms=_LATE_MS), encoding="utf-8")
        record = {"format": 1, "role": "pendant", "id": _MACS["pendant"], "key": _KEY}
        (self.directory / "record.json").write_text(json.dumps(record), encoding="utf-8")
        return self

    def __exit__(self, *_):
        self.helper.close()
        self._hands.put(None)
        self._thread.join()
        self.pendant.close()
        self.bridge.close()
        self.air.__exit__(None, None, None)

    def _make(self, name, profile, files, clock):
        return VirtualBoard(
            profile, bytes.fromhex(_MACS[name]), self.directory / name, self.air, clock=clock, files=files
        )

    def _firmware(self, role, board):
        identity = {
            "id": _MACS[role], "key": _KEY if role == "pendant" else "", "site": "home", "role": role, "board": board,
            "channel": 6, "language": "zh",
        }  # fmt: skip
        return [*board_files(role, board), BoardFile("identity.json", json.dumps(identity).encode())]

    def _wire(self):
        """The helper's pins to what they are soldered to; a thread of its own switches, as a relay does."""
        levels = self.helper.pins.on_level
        levels[WIRING["finger"]] = partial(self._ask, self._press)
        levels[WIRING["switch"]["power"]] = partial(self._ask, self._supply, self.pendant)
        levels[WIRING["switch"]["bridge"]] = partial(self._ask, self._supply, self.bridge)
        self.pendant.pins.on_feeling = self._felt

    def _ask(self, do, *arguments):
        self._hands.put((do, arguments))

    def _obey(self):
        while (wanted := self._hands.get()) is not None:
            do, arguments = wanted
            do(*arguments)

    def _press(self, level):
        if level:
            self.pendant.release()
        else:
            self.pendant.press()

    def _supply(self, board, level):
        if level:
            board.power_on()
        else:
            board.power_cut()

    def _felt(self, output, is_on):
        line = {"vibration": "motor", "buzzer": "motor", "led": "led"}[output]
        self.helper.drive(WIRING["watch"][line], int(is_on))


def main():
    """Keep a bench of virtual boards until Ctrl-C; say how to run the tests on it."""
    with VirtualBench("build/bench") as made, suppress(KeyboardInterrupt):
        print(f"It is there: make hil RIG=bench RIG_FILE={made.rig_file}   (Ctrl-C ends it)", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
