"""Without this file a broker would be given more than it takes, and a dead link would be trusted for ever.

What a broker has been given and has not answered, and how much more it may be given. Each lane has a window of
messages; telemetry has one of bytes as well, which follows the speed of the link: an alarm waits behind what is already
in the socket. Told the time, never asks for it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from gateway.record import ALARM, TELEMETRY, Record

WINDOW = (64, 64, 32)  # messages of each lane under way; this much, at most, comes twice after a lost connection
WINDOW_BYTES = 192 * 1024  # of telemetry under way, at most
FIRST_WINDOW_BYTES = 32 * 1024  # until it is known how fast the link is
SLOW_S = 0.25  # a PUBACK that takes longer: less telemetry under way, or an alarm would wait behind it on a slow link
ALARM_PATIENCE_S = 8.0  # an alarm under way and not a word from the broker for so long: the link is half open
PATIENCE_S = 20.0
_ALARMS_SHARE = 4  # of what the broker takes, one part in so many is kept for alarms
_REPLY_FROM = 5  # of a broker that takes so many, one is kept for the reply to a command


class Flight(NamedTuple):
    """What is under way under one number."""

    lane: int
    records: list[Record]
    size: int
    since_s: float


class UnderWay:
    """The flights of one connection, by the number (mid) that MQTT gave them, and the room beside them."""

    def __init__(self) -> None:
        self.flights: dict[int, Flight] = {}
        self._count = [0, 0, 0]  # of each lane, until the store has forgotten it too
        self._bytes = 0  # of telemetry
        self._window_bytes = FIRST_WINDOW_BYTES

    def add(self, mid: int, flight: Flight) -> None:
        """A message has been given to the broker."""
        self.flights[mid] = flight
        self._count[flight.lane] += 1
        self._bytes += flight.size if flight.lane == TELEMETRY else 0

    def answered(self, mid: int) -> Flight | None:
        """The broker has answered to this number; None if it was none of ours: a state, a reply."""
        return self.flights.pop(mid, None)

    def landed(self, flight: Flight) -> None:
        """It takes no room any more: the store has forgotten it, or it is passed by."""
        self._count[flight.lane] -= 1
        self._bytes -= flight.size if flight.lane == TELEMETRY else 0

    def has(self, lane: int) -> bool:
        """Whether anything of this lane is under way."""
        return self._count[lane] > 0

    def records(self) -> Iterator[list[Record]]:
        """The records of each message that has no answer yet."""
        return (flight.records for flight in self.flights.values())

    def room(self, lane: int, broker_takes: int, broker_has: int) -> int:
        """How many more messages of a lane may go now.

        broker_takes: how many it takes without an answer (MQTT 5, section 3.3.4); broker_has: how many it has now.
        """
        left = broker_takes - broker_has - (broker_takes >= _REPLY_FROM)
        if lane != ALARM:
            left -= broker_takes // _ALARMS_SHARE
        if lane == TELEMETRY and self._bytes >= self._window_bytes:
            return 0
        return max(0, min(WINDOW[lane] - self._count[lane], left))

    def adapt(self, flight: Flight, now_s: float) -> None:
        """Halve the window after a slow PUBACK, grow it after a quick one: nothing takes much longer than SLOW_S."""
        if flight.lane != TELEMETRY:
            return
        if now_s - flight.since_s > SLOW_S:
            self._window_bytes = max(1, self._window_bytes // 2)  # one message is always allowed
        else:
            self._window_bytes = min(WINDOW_BYTES, self._window_bytes + flight.size)

    def silence(self, heard_s: float, now_s: float) -> float | None:
        """After how many seconds without a word the link must be called dead; None while it need not be.

        heard_s: when the broker was last heard.
        """
        for flight in self.flights.values():
            patience_s = PATIENCE_S if flight.lane == TELEMETRY else ALARM_PATIENCE_S
            if now_s - max(flight.since_s, heard_s) > patience_s:
                return patience_s
        return None
