"""Without this file a gateway could be measured only with boards on the desk: pendants and a bridge, on a pty.

The pendants are those of the gateway's own drill.
"""

import json
import os
import select
import threading
import time
import tty
from collections.abc import Callable, Iterable
from pathlib import Path

from gateway.drill.pendant import Pendant
from shared import framing

HELLO = bytes((framing.PROTOCOL_VERSION, 0, 1, 0, 6)) + bytes(4) + bytes.fromhex("0102030405ff") + bytes(2)


class Bridge:
    """The far end of the gateway's serial line, on a pty: says hello, passes frames, hands out what is for the air."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.sent: list[bytes] = []
        self.on_air: Callable[[bytes], None] = self.sent.append
        self.on_known: Callable[[bytes], None] = lambda body: None
        self.on_channel: Callable[[bytes], None] = lambda body: None
        self.is_in = False
        self.plug_in()

    def plug_in(self) -> None:
        """Appear under the link, as another pty each time, and say hello, then every 2 s."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        tty.setraw(self._master)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self._slave))
        self._decoder = framing.Decoder()
        self._lock = threading.Lock()
        self.is_in = True
        self._thread = threading.Thread(target=self._read, args=(self._master,), daemon=True)
        self._thread.start()
        self.hello()

    def pull_out(self) -> None:
        """Vanish, as a pulled plug does."""
        self.is_in = False
        self._thread.join()
        self.link.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)

    def hello(self) -> None:
        """Say hello."""
        self.write(framing.encode(framing.HELLO, HELLO))

    def air(self, frame: bytes, rssi_dbm: int = -50) -> None:
        """Pass on a frame as if it had come out of the air."""
        self.write(heard(frame, rssi_dbm))

    def write(self, data: bytes) -> None:
        """Write raw bytes on the line; waits while the gateway does not read."""
        with self._lock:
            while data:
                data = data[os.write(self._master, data[:4096]) :]

    def _read(self, fd: int) -> None:
        next_hello_s = time.monotonic() + 2
        while self.is_in:
            if time.monotonic() > next_hello_s:
                next_hello_s += 2
                threading.Thread(target=self.hello, daemon=True).start()  # the line may be full: reading must go on
            if not select.select([fd], [], [], 0.02)[0]:
                continue
            try:
                chunk = os.read(fd, 4096)
            except OSError:
                return
            for kind, body in self._decoder.feed(chunk):
                if kind == framing.SEND:
                    self.on_air(body[6:])
                elif kind == framing.ASK_HELLO:
                    self.hello()
                elif kind == framing.KNOWN:
                    self.on_known(body)
                elif kind == framing.SET_CHANNEL:
                    self.on_channel(body)


def heard(frame: bytes, rssi_dbm: int = -50) -> bytes:
    """The bytes on the serial line that bring an air frame."""
    return bytes(framing.encode(framing.HEARD, frame[2:8] + bytes((rssi_dbm & 0xFF,)) + frame))


def make_pendants(number: int, first: int = 1) -> list[Pendant]:
    """That many pendants with ids and keys of their own."""
    return [
        Pendant((0xA00000000000 + index).to_bytes(6, "big"), index.to_bytes(16, "big"))
        for index in range(first, first + number)
    ]


def write_registry(path: Path, pendants: Iterable[Pendant]) -> Path:
    """A list of pendants as `make flash` writes it."""
    lines = [json.dumps({"id": pendant.id.hex(), "key": pendant.key.hex()}) + "\n" for pendant in pendants]
    path.write_text("".join(lines), encoding="utf-8")
    path.chmod(0o600)
    return path
