"""Without this file the drill would not reach the gateway: its side of the control socket."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from gateway.drill.control import NAME, at, peer
from gateway.errors import SetUpError

_ANSWER_S = 10.0
_LOOK_S = 0.1


class Line:
    """A connection to a running gateway; `on_air` and `on_confirmed` are told what it says by itself."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self.owner = (os.getuid(), os.getgid())  # of the gateway's process; as the kernel says, once it is open
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.on_air: Callable[[bytes], None] = lambda air: None
        self.on_confirmed: Callable[[str], None] = lambda name: None

    async def open(self, *, is_again: bool = False) -> dict[str, Any]:
        """Say hello, the first time or after a kill; what the gateway says of itself. SetUpError if none is here."""
        try:
            with at(self._data_dir) as place:
                reader, self._writer = await asyncio.open_unix_connection(str(place))
        except PermissionError:
            raise SetUpError(f"{self._data_dir / NAME}: run this as the gateway's user, or as root.") from None
        except OSError as fault:
            raise SetUpError(f"{self._data_dir / NAME}: no gateway runs here ({fault.strerror}); start it.") from None
        self.owner = peer(self._writer)
        self._answers = asyncio.Queue()
        self._reading = asyncio.create_task(self._read(reader), name="drill-line")
        return await self.ask(do="hello", again=is_again)

    async def open_within(self, seconds: float) -> bool:
        """Open it as soon as a gateway is there again; False if none is in time."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            with suppress(SetUpError):
                await self.open(is_again=True)
                return True
            await asyncio.sleep(_LOOK_S)
        return False

    async def ask(self, **asked: Any) -> dict[str, Any]:
        """Ask, and wait for the answer. SetUpError if the gateway refuses or has gone."""
        self.tell(**asked)
        try:
            async with asyncio.timeout(_ANSWER_S):
                answer = await self._answers.get()
        except TimeoutError:
            answer = {"refused": "it does not answer"}
        if "refused" in answer:
            raise SetUpError(f"The gateway would not do that: {answer['refused']}.")
        return answer

    def tell(self, **asked: Any) -> None:
        """Ask and do not wait; into a line that has ended it says nothing."""
        if self._writer and not self._writer.is_closing():
            self._writer.write(json.dumps(asked).encode() + b"\n")

    def close(self) -> None:
        """Hang up."""
        if self._reading:
            self._reading.cancel()
        if self._writer:
            self._writer.close()
        self._writer = self._reading = None

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError, ValueError):
            while line := await reader.readline():
                said = json.loads(line)
                if "air" in said:
                    self.on_air(bytes.fromhex(said["air"]))
                elif "confirmed" in said:
                    self.on_confirmed(said["confirmed"])
                elif said.get("done") != "line":
                    self._answers.put_nowait(said)
        self._answers.put_nowait({"refused": "the line has ended"})
