"""Without this file a backlog of heartbeats would go one by one, and take a day where an hour would do.

Telemetry that has been read from the store and is not under way yet, and how many records of it the next message takes.
The size follows what the broker says it takes, and what it takes in silence.
"""

from gateway.record import Record
from shared import words

BATCH = 28  # records in one message: 16 kB, which every broker known to us takes
BATCH_FROM = 8  # fewer than this are sent one by one, each under its pendant's topic
_LONGEST_BEAT_BYTES = 800  # a beat as a CloudEvent has about 600


class Batches:
    """What was claimed ahead, and what the broker is known to take of it at once."""

    def __init__(self) -> None:
        self._ahead: list[Record] = []
        self._most = BATCH
        self._has_arrived = False  # a batch, in any connection
        self._singly = 0  # so many of those ahead go one by one: together they could not be told

    def __bool__(self) -> bool:
        return bool(self._ahead)

    def begin(self, longest_packet: int) -> None:
        """A connection begins: all is read again. longest_packet: in bytes, what the broker takes (MQTT 5)."""
        self._ahead = []
        self._singly = 0
        self._most = max(1, min(self._most, longest_packet // _LONGEST_BEAT_BYTES))

    def put(self, records: list[Record]) -> None:
        """These have been claimed; the ones before them have all gone."""
        self._ahead = records

    def next(self) -> list[Record]:
        """The records of the next message: several, or a single beat if there are few.

        A window of motion goes alone: it is as large as seven beats.
        """
        size = self._most if len(self._ahead) >= min(BATCH_FROM, self._most) and not self._singly else 1
        beats = [record.kind == words.BEAT for record in self._ahead[:size]]
        return self._ahead[: max(1, beats.index(False)) if False in beats else size]

    def gone(self, size: int) -> None:
        """The next `size` records have gone, or have been told to make no sense."""
        if size == 1:
            self._singly = max(0, self._singly - 1)
        del self._ahead[:size]

    def split(self, size: int) -> None:
        """The next `size` records cannot be told together: one of them makes no sense, the others go one by one."""
        self._singly = size

    def arrived(self, size: int) -> None:
        """The broker has taken a message of so many records."""
        self._has_arrived = self._has_arrived or size > 1

    def ended(self, under_way: list[list[Record]]) -> list[list[Record]]:
        """A connection has ended over these messages; back come those that may be why.

        Until a batch has arrived its size may be why, rather than what is in it: the next ones are half as large.
        """
        singles = [records for records in under_way if len(records) == 1]
        if self._has_arrived or len(singles) == len(under_way):
            return under_way
        self._most = max(1, self._most // 2)
        return singles
