"""Without this file the gateway would be deaf from the first pulled plug on.

Owns the line to the bridge: reads and writes without blocking the event loop, notices silence (a bridge says hello
every 2 s), and has the port opened again for ever (bridge_ports.py).
"""

import asyncio
import os
import termios
import time
from collections.abc import Callable
from contextlib import suppress

import serial

from gateway import bridge_prompt
from gateway.bridge_ports import BridgePorts
from gateway.config import SerialConfig
from gateway.counters import LineCounters
from gateway.trace import Trace
from shared import bundle, framing, known

READ_BYTES = 16_384
MOST_UNSENT_BYTES = 16_384  # half a second of air and more: a bridge that takes nothing gets nothing new
SILENT_S = 6.0  # three hellos missed
REOPEN_AFTER_S = 12.0
RETRY_S = 0.5
_BROADCAST = b"\xff" * 6  # a pendant is addressed inside the frame; every bridge in range may carry it
_HELLO_SIZE = 17
_UNREAD = 400
_SHOWN = 80
_READABLE = 12  # characters: shorter may be noise


class SerialLink:
    """The line to the bridge. `heard(rssi_dbm, air)` is called for each frame out of the air."""

    def __init__(self, config: SerialConfig, trace: Trace) -> None:
        self._config = config
        self._trace = trace
        self._ports = BridgePorts(config, trace)
        self._port: serial.Serial | None = None
        self._decoder = framing.Decoder()
        self._unsent = bytearray()
        self._lost: asyncio.Event = asyncio.Event()
        self._hello_s = 0.0
        self._is_greeted = False
        self._has_spoken = False  # since this port was opened
        self._is_short = False  # the bridge understands the short forms
        self._channel = 0
        self._unread = b""  # the last of what came since a hello: a console's text says what runs there
        self._begun_anew: set[str] = set()  # ports whose board was at a prompt, and has said no hello since
        self.turned_s = time.monotonic()  # when the loop below last came round
        self.counters = LineCounters()
        self.known_pendants: Callable[[], list[bytes]] = list  # ids; an empty list lets everybody pass
        self.heard: Callable[[int, bytes], None] = lambda rssi_dbm, air: None

    @property
    def is_up(self) -> bool:
        """Whether a bridge is there and has said hello."""
        return self._is_greeted

    @property
    def channel(self) -> int:
        """The radio channel that the bridge named last; 0 before it has."""
        return self._channel

    @property
    def damaged(self) -> int:
        """Frames on the line that did not come out even, since the start."""
        return self.counters.damaged + self._decoder.rejected

    def open_first(self) -> None:
        """At start: SetUpError if the configured port is not there, not allowed or in use. Blocks."""
        self._port = self._ports.open_named()

    async def run(self) -> None:
        """Serve the line for ever."""
        while True:
            port = self._port or await self._find()
            try:
                await self._serve(port)
            finally:
                self._unwatch(port)
                self._close()

    def send(self, air: bytes, *, is_urgent: bool = True) -> bool:
        """Give a frame to the bridge for the air; False if there is no bridge to take it.

        What is not urgent is written when the loop has dealt with everything that came together.
        """
        if self._is_short:
            return self._send(framing.SEND_ALL, air, is_urgent=is_urgent)
        return self._send(framing.SEND, _BROADCAST + air, is_urgent=is_urgent)

    def tell_known(self) -> None:
        """Tell the bridge whose frames are worth the line. With every hello: it may have begun anew."""
        pendants = self.known_pendants()
        if pendants:
            self._send(framing.KNOWN, known.make(pendants))

    # ---- serving

    async def _find(self) -> serial.Serial:
        """Try until a port opens."""
        while True:
            self.turned_s = time.monotonic()
            if port := await self._ports.open_any():
                return port
            await asyncio.sleep(RETRY_S)

    async def _serve(self, port: serial.Serial) -> None:
        self._port = port
        self._lost.clear()
        self.counters.lost_decoder(self._decoder)
        self._decoder = framing.Decoder()
        self._unread = b""
        self._unsent.clear()
        self._is_greeted = self._has_spoken = self._is_short = False
        self._hello_s = time.monotonic()
        asyncio.get_running_loop().add_reader(port.fileno(), self._readable)
        self._trace.step("serial-open", port=port.port)
        self._send(framing.ASK_HELLO, b"")
        while not self._lost.is_set():
            self.turned_s = time.monotonic()
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENT_S / 3):
                    await self._lost.wait()
            self._watch_hello(port)

    def _watch_hello(self, port: serial.Serial) -> None:
        silent_s = time.monotonic() - self._hello_s
        if silent_s < SILENT_S or self._lost.is_set():
            return
        self._is_greeted = False
        if not self._begin_anew(str(port.port)):
            said = f"{port.port}: no bridge has said hello for {silent_s:.0f} s{self._suspicion()}"
            self._trace.trouble("bridge", said)
            self._give(bridge_prompt.SHOW + framing.encode(framing.ASK_HELLO, b""))
        if silent_s >= REOPEN_AFTER_S:
            self._ports.was_silent(str(port.port))
            self._lose("silent")

    def _begin_anew(self, path: str) -> bool:
        """Start the program of a board that waits at a prompt; once: one that has none writes that to its flash."""
        if path in self._begun_anew or not bridge_prompt.is_there(self._unread):
            return False
        self._begun_anew.add(path)
        self._unread = b""
        self._trace.trouble("bridge-prompt", f"{path}: the board waits at MicroPython's prompt; its program is started")
        self._give(bridge_prompt.LEAVE)
        return True

    def _suspicion(self) -> str:
        """What a board that talks, but not our language, is likely to be."""
        if self._has_spoken:
            return ""  # a bridge; what came since its last word is our language
        text = "".join(chr(byte) if 32 <= byte < 127 else " " for byte in self._unread)
        words_of_it = " ".join(text.split())[-_SHOWN:]
        if len(words_of_it) >= _READABLE:
            return f'; another program runs on that board ("{words_of_it}"): flash it as a bridge (make flash)'
        return f" ({self._decoder.rejected} damaged frames: is the baud rate right?)" if self._decoder.rejected else ""

    def _readable(self) -> None:
        assert self._port
        try:
            chunk = os.read(self._port.fileno(), READ_BYTES)
        except BlockingIOError:
            return
        except OSError as fault:
            self._lose(os.strerror(fault.errno or 0))
            return
        if not chunk:
            self._lose("the line was closed")
            return
        self._unread = (self._unread + chunk)[-_UNREAD:]
        for kind, body in self._decoder.feed(chunk):
            self._took(kind, body)

    def _took(self, kind: int, body: bytes) -> None:
        if kind == framing.HEARD and len(body) > 7:
            self._heard(body[6] - 256 if body[6] > 127 else body[6], body[7:])
        elif kind == framing.ALARMS:
            alarms = bundle.split(body)
            self.counters.damaged += not alarms
            for rssi_dbm, air in alarms:
                self._heard(rssi_dbm, air)
        elif kind == framing.HELLO and len(body) >= 1:
            self._greeted(body)
        elif kind == framing.LOG:
            self._trace.fine("bridge-log", text=body[:200].decode("utf-8", "replace"))

    def _heard(self, rssi_dbm: int, air: bytes) -> None:
        self._trace.fine("frame-arrived", rssi_dbm=rssi_dbm, size=len(air))
        self.heard(rssi_dbm, air)

    def _greeted(self, body: bytes) -> None:
        if body[0] != framing.PROTOCOL_VERSION or len(body) < _HELLO_SIZE:
            self._trace.trouble(
                "bridge", f"the bridge speaks version {body[0]}, we {framing.PROTOCOL_VERSION}; flash it again"
            )
            return
        self._hello_s = time.monotonic()
        self._has_spoken = True
        self._unread = b""
        self._begun_anew.clear()
        self.counters.greeted(body)
        self.tell_known()
        self._allow(body)
        self._watch_channel(body[4])
        if not self._is_greeted:
            self._is_greeted = True
            firmware = ".".join(str(part) for part in body[1:4])
            self._trace.step("bridge", firmware=firmware, channel=body[4], mac=body[9:15].hex())
            self._trace.well("bridge-prompt", "the bridge has started")
            self._trace.well("bridge", "the bridge is there")

    def _allow(self, hello: bytes) -> None:
        """A bridge of this age names its abilities: it may use what we understand too, until the hello after next."""
        self._is_short = len(hello) > _HELLO_SIZE and bool(hello[_HELLO_SIZE] & framing.SHORT_FORMS)
        if self._is_short:
            self._send(framing.ALLOW, bytes((framing.SHORT_FORMS,)))

    def _watch_channel(self, channel: int) -> None:
        """Pendants follow by themselves, with a scan; the installer shall see why one was slow."""
        if self._is_greeted and channel != self._channel:
            self._trace.step("bridge-channel", channel=channel, before=self._channel)
        self._channel = channel
        if self._config.channel and channel != self._config.channel:
            self._send(framing.SET_CHANNEL, bytes((self._config.channel,)))

    def _send(self, kind: int, body: bytes, *, is_urgent: bool = True) -> bool:
        if self._port is None or self._lost.is_set() or len(self._unsent) > MOST_UNSENT_BYTES:
            return False
        is_idle = not self._unsent
        self._unsent += framing.encode(kind, body)
        if is_urgent:
            self._write()
        elif is_idle:
            asyncio.get_running_loop().call_soon(self._write)
        return not self._lost.is_set()

    def _give(self, data: bytes) -> None:
        """Bytes for whatever is at the other end."""
        self._unsent += data
        self._write()

    def _write(self) -> None:
        if self._port is None or self._lost.is_set() or not self._unsent:
            return
        loop = asyncio.get_running_loop()
        try:
            del self._unsent[: os.write(self._port.fileno(), self._unsent)]
        except BlockingIOError:
            pass
        except OSError as fault:
            self._lose(os.strerror(fault.errno or 0))
            return
        if self._unsent:
            loop.add_writer(self._port.fileno(), self._write)
        else:
            loop.remove_writer(self._port.fileno())

    def _lose(self, why: str) -> None:
        assert self._port
        self._unwatch(self._port)
        self._trace.trouble("bridge", f"{self._port.port}: the bridge is lost ({why}); looking for it")
        self._lost.set()

    def _unwatch(self, port: serial.Serial) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(port.fileno())
        loop.remove_writer(port.fileno())

    def _close(self) -> None:
        self._is_greeted = False
        if self._port is None:
            return
        with suppress(OSError, termios.error):
            self._port.reset_output_buffer()  # or closing would wait, up to 30 s, for a board that takes nothing
        with suppress(OSError):
            self._port.close()
        self._port = None
