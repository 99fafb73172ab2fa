"""Without this file an installer would read tracebacks: what can go wrong, and the exit code that says which kind."""

from typing import Any

from tools.flashing.words import TEXTS

DONE = 0
SOME_FAILED = 1  # several boards, and they failed for different reasons
USAGE = 2
NO_BOARD = 3
PORT = 4
WRONG_BOARD = 5
IMAGE = 6
WRITING = 7
DIFFERENT = 8
SELF_TEST = 9
DESK = 10
GATEWAY = 11
STOPPED = 130

CODES = {
    "no_board": NO_BOARD,
    "port_gone": PORT,
    "port_denied": PORT,
    "port_none": PORT,
    "port_busy": PORT,
    "which_port": USAGE,
    "chip_unknown": WRONG_BOARD,
    "chip_wrong": WRONG_BOARD,
    "board_role": WRONG_BOARD,
    "board_unknown": WRONG_BOARD,
    "not_ours": WRONG_BOARD,
    "other_role": WRONG_BOARD,
    "image_missing": IMAGE,
    "image_wrong": IMAGE,
    "image_download": IMAGE,
    "no_answer": WRITING,
    "bad_cable": WRITING,
    "unplugged": WRITING,
    "timeout": WRITING,
    "flash_bad": WRITING,
    "flash_full": WRITING,
    "no_repl": WRITING,
    "copy_wrong": WRITING,
    "does_not_start": WRITING,
    "esptool": WRITING,
    "board_says": WRITING,
    "manifest": USAGE,
    "bundle_missing": IMAGE,
    "bundle_wrong": IMAGE,
    "bundle_other": WRONG_BOARD,
    "clock": USAGE,
    "different": DIFFERENT,
    "self_test": SELF_TEST,
    "imu_missing": SELF_TEST,
    "disk_full": DESK,
    "desk": DESK,
    "gateway_gone": GATEWAY,
    "registry": GATEWAY,
    "stopped": STOPPED,
}


class Fault(Exception):
    """Something that a person can put right. ``key`` names the text in words.py; ``code`` is the exit code."""

    def __init__(self, key: str, **facts: Any) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts
        self.code = CODES[key]

    def text(self, language: str) -> str:
        """What was wrong, where, and what to do, in "zh" or "en"."""
        return TEXTS[self.key][language == "en"].format(**self.facts)

    def __str__(self) -> str:
        """English, for logs."""
        return self.text("en")
