"""Without this file a burst of commands would wait in memory without end, or hold up the broker's other messages."""

import asyncio

from gateway.commands import Commands
from gateway.mqtt_session import Inbound
from gateway.trace import Trace
from gateway.uplink import Uplink

MOST = 100  # waiting; the broker repeats what finds no place here


class CommandQueue:
    """Commands are done one after another; each is acknowledged to the broker when it has been."""

    def __init__(self, commands: Commands, uplink: Uplink, trace: Trace) -> None:
        self._commands = commands
        self._uplink = uplink
        self._trace = trace
        self._waiting: asyncio.Queue[Inbound] = asyncio.Queue(MOST)

    def put(self, message: Inbound) -> None:
        """Let it be done, in its turn."""
        try:
            self._waiting.put_nowait(message)
        except asyncio.QueueFull:
            self._trace.trouble("commands", "more commands than can be taken; the broker will repeat them")

    async def run(self) -> None:
        """Do them, for ever. One that we fail at is acknowledged, too: repeated it would fail again."""
        while True:
            message = await self._waiting.get()
            try:
                await self._commands.take(message)
            except Exception:
                self._uplink.acknowledge(message)
                raise
            self._uplink.acknowledge(message)
