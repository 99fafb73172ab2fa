"""Without this file a gateway could be measured only with boards on the desk: pendants and a bridge, on a pty.

The frames are made and opened by the same shared code that pendants run; only the sealing is the library's, for speed.
"""

import json
import os
import select
import threading
import time
import tty
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gateway.seal import Ccm
from shared import frames, framing, waves, words

HELLO = bytes((framing.PROTOCOL_VERSION, 0, 1, 0, 6)) + bytes(4) + bytes.fromhex("0102030405ff") + bytes(2)


class Pendant:
    """Makes the frames of one pendant and reads what is meant for it."""

    def __init__(self, identity: bytes, key: bytes, boot: int = 1) -> None:
        self.id, self.key, self.boot = identity, key, boot
        self.counter = 0
        self.seq = 0
        self.beats = 0
        self._cipher = Ccm(key)
        self._down: dict[bytes, Ccm] = {}

    def frame(self, kind: int, body: bytes) -> bytes:
        """A sealed frame under the next counter."""
        self.counter += 1
        return bytes(frames.seal(kind, self.id, self.boot, self.counter, body, self._cipher))

    def event(
        self, code: int, kind: int | None = None, seq: int | None = None, arg: int = 0, ref: tuple[int, int] = (0, 0),
        age_ms: int = 100, attempt: int = 1, boot: int | None = None,
    ) -> bytes:  # fmt: skip
        """A frame with a new event, or with seq a repeat of an earlier one."""
        if seq is None:
            self.seq += 1
            seq = self.seq
        if kind is None:
            kind = words.ALARM if code in words.ALARM_CODES else words.EVENT
        body = frames.pack_event(frames.Event(boot or self.boot, seq, code, age_ms, 800, attempt, arg, *ref))
        return self.frame(kind, body)

    def beat(self) -> bytes:
        """A frame with the next beat."""
        self.beats += 1
        seq = frames.FIRST_BEAT_SEQ + self.beats
        beat = frames.Beat(self.boot, seq, 3900, 80, -60, 1, words.WORN, (0, 1, 0), 100)
        return self.frame(words.BEAT, frames.pack_beat(beat))

    def poll(self, boot: int, seq: int) -> bytes:
        """A frame that asks about an alarm."""
        return self.frame(words.POLL, frames.pack_poll(frames.Poll(boot, seq)))

    def wave(self, seq: int, part: int, samples: bytes = bytes(int(waves.PART_SIZE))) -> bytes:
        """A frame with one part of the motion round the fall with this number."""
        return self.frame(words.WAVE, waves.pack_part(self.boot, seq, part, samples))

    def read(self, air: bytes) -> tuple[int, Any]:
        """(kind, Ack or Answer) of a downlink frame that is meant for this pendant."""
        header = frames.read_header(air)
        if header.pendant != self.id:
            raise frames.FrameError("for another pendant")
        cipher = self._down.get(header.gateway)
        if cipher is None:
            cipher = self._down[header.gateway] = Ccm(frames.downlink_key(self.key, header.gateway))
        body = frames.open_frame(air, cipher)
        return header.kind, (frames.unpack_ack if header.kind == words.ACK else frames.unpack_answer)(body)

    def name(self, seq: int | None = None) -> str:
        """The id of an event; of the newest without a seq."""
        return str(frames.event_id(self.id, self.boot, seq or self.seq))


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
