"""Without this file the way to the platform would always be good: a TCP proxy that cuts, silences and resets.

One thread with an event loop of its own. `refuse` is a platform that is down, `silence` a dead link without a word (no
RST, no FIN), `reset` a link that breaks again and again.
"""

import asyncio
import socket
import struct
import threading
from contextlib import suppress
from typing import Self

from tools.home.broker import free_port


class Net:
    """A port that leads to another, for better or worse. All methods may be called from any thread."""

    def __init__(self, to_port: int) -> None:
        self.port = free_port()
        self.connections = 0
        self._to_port = to_port
        self._is_silent = False
        self._bytes_per_s = float("inf")
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.accept()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def accept(self) -> None:
        """Be a good net from now on."""
        asyncio.run_coroutine_threadsafe(self._accept(), self._loop).result()

    def refuse(self) -> None:
        """Break every connection and take no new one."""
        asyncio.run_coroutine_threadsafe(self._refuse(), self._loop).result()

    def silence(self, *, is_silent: bool) -> None:
        """Swallow every byte of the connections there are, both ways, and let new ones hang."""
        self._is_silent = is_silent

    def slow_down(self, bytes_per_s: float) -> None:
        """Carry no more than that, towards the platform."""
        self._bytes_per_s = bytes_per_s

    def reset(self) -> None:
        """Break every connection with an RST."""
        self._loop.call_soon_threadsafe(self._break)

    async def _accept(self) -> None:
        self._is_silent = False
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _refuse(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        self._break()

    async def _end(self) -> None:
        await self._refuse()
        mine = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)

    def _break(self) -> None:
        for pair in list(self._pairs):
            for writer in pair:
                sock = writer.get_extra_info("socket")
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        with suppress(asyncio.CancelledError):  # at the end of all; asyncio's streams would tell of it on stderr
            await asyncio.gather(self._pump(reader, far_writer, is_slow=True), self._pump(far_reader, writer))
        self._pairs.discard(pair)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_slow: bool = False) -> None:
        with suppress(OSError):
            while chunk := await reader.read(4_096 if is_slow and self._bytes_per_s < float("inf") else 65_536):
                if is_slow:
                    await asyncio.sleep(len(chunk) / self._bytes_per_s)
                if self._is_silent:
                    continue  # what was sent into the silence never arrives, not even later
                writer.write(chunk)
                await writer.drain()
        writer.close()
