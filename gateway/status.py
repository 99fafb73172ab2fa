"""Without this file the platform would see that a gateway is there, but not how it is.

What the retained status says, and the same in one line for a person: what waits, for how long there is room, how long
the certificates are good.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from gateway.clock import Clock
from gateway.config import Config
from gateway.health import Capacity, certificate_days, in_words
from gateway.record import LANE_NAMES
from gateway.registry import Registry
from gateway.space import Limits, used_bytes
from gateway.store import Store
from gateway.tables import Identity


class Status:
    """How the gateway is at this moment."""

    def __init__(self, *, config: Config, registry: Registry, store: Store, clock: Clock, limits: Limits) -> None:
        self._config = config
        self._registry = registry
        self._store = store
        self._clock = clock
        self._capacity = Capacity(limits)
        self._used_bytes = 0
        self._number = 0
        self.more: Callable[[], dict[str, Any]] = dict  # what other parts have to say of themselves

    async def look(self) -> None:
        """See how full the store is."""
        self._used_bytes = await self._store.read(used_bytes)
        self._capacity.note(self._clock.stamp_ms(), self._store.taken_bytes)

    def health(self) -> dict[str, Any]:
        """The data of the status."""
        return {
            "pendants": len(self._registry),
            "store": {
                "waiting": dict(zip(LANE_NAMES, self._store.waiting, strict=True)),
                "used_mb": round(self._used_bytes / 1e6, 1),
                "max_mb": self._config.store.max_mb,
                "holds_h": self._capacity.holds_h(self._used_bytes),
                "folded": self._store.room.folded,
                "pushed_out": self._store.room.pushed_out,
            },
            "certificates": self.certificates(),
            "knows_time": self._clock.offset_ms() is not None,
            **self.more(),
        }

    def in_words(self) -> str:
        """One line for a person."""
        return in_words(self.health())

    def certificates(self) -> dict[str, int]:
        """Days left, by the name in the configuration; nothing while the time is not known."""
        now_s = self._clock.unix_s()
        days = {}
        for name, path in _certificates(self._config):
            with suppress(OSError, ValueError):
                if path and now_s:
                    days[name] = certificate_days(path, now_s)
        return days

    def render(self, identity: Identity, *, is_online: bool) -> bytes:
        """The status as it is published; each has another id."""
        self._number += 1
        status = {
            "specversion": "1.0",
            "id": f"{identity.gateway.hex()}-{identity.boot}-status-{self._number}",
            "source": f"/gateways/{identity.gateway.hex()}",
            "type": "tiexin.gateway.status",
            "subject": self._config.gateway,
            "datacontenttype": "application/json",
            "site": self._config.site,
            "gateway": self._config.gateway,
            "data": {"online": is_online, **(self.health() if is_online else {})},
        }
        return json.dumps(status, separators=(",", ":")).encode()


def _certificates(config: Config) -> Iterator[tuple[str, Path | None]]:
    """Every one that something ends with: the platform's, the second broker's, the page's own."""
    for prefix, broker in (("", config.broker), ("second_broker.", config.second_way.broker)):
        if broker:
            yield f"{prefix}cert_file", broker.cert_file
            yield f"{prefix}ca_file", broker.ca_file
    if config.station and config.station.cert_file != config.broker.cert_file:
        yield "station.cert_file", config.station.cert_file
