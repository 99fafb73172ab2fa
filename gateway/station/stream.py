"""Without this file a carer would have to reload the page to see an alarm: what happens, as server-sent events.

Each event has a number. Who comes back with the last number it saw gets what it has missed, if that is still here;
everybody else (a slow tablet, a gateway that was started anew) is told to fetch the page's parts afresh.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field

HEARTBEAT_S = 5.0  # the page calls the line dead after three
REFRESH = "refresh"
MOST_CLIENTS = 64
MOST_WAITING = 200  # events for one client
MOST_KEPT = 400
MOST_KEPT_CHARACTERS = 400_000


@dataclass(frozen=True)
class Event:
    """One thing to tell: its kind, and a text for each language."""

    number: int
    kind: str
    texts: dict[str, str]


@dataclass(eq=False)
class _Client:
    language: str
    waiting: deque[Event] = field(default_factory=deque)
    is_behind: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Stream:
    """All open pages, and what was last told to them."""

    def __init__(self, heartbeat_s: float = HEARTBEAT_S, beat: Callable[[], str] = str, mark: str = "") -> None:
        self.run = secrets.token_hex(4)  # this start: numbers of another one mean nothing
        self._heartbeat_s = heartbeat_s
        self._beat = beat  # what every beat of the heart says
        self._mark = mark  # what a page compares its own scripts with
        self._number = 0
        self._kept: deque[Event] = deque()
        self._kept_characters = 0
        self._clients: set[_Client] = set()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._clients)

    @property
    def is_full(self) -> bool:
        """Whether one more page would be too many."""
        return len(self._clients) >= MOST_CLIENTS

    @property
    def last_id(self) -> str:
        """The id of the last event: a page that is made now has everything up to it."""
        return f"{self.run}-{self._number}"

    def tell(self, kind: str, texts: dict[str, str]) -> None:
        """Tell every open page; never waits."""
        self._number += 1
        event = Event(self._number, kind, texts)
        self._keep(event)
        for client in self._clients:
            if len(client.waiting) >= MOST_WAITING:
                client.waiting.clear()
                client.is_behind = True
            if not client.is_behind:
                client.waiting.append(event)
            client.wake.set()

    def open(self) -> None:
        """Take listeners, after a close as well."""
        self._is_closed = False

    def close(self) -> None:
        """End all streams, so that the server can end."""
        self._is_closed = True
        for client in self._clients:
            client.wake.set()

    async def listen(self, last_id: str, language: str) -> AsyncIterator[bytes]:
        """The bytes for one page, from the event behind last_id on; ends when the stream is closed."""
        client = _Client(language)
        missed = self._missed(last_id)
        if missed is None:
            client.is_behind = True
        else:
            client.waiting.extend(missed)
        self._clients.add(client)
        try:
            yield b"retry: 1000\n\n"
            while not self._is_closed:
                yield self._take(client)
                if not (client.waiting or client.is_behind or self._is_closed):
                    await self._wait(client)
        finally:
            self._clients.discard(client)

    def _take(self, client: _Client) -> bytes:
        """All that waits for a client as bytes; a beat of the heart if nothing does."""
        if client.is_behind:
            client.is_behind = False
            client.waiting.clear()
            return _bytes(self.last_id, REFRESH, self._mark)
        events, client.waiting = client.waiting, deque()
        told = b"".join(
            _bytes(f"{self.run}-{event.number}", event.kind, event.texts.get(client.language, "")) for event in events
        )
        return told or f"event: beat\ndata: {self._beat()}\n\n".encode()

    async def _wait(self, client: _Client) -> None:
        client.wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._heartbeat_s):
                await client.wake.wait()

    def _missed(self, last_id: str) -> list[Event] | None:
        run, _, number_text = last_id.partition("-")
        if run != self.run or not number_text.isdecimal() or len(number_text) > 18:
            return None
        number = int(number_text)
        first = self._kept[0].number if self._kept else self._number + 1
        if not first - 1 <= number <= self._number or self._number - number > MOST_WAITING:
            return None
        return [event for event in self._kept if event.number > number]

    def _keep(self, event: Event) -> None:
        self._kept.append(event)
        self._kept_characters += _size(event)
        while len(self._kept) > MOST_KEPT or self._kept_characters > MOST_KEPT_CHARACTERS:
            self._kept_characters -= _size(self._kept.popleft())


def _size(event: Event) -> int:
    return sum(len(text) for text in event.texts.values())


def _bytes(name: str, kind: str, text: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.splitlines()) or "data:\n"
    return f"id: {name}\nevent: {kind}\n{lines}\n".encode()
