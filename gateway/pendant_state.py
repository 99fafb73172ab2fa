"""Without this file every page would read frames: what a pendant is like, as far as it has said so."""

import json
from dataclasses import dataclass
from typing import Any

from gateway.events import flags
from shared import frames, words

HERE, MISSING, UNKNOWN = "here", "missing", "unknown"


@dataclass(frozen=True, slots=True)
class PendantState:
    """A picture of one pendant at one moment. No name: names stand in the registry."""

    pendant: bytes
    presence: str  # HERE: heard within three beats; MISSING: reported so; UNKNOWN: nobody could know
    seen_unix_ms: int | None  # when it was last heard; None: never, or nobody knows the date
    seen_stamp_ms: int | None  # on the stamps of this switching-on; None if it was not in it
    rssi_dbm: int | None
    battery_percent: int | None
    battery_mv: int | None
    worn: bool | None
    still: bool | None
    charging: bool | None
    external_power: bool | None
    safe_mode: bool | None
    firmware: str | None
    boot: int | None
    uptime_s: int | None
    beat_s: int  # how often it is expected to be heard
    unheard_s: int | None  # seconds of listening since it was heard; None: never heard


def said_by_beat(beat: Any) -> dict[str, Any]:
    """What of a beat is worth keeping as the last known state."""
    unknown = frames.PERCENT_UNKNOWN
    return {
        "battery_mv": beat.battery_mv or None,
        "battery_percent": None if beat.battery_percent == unknown else beat.battery_percent,
        **flags(beat.flags),
        "firmware": "{}.{}.{}".format(*beat.firmware),
        "uptime_s": beat.uptime_s,
        "beat_seq": beat.seq,
    }


def measured_beat_ms(before: dict[str, Any], beat: Any) -> int:
    """From one beat to the next, by the pendant's own numbers and clock; 0 if these two do not say.

    So a beat that was lost between them is known, and an interval that somebody else has configured is found.
    """
    seq, uptime_s = before.get("beat_seq"), before.get("uptime_s")
    if before.get("beat_boot") != beat.boot or seq is None or uptime_s is None or beat.seq <= seq:
        return 0
    return max(0, int(beat.uptime_s) - int(uptime_s)) * 1_000 // (int(beat.seq) - int(seq))


def published(state: dict[str, Any]) -> dict[str, Any]:
    """Without what only this gateway needs."""
    return {name: value for name, value in state.items() if name not in {"beat_seq", "beat_boot"}}


def boot_of(kind: int, said: Any) -> int | None:
    """The pendant's boot, if this kind of frame names it."""
    return None if kind == words.POLL else int(said.boot)


def state_event(name: str, pendant: str, common: dict[str, str], data: dict[str, Any]) -> bytes:
    """What is retained of a pendant; dated by its last_seen."""
    event = {
        "specversion": "1.0",
        "id": name,
        "source": f"/pendants/{pendant}",
        "type": "tiexin.pendant.state",
        "subject": pendant,
        "datacontenttype": "application/json",
        **common,
        "data": data,
    }
    if data["last_seen"]:
        event["time"] = data["last_seen"]
    return json.dumps(event, separators=(",", ":")).encode()
