"""Without this file the gateway could pass on what pendants say, but say nothing itself.

An event of the gateway's own is stored like any other, and so survives and arrives like any other. All of them take
their numbers here: two makers would sooner or later give two events one id.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from typing import Any

from gateway.record import EVENT, OWN, Record
from gateway.store import STORED, Store
from gateway.tables import Identity


class OwnEvents:
    """Makes events whose source is this gateway."""

    def __init__(self, store: Store, identity: Identity, stamp_ms: Callable[[], int]) -> None:
        self._store = store
        self._identity = identity
        self._stamp_ms = stamp_ms
        self._seq = 0

    def tell(
        self, kind: str, subject: str, data: dict[str, Any], then: Callable[[str], None] = lambda verdict: None,
        also: Callable[[sqlite3.Connection], None] | None = None,
    ) -> None:  # fmt: skip
        """Store an event of that type (as in docs/mqtt.md) about subject; then(verdict) after the COMMIT.

        also(db) is done in the same transaction, if the event is stored: what is told once is noted with the telling.
        """
        record = self.make(kind, subject, data)
        self._store.add(record, (record.boot, record.seq), then, also)

    async def told(
        self, kind: str, subject: str, data: dict[str, Any], also: Callable[[sqlite3.Connection], None]
    ) -> bool:
        """The same, waited for: whether it is stored, and with it `also`. If not, whoever tells must tell again."""
        verdict: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def settle(said: str) -> None:
            if not verdict.cancelled():
                verdict.set_result(said)

        self.tell(kind, subject, data, settle, also)
        return await verdict == STORED

    def make(self, kind: str, subject: str, data: dict[str, Any]) -> Record:
        """An event of that type about subject, numbered: whoever asks for it must store it."""
        self._seq += 1
        me = self._identity
        body = json.dumps({"type": kind, "subject": subject, "data": data}, separators=(",", ":")).encode()
        return Record(0, EVENT, me.gateway, me.boot, self._seq, OWN, body, 0, me.switch_on, self._stamp_ms(), 0)
