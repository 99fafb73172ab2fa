"""Without this file a missing pendant would be told again after each restart, or forgotten by it.

Compares what is so with what was told, and tells the difference: once, because the telling and the note that it was
told are one transaction. What cannot be stored now is told at a later look.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from gateway import presence_tables
from gateway.own import OwnEvents
from gateway.store import STORED
from gateway.trace import Trace

PENDANT_MISSING, PENDANT_FOUND = "tiexin.pendant.missing", "tiexin.pendant.found"
BRIDGE_MISSING, BRIDGE_FOUND = "tiexin.bridge.missing", "tiexin.bridge.found"
RADIO_SILENT, RADIO_HEARD = "tiexin.radio.silent", "tiexin.radio.heard"
BRIDGE, RADIO = b"the bridge", b"the radio"  # beside the ids of pendants, which have six bytes


class News:
    """What was told as missing and not yet as found."""

    def __init__(self, own: OwnEvents, gateway: str, trace: Trace) -> None:
        self._own = own
        self._gateway = gateway
        self._trace = trace
        self.told: set[bytes] = set()
        self._telling: set[bytes] = set()

    def bridge(self, *, is_away: bool, pendants: int) -> None:
        """Whether it is away, and how many pendants that concerns."""
        self._match(BRIDGE, is_away, BRIDGE_MISSING if is_away else BRIDGE_FOUND, self._gateway, {"pendants": pendants})

    def radio(self, *, is_silent: bool, silent: int, of: int) -> None:
        """Whether it is silent, to how many."""
        kind = RADIO_SILENT if is_silent else RADIO_HEARD
        self._match(RADIO, is_silent, kind, self._gateway, {"silent": silent, "of": of})

    def pendant(self, pendant: bytes, *, is_missing: bool, data: Callable[[], dict[str, Any]]) -> None:
        """Whether it is missing, and what is known of it."""
        if is_missing != (pendant in self.told):
            kind = PENDANT_MISSING if is_missing else PENDANT_FOUND
            self._match(pendant, is_missing, kind, pendant.hex(), data())

    def _match(self, about: bytes, is_missing: bool, kind: str, subject: str, data: dict[str, Any]) -> None:
        if is_missing == (about in self.told) or about in self._telling:
            return
        self._telling.add(about)

        def told(verdict: str) -> None:
            self._telling.discard(about)
            if verdict == STORED:
                (self.told.add if is_missing else self.told.discard)(about)
                self._trace.step(kind.removeprefix("tiexin.").replace(".", "-"), subject=subject)

        def also(db: sqlite3.Connection) -> None:
            presence_tables.note_told(db, about, is_missing)

        self._own.tell(kind, subject, data, told, also)
