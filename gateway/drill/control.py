"""Without this file a drill would have to pull plugs: the small door of a running gateway, for its own box only.

A Unix socket in data_dir, which only the gateway's user (and root) may open: JSON lines. It serves a drill's pendant,
as if its frames had come from the bridge; cuts the uplink for seconds, and mends it as soon as somebody really calls;
ends the process as a pulled plug does. Whoever uses it is put into the audit.
"""

import asyncio
import json
import os
import pwd
import signal
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from gateway.audit import Audit
from gateway.record import ALARM, Record
from gateway.registry import Registry
from gateway.trace import Trace
from gateway.uplink import Uplink
from shared import frames, framing

NAME = "control.sock"  # in data_dir
DRILL_ID = bytes.fromhex("02") + b"drill"  # locally administered: no chip has it
MOST_CUT_S = 8.0  # less than the 10 s after which an alarm looks for a second way out
MOST_LINE = 4_096
MOST_AT_ONCE = 4  # connections
_RSSI_DBM = -50

Send = Callable[..., bool]


class Control:
    """The door. All of it runs in the event loop."""

    def __init__(
        self, *, data_dir: Path, registry: Registry, uplink: Uplink, audit: Audit, send: Send, about: dict[str, Any],
        alarms_waiting: Callable[[], int], trace: Trace,
    ) -> None:  # fmt: skip
        self._data_dir = data_dir
        self._registry = registry
        self._uplink = uplink
        self._audit = audit
        self._send = send  # to the bridge
        self._about = about
        self._alarms_waiting = alarms_waiting
        self._trace = trace
        self._visitors: dict[asyncio.StreamWriter, str] = {}
        self._decoder = framing.Decoder()
        self.heard: Callable[[int, bytes], None] = lambda rssi_dbm, air: None  # the custody

    async def run(self) -> None:
        """Keep the door, for ever. A gateway without one is a gateway all the same."""
        try:
            with at(self._data_dir) as place:
                place.unlink(missing_ok=True)
                server = await _listen(place, self._visit)
        except OSError as fault:
            self._trace.step("no-control", text=f"{self._data_dir / NAME}: {fault}; no drill can be held")
            await asyncio.Event().wait()
            return
        try:
            await asyncio.Event().wait()
        finally:
            server.close()
            for writer in list(self._visitors):
                writer.close()
            (self._data_dir / NAME).unlink(missing_ok=True)

    def send(self, air: bytes, *, is_urgent: bool = True) -> bool:
        """What is meant for the drill's pendant goes to the drill, all else into the air."""
        if air[2:8] != DRILL_ID:
            return self._send(air, is_urgent=is_urgent)
        self._push({"air": air.hex()})
        return True

    def confirmed(self, record: Record) -> None:
        """A broker has this one."""
        if record.sender == DRILL_ID:
            self._push({"confirmed": record.event_id})

    def stored(self, record: Record) -> None:
        """A real alarm ends a drill's cut at once. (A drill's own are not told here.)"""
        if record.lane == ALARM:
            self._uplink.mend()

    # ---- inside

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._visitors) >= MOST_AT_ONCE:
            writer.close()
            return
        self._visitors[writer] = who = _user_of(writer)
        try:
            while line := await reader.readline():
                _write(writer, self._do(who, json.loads(line)))
        except (ValueError, TypeError, KeyError, OSError) as fault:  # too long a line is a ValueError, too
            _write(writer, {"refused": str(fault)})
        finally:
            del self._visitors[writer]
            self._uplink.mend()  # a drill that dies leaves nothing cut
            writer.close()

    def _do(self, who: str, asked: dict[str, Any]) -> dict[str, Any]:
        doing = asked["do"]
        if doing == "hello":
            outcome = "goes on" if asked.get("again") else "begun"
            self._audit.note(f"shell:{who}", "drill", self._about["gateway"], outcome, {})
            waiting = self._alarms_waiting()
            return {"hello": self._about, "connected": self._uplink.is_connected, "alarms_waiting": waiting}
        if doing == "enrol":
            key = bytes.fromhex(asked["key"])
            if len(key) != 16:
                raise ValueError("a key has 16 bytes")
            self._registry.put_guest(DRILL_ID, key)
        elif doing == "line":
            self._line(bytes.fromhex(asked["bytes"]))
        elif doing == "cut":
            self._audit.note(f"shell:{who}", "cut", self._about["gateway"], "done", {"seconds": asked["seconds"]})
            self._uplink.cut(min(float(asked["seconds"]), MOST_CUT_S))
        elif doing == "end":
            outcome = "well" if asked["is_well"] is True else "not well"
            details = {"said": int(asked["said"]), "lost": int(asked["lost"])}
            self._audit.note(f"shell:{who}", "drill", self._about["gateway"], outcome, details)
        elif doing == "mend":
            self._uplink.mend()
        elif doing == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            raise ValueError(f"{doing} is nothing that can be asked here")
        return {"done": doing}

    def _line(self, chunk: bytes) -> None:
        """As if the bridge had sent these bytes; only frames of the drill's pendant go further."""
        for kind, body in self._decoder.feed(chunk):
            air = body[7:]
            if kind == framing.HEARD and frames.read_header(air).pendant == DRILL_ID:
                self.heard(_RSSI_DBM, air)

    def _push(self, said: dict[str, Any]) -> None:
        for writer in list(self._visitors):
            _write(writer, said)


class at:  # noqa: N801 - reads as a word
    """The socket's path, short enough for a Unix socket however deep data_dir lies."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def __enter__(self) -> Path:
        self._folder = os.open(self._data_dir, os.O_RDONLY | os.O_DIRECTORY)
        return Path(f"/proc/self/fd/{self._folder}") / NAME

    def __exit__(self, *_: object) -> None:
        os.close(self._folder)


async def _listen(
    place: Path, visit: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
) -> asyncio.Server:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # from its first moment on nobody else may open it
    try:
        listening.bind(str(place))
    finally:
        os.umask(before)
    return await asyncio.start_unix_server(visit, sock=listening, limit=MOST_LINE)


def about(gateway: str, config_path: Path) -> dict[str, Any]:
    """What a visitor is told of this gateway: who starts it again when it dies."""
    is_service = bool(os.environ.get("INVOCATION_ID") and os.environ.get("NOTIFY_SOCKET"))
    command = [sys.executable, "-m", "gateway", "run", "--config", str(config_path)]
    return {"gateway": gateway, "is_service": is_service, "command": command, "folder": os.getcwd()}  # noqa: PTH109


def peer(writer: asyncio.StreamWriter) -> tuple[int, int]:
    """Whose process is at the other end: (uid, gid)."""
    end = writer.get_extra_info("socket")
    _, uid, gid = struct.unpack("3i", end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return uid, gid


def _user_of(writer: asyncio.StreamWriter) -> str:
    uid, _ = peer(writer)
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _write(writer: asyncio.StreamWriter, said: dict[str, Any]) -> None:
    with suppress(OSError):
        if writer.transport.get_write_buffer_size() < MOST_LINE * 64:  # who does not read is not waited for
            writer.write(json.dumps(said).encode() + b"\n")
