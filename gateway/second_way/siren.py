"""Without this file an alarm that nobody answers would be silent in the room where somebody could hear it.

Runs the configured command again and again while it shall sound, each time for a bounded while, and the other command
once when it shall not. No shell, no input; whatever the command does, the gateway goes on.
"""

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress

from gateway.configuration.second_way import SirenConfig
from gateway.trace import Trace


class Siren:
    """One thing that makes a noise. All of it runs in the event loop."""

    def __init__(self, config: SirenConfig, trace: Trace) -> None:
        self._config = config
        self._trace = trace
        self._wanted = asyncio.Event()
        self._changed = asyncio.Event()
        self.runs = 0  # of the command, since the start

    @property
    def is_on(self) -> bool:
        """Whether it shall sound."""
        return self._wanted.is_set()

    def switch(self, *, is_on: bool) -> None:
        """Let it sound, or not; the same again changes nothing."""
        if is_on == self.is_on:
            return
        if is_on:
            self._wanted.set()
        else:
            self._wanted.clear()
        self._changed.set()
        self._trace.step("siren-on" if is_on else "siren-off")

    async def run(self) -> None:
        """Sound whenever it shall, for ever. At the start and at the end it is silent."""
        try:
            await self._silence()  # the gateway may have died while it sounded
            while True:
                await self._wanted.wait()
                while self.is_on:
                    self._changed.clear()
                    self.runs += 1
                    await self._do(self._config.command, can_be_interrupted=True)
                    await self._pause()
                await self._silence()
        finally:
            self._wanted.clear()
            await asyncio.shield(self._silence())

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._config.every_s):
                await self._changed.wait()

    async def _silence(self) -> None:
        if self._config.off_command:
            await self._do(self._config.off_command, can_be_interrupted=False)

    async def _do(self, argv: Sequence[str], *, can_be_interrupted: bool) -> None:
        """Run a command until it ends, its time is over, or the siren is switched."""
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as fault:
            self._trace.trouble("siren", f"{argv[0]} cannot be run ({fault.strerror}); correct [siren] command")
            return
        try:
            await self._wait_for(process, can_be_interrupted=can_be_interrupted)
        finally:
            await _end(process)

    async def _wait_for(self, process: asyncio.subprocess.Process, *, can_be_interrupted: bool) -> None:
        ends = [asyncio.ensure_future(process.wait())]
        if can_be_interrupted:
            ends.append(asyncio.ensure_future(self._until_off()))
        try:
            await asyncio.wait(ends, timeout=self._config.limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in ends:
                one.cancel()
        if process.returncode:
            self._trace.trouble("siren", f"the siren's command has ended with {process.returncode}; run it by hand")
        elif process.returncode == 0:
            self._trace.well("siren", "the siren's command works again")

    async def _until_off(self) -> int:
        while self.is_on:
            await self._changed.wait()
            self._changed.clear()
        self._changed.set()
        return 0


async def _end(process: asyncio.subprocess.Process) -> None:
    """End it with all that it has started."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
