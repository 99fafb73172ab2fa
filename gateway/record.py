"""Without this file the store, the custody and the uplink would each have their own idea of an event."""

import re
from typing import NamedTuple

from shared import frames, words

ALARM, EVENT, TELEMETRY = range(3)
LANES = (ALARM, EVENT, TELEMETRY)
LANE_NAMES = ("alarm", "event", "telemetry")  # tables of the store, words of the topics

_EVENT_ID = re.compile(r"([0-9a-f]{12})-(\d{1,8})-(\d{1,8})", re.ASCII)

OWN = 0  # the kind of what the gateway itself has to say; its body is JSON. Pendants' kinds are in shared.words


class Record(NamedTuple):
    """One event as it is stored: what the pendant said, word for word, and how it was heard."""

    n: int  # its place in its lane; 0 until it is stored
    lane: int
    sender: bytes  # 6 bytes: a pendant's id, or the gateway's
    boot: int
    seq: int
    kind: int
    body: bytes
    rssi_dbm: int
    switch_on: int  # which switching-on of this machine heard_ms and stored_ms count from
    heard_ms: int
    stored_ms: int

    @property
    def event_id(self) -> str:
        """`<12 hex digits>-<boot>-<seq>`: the same for ever, at every gateway."""
        return f"{self.sender.hex()}-{self.boot}-{self.seq}"


def lane_of(kind: int, code: int) -> int:
    """The lane of an ALARM, EVENT or BEAT frame; code is the event's, and 0 for a beat."""
    if kind == words.BEAT:
        return TELEMETRY
    return ALARM if code in words.ALARM_CODES or code == words.TEST_ALARM else EVENT


def is_remembered(seq: int) -> bool:
    """Whether an id must be remembered for ever: beats are not repeated by pendants, everything else is."""
    return seq < int(frames.FIRST_BEAT_SEQ)


def event_parts(text: str) -> tuple[bytes, int, int] | None:
    """Sender, boot and number in the id of an event; None if it is not one."""
    found = _EVENT_ID.fullmatch(text)
    return (bytes.fromhex(found[1]), int(found[2]), int(found[3])) if found else None
