"""Without this file the platform would have to know our frames: it turns stored records into CloudEvents.

CloudEvents 1.0, JSON format: one event, or a batch. docs/mqtt.md says what every field means.
"""

import json
from collections.abc import Callable
from typing import Any

from gateway import freshness, motion_parts
from gateway.clock import rfc3339
from gateway.orders import number_of
from gateway.record import OWN, Record
from shared import frames, gateway_frames, waves, word_names, words

EVENT_CONTENT = "application/cloudevents+json"
BATCH_CONTENT = "application/cloudevents-batch+json"

TYPES = {
    words.FALL_SUSPECTED: "tiexin.fall.suspected",
    words.FALL_CONFIRMED: "tiexin.fall.confirmed",
    words.FALL_CANCELLED: "tiexin.fall.cancelled",
    words.FALL_RECOVERED: "tiexin.fall.recovered",
    words.HELP_REQUESTED: "tiexin.help.requested",
    words.ANSWER_FELT: "tiexin.answer.felt",
    words.TEST_PASSED: "tiexin.test.passed",
    words.BATTERY_LOW: "tiexin.battery.low",
    words.FAULT: "tiexin.fault.raised",
    words.STARTED: "tiexin.pendant.started",
    words.COMMAND_DONE: "tiexin.command.done",
    words.TEST_ALARM: "tiexin.test.alarm",
}
BEAT_TYPE = "tiexin.beat"
MOTION_TYPE = "tiexin.fall.motion"

# Device type and status code of SCAIP (TS 50134-9), so that an exporter to an alarm receiving centre stays small.
_SCAIP = {
    TYPES[words.FALL_SUSPECTED]: ("0005", "0009"),
    TYPES[words.FALL_CONFIRMED]: ("0005", "0009"),
    TYPES[words.FALL_CANCELLED]: ("0005", "0019"),
    TYPES[words.FALL_RECOVERED]: ("0005", "0019"),
    TYPES[words.HELP_REQUESTED]: ("0003", "0010"),
    TYPES[words.TEST_PASSED]: ("0003", "0102"),
    TYPES[words.TEST_ALARM]: ("0003", "0102"),
    TYPES[words.BATTERY_LOW]: ("0003", "0016"),
}

# What the argument of an event means, by code.
_ARGUMENTS: dict[int, Callable[[int], tuple[str, Any]]] = {
    words.HELP_REQUESTED: lambda arg: ("service", _at(word_names.SERVICE_NAMES, arg)),
    words.ANSWER_FELT: lambda arg: ("stage", word_names.STAGE_NAMES.get(arg, str(arg))),
    words.BATTERY_LOW: lambda arg: ("battery_percent", arg),
    words.FAULT: lambda arg: ("fault", arg),
    words.STARTED: lambda arg: ("reset_cause", arg),
    words.TEST_ALARM: lambda arg: ("test", True),
    words.COMMAND_DONE: lambda arg: ("status", "done" if arg == words.DONE else "refused"),
}


class Renderer:
    """Turns records into JSON; offset_ms says what dates the stamps of a switching-on, None while it is not known.

    now: this switching-on and its stamp, from which the age of a record is told; without it nothing is called late.
    """

    def __init__(
        self, site: str, gateway: str, offset_ms: Callable[[int], int | None],
        now: Callable[[], tuple[int, int]] | None = None,
    ) -> None:  # fmt: skip
        self._common = {"site": site, "gateway": gateway}
        self._offset_ms = offset_ms
        self._now = now

    def event(self, record: Record) -> bytes:
        """One record as one CloudEvent."""
        return json.dumps(self._event(record), separators=(",", ":")).encode()

    def batch(self, records: list[Record]) -> bytes:
        """Several records as one batch."""
        return json.dumps([self._event(record) for record in records], separators=(",", ":")).encode()

    def _event(self, record: Record) -> dict[str, Any]:
        if record.kind == OWN:
            return self._own(record)
        pendant = record.sender.hex()
        if record.kind == words.BEAT:
            kind, age_ms, data = BEAT_TYPE, 0, _beat(gateway_frames.unpack_beat(record.body))
        elif record.kind == words.WAVE:
            kind, age_ms, data = MOTION_TYPE, frames.AGE_UNKNOWN, _motion(record)
        else:
            event = gateway_frames.unpack_event(record.body)
            kind, age_ms, data = TYPES[event.code], event.age_ms, _event(record.sender, event)
        data["rssi_dbm"] = record.rssi_dbm
        return self._envelope(record, kind, f"/pendants/{pendant}", pendant, age_ms, data)

    def _own(self, record: Record) -> dict[str, Any]:
        said = json.loads(record.body)
        data = said.get("data", {})
        return self._envelope(record, said["type"], f"/gateways/{record.sender.hex()}", said["subject"], 0, data)

    def _envelope(
        self, record: Record, kind: str, source: str, subject: str, age_ms: int, data: dict[str, Any]
    ) -> dict[str, Any]:
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": event_name(record),
            "source": source,
            "type": kind,
            "subject": subject,
            "datacontenttype": "application/json",
        }
        offset_ms = self._offset_ms(record.switch_on)
        if offset_ms is None:
            data["received_at"] = data["stored_at"] = None
        else:
            data["received_at"] = rfc3339(offset_ms + record.heard_ms)
            data["stored_at"] = rfc3339(offset_ms + record.stored_ms)
            if age_ms != frames.AGE_UNKNOWN:
                event["time"] = rfc3339(offset_ms + record.heard_ms - age_ms)
        late = freshness.judge(kind, self._age_ms(record, age_ms))
        if late.is_late:
            data["late"], data["late_by_ms"] = True, late.by_ms
        event.update(self._common)
        event["sequence"] = str(record.seq)
        if kind in _SCAIP:
            event["scaipdty"], event["scaipstc"] = _SCAIP[kind]
        event["data"] = data
        return event

    def _age_ms(self, record: Record, age_ms: int) -> int | None:
        """How old it is now, from its cause on; None if nobody can know."""
        if self._now is None or age_ms == frames.AGE_UNKNOWN:
            return None
        switch_on, stamp_ms = self._now()
        if switch_on == record.switch_on:
            return stamp_ms - record.heard_ms + age_ms
        then_ms, now_ms = self._offset_ms(record.switch_on), self._offset_ms(switch_on)
        if then_ms is None or now_ms is None:
            return None
        return stamp_ms + now_ms - record.heard_ms - then_ms + age_ms


def event_name(record: Record) -> str:
    """The id of a record's event: the fall and its motion have the same numbers, and are two events."""
    return record.event_id + "-motion" if record.kind == words.WAVE else record.event_id


def subject(record: Record) -> str:
    """Whom a record is about: the last level of its topic."""
    return str(json.loads(record.body)["subject"]) if record.kind == OWN else record.sender.hex()


def _event(pendant: bytes, event: Any) -> dict[str, Any]:
    data = {
        "boot": event.boot,
        "seq": event.seq,
        "age_ms": _known(event.age_ms, frames.AGE_UNKNOWN),
        "delay_ms": _known(event.delay_ms, frames.DELAY_UNKNOWN_MS),
        "attempt": event.attempt,
    }
    if event.code in _ARGUMENTS:
        name, value = _ARGUMENTS[event.code](event.arg)
        data[name] = value
    if event.code == words.COMMAND_DONE:
        data["number"] = number_of(event)
    elif event.ref_seq:
        data["refers_to"] = gateway_frames.event_id(pendant, event.ref_boot, event.ref_seq)
    return data


def _motion(record: Record) -> dict[str, Any]:
    axes = motion_parts.axes(record.body)
    return {
        "refers_to": record.event_id,
        "boot": record.boot,
        "seq": record.seq,
        "period_ms": int(waves.PERIOD_MS),
        "impact_index": int(waves.IMPACT),
        **axes._asdict(),
    }


def _beat(beat: Any) -> dict[str, Any]:
    return {
        "boot": beat.boot,
        "seq": beat.seq,
        "battery_mv": _known(beat.battery_mv, 0),
        "battery_percent": _known(beat.battery_percent, frames.PERCENT_UNKNOWN),
        "downlink_rssi_dbm": _known(beat.rssi_dbm, frames.RSSI_UNKNOWN_DBM),
        "reset_cause": beat.reset_cause,
        **flags(beat.flags),
        "firmware": "{}.{}.{}".format(*beat.firmware),
        "uptime_s": beat.uptime_s,
    }


def flags(value: int) -> dict[str, bool]:
    """The flags of a beat by name."""
    return {
        "worn": bool(value & words.WORN),
        "still": bool(value & words.STILL),
        "charging": bool(value & words.CHARGING),
        "external_power": bool(value & words.EXTERNAL_POWER),
        "safe_mode": bool(value & words.SAFE_MODE),
    }


def _known(value: int, unknown: int) -> int | None:
    return None if value == unknown else value


def _at(names: tuple[str, ...], index: int) -> str:
    return names[index] if index < len(names) else str(index)
