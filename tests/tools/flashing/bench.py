"""Without these a test of flashing would be forty lines of wiring: pinned images of a test's own, boards, a watcher."""

import contextlib
import hashlib
import json
import random
import threading
from pathlib import Path

from hil_tests.virtual import PROFILES, Air
from hil_tests.virtual.flash_rig import FlashBoard
from tools.board_files import BoardFile, board_files
from tools.flashing.identity import Wishes
from tools.flashing.job import Job

VERSION = "1.29.0"
_CHIP_IDS = {"ESP32": 0, "ESP32-C3": 5}
_OFFSETS = {"ESP32": 0x1000, "ESP32-C3": 0}


def make_image(path, family, size=24_000, seed=1):
    """A file that esptool takes for an image of that chip: the header is real, the rest is noise."""
    header = bytes((0xE9, 1, 2, 0x20)) + (0x40380000).to_bytes(4, "little")
    header += bytes((0xEE, 0, 0, 0, _CHIP_IDS[family], 0)) + bytes(10)
    path.write_bytes(header + random.Random(seed).randbytes(size - len(header)))
    return path


def make_pins(folder):
    """Images for both chips and a file that pins them; the folder is what IMAGE= names."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f'version = "{VERSION}"']
    for family, offset in _OFFSETS.items():
        path = make_image(folder / f"{family}.bin", family)
        data = path.read_bytes()
        lines += [
            f"[{family}]",
            f'file = "{path.name}"',
            'url = "http://127.0.0.1:9/nothing"',
            f'sha256 = "{hashlib.sha256(data).hexdigest()}"',
            f"size = {len(data)}",
            f"offset = {offset}",
        ]
    pins = folder / "images.toml"
    pins.write_text("\n".join(lines), "utf-8")
    return pins


def make_job(folder, action="flash", **changes):
    """A job with images and an output folder of its own."""
    images = folder / "images"
    pins = images / "images.toml" if (images / "images.toml").exists() else make_pins(images)
    wishes = {"role": "pendant", "site": "home", "channel": 6, "language": "zh"}
    for name in [name for name in changes if name in Wishes.__dataclass_fields__]:
        wishes[name] = changes.pop(name)
    settings = {"out": folder / "flashed", "cache": folder / "cache", "image": images, "pins": pins, "test": False}
    return Job(action=action, wishes=Wishes(**wishes), **{**settings, **changes})


class Watcher:
    """A Ui that remembers, calls hooks, and presses the button of a board when it is asked to."""

    def __init__(self, *boards):
        self.steps = []
        self.notes = []
        self.texts = []
        self.asked = []
        self.on_step = {}
        self.on_progress = None
        self._boards = {board.port: board for board in boards}

    def step(self, port, key):
        """Remember; call the hook of that step."""
        self.steps.append((port, key))
        hook = self.on_step.get(key)
        if hook:
            hook(port)

    def progress(self, port, share):
        """Call the hook with the step it is about."""
        if self.on_progress:
            self.on_progress(port, [key for where, key in self.steps if where == port][-1], share)

    def note(self, port, key, **facts):
        """Remember."""
        self.notes.append((port, key, facts))

    def text(self, port, text):
        """Remember."""
        self.texts.append(text)

    def ask(self, port, key):
        """Remember, and do it."""
        self.asked.append((port, key))
        if key != "ask_rest" and port in self._boards:
            threading.Timer(0.25, self._boards[port].press_for_ms, (150,)).start()

    def said(self):
        """The notes' names."""
        return [key for _, key, _ in self.notes]


@contextlib.contextmanager
def plugged(folder: Path, *profiles, **options):
    """Boards on their ports, out of their bags; (air, boards)."""
    with Air(seed=3) as air, contextlib.ExitStack() as stack:
        boards = []
        for number, profile in enumerate(profiles, 1):
            mac = bytes.fromhex(f"0200000000{number:02x}")
            board = stack.enter_context(FlashBoard(profile, mac, folder / f"board{number}", air, **options))
            board.plug()
            boards.append(board)
        yield air, boards


def put_in_service(board, folder, *, role="pendant", changes=None):
    """Make it a board that has been flashed before, without the minute that takes; returns its identity."""
    job = make_job(folder)
    fitting = [name for name, profile in PROFILES.items() if profile.chip == board.profile.chip and profile.imu]
    name = "bridge_esp32" if role == "bridge" else fitting[0]
    identity = {"id": board.mac.hex(), "key": "5a" * 16, "site": "home", "role": role, "board": name}
    identity |= {"channel": 6, "language": "zh", **(changes or {})}
    offset = _OFFSETS[board.profile.chip]
    data = (job.image / f"{board.profile.chip}.bin").read_bytes()
    board.chip_flash.data[offset : offset + len(data)] = data
    kept = {"identity.json": json.dumps(identity).encode(), "boot": b"7", "settings.json": b'{"beat_s": 120}'}
    board.start_with([*board_files(role, name), *(BoardFile(path, data) for path, data in kept.items())])
    return identity
