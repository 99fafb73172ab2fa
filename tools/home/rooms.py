"""Without this file a fall that three gateways heard would be three falls, or one fall in no room.

What docs/mqtt.md asks of a platform: the first copy of an id rings, and is the event; of the copies that come within
SETTLED_S the one that was heard best names the gateway, and so the room. No gateway waits for another.
"""

from typing import Any, NamedTuple

SETTLED_S = 2.0


class Heard(NamedTuple):
    """Who heard an event best so far."""

    gateway: str
    rssi_dbm: int
    first_s: float
    copies: int


class Rooms:
    """The best hearer of each event."""

    def __init__(self) -> None:
        self._heard: dict[str, Heard] = {}

    def take(self, event: dict[str, Any], now_s: float) -> bool:
        """A copy has come; True if it is the first one: ring."""
        name, gateway = str(event["id"]), str(event.get("gateway", ""))
        strength = event.get("data", {}).get("rssi_dbm")
        rssi_dbm = strength if isinstance(strength, int) else -128
        known = self._heard.get(name)
        if known is None:
            self._heard[name] = Heard(gateway, rssi_dbm, now_s, 1)
            return True
        known = known._replace(copies=known.copies + 1)
        if rssi_dbm > known.rssi_dbm and now_s - known.first_s <= SETTLED_S:
            known = known._replace(gateway=gateway, rssi_dbm=rssi_dbm)
        self._heard[name] = known
        return False

    def of(self, name: str) -> Heard:
        """Who heard it best; KeyError if nobody did."""
        return self._heard[name]
