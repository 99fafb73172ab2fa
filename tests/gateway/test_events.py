"""CloudEvents as docs/mqtt.md describes them."""

import json

from gateway.events import TYPES, Renderer
from gateway.record import OWN, Record
from shared import frames, word_names, words

P = bytes.fromhex("a0b1c2d3e4f5")
NOON_MS = 1_795_348_800_000


def record(kind, body, seq=7):
    """A stored record with that body."""
    return Record(3, 0, P, 2, seq, kind, body, -61, 1, 10_000, 10_005)


def event(code, arg=0, age_ms=1_500, ref=(0, 0)):
    """The body of an event frame."""
    return frames.pack_event(frames.Event(2, 7, code, age_ms, 800, 3, arg, *ref))


def renderer(offset_ms=lambda switch_on: NOON_MS):
    """A renderer for the gateway gw at home."""
    return Renderer("home", "gw", offset_ms)


def test_an_alarm():
    """The event's own time is when it was heard less its age; the rest is as the pendant said."""
    made = json.loads(renderer().event(record(words.ALARM, event(words.HELP_REQUESTED, arg=3))))

    assert made == {
        "specversion": "1.0",
        "id": "a0b1c2d3e4f5-2-7",
        "source": "/pendants/a0b1c2d3e4f5",
        "type": "tiexin.help.requested",
        "subject": "a0b1c2d3e4f5",
        "datacontenttype": "application/json",
        "time": "2026-11-22T12:00:08.500Z",
        "site": "home",
        "gateway": "gw",
        "sequence": "7",
        "scaipdty": "0003",
        "scaipstc": "0010",
        "data": {
            "boot": 2,
            "seq": 7,
            "age_ms": 1_500,
            "delay_ms": 800,
            "attempt": 3,
            "service": "medical",
            "rssi_dbm": -61,
            "received_at": "2026-11-22T12:00:10.000Z",
            "stored_at": "2026-11-22T12:00:10.005Z",
        },
    }


def test_while_the_time_is_unknown_there_is_none():
    """No 1970: the attribute is left out, the age is told."""
    made = json.loads(renderer(lambda switch_on: None).event(record(words.ALARM, event(1))))

    assert "time" not in made
    assert made["data"]["received_at"] is None
    assert made["data"]["age_ms"] == 1_500


def test_an_unknown_age_gives_no_time():
    """An event from before a power loss of the pendant is not dated to now."""
    made = json.loads(renderer().event(record(words.ALARM, event(2, age_ms=frames.AGE_UNKNOWN))))

    assert "time" not in made
    assert made["data"]["age_ms"] is None


def test_what_it_refers_to_is_named():
    """A cancelled fall names the suspected one; a felt answer names the alarm and the stage."""
    made = json.loads(renderer().event(record(words.EVENT, event(words.ANSWER_FELT, arg=2, ref=(2, 5)))))

    assert made["data"]["refers_to"] == "a0b1c2d3e4f5-2-5"
    assert made["data"]["stage"] == "answered"


def test_a_beat_and_a_batch():
    """A batch is a JSON array of events."""
    beat = frames.Beat(2, 0x800001, 0, 255, 127, 1, words.WORN | words.CHARGING, (0, 3, 1), 90)
    body = frames.pack_beat(beat)
    made = json.loads(renderer().batch([record(words.BEAT, body, 0x800001)] * 2))

    assert [one["type"] for one in made] == ["tiexin.beat"] * 2
    data = made[0]["data"]
    assert (data["worn"], data["charging"], data["still"]) == (True, True, False)
    assert data["battery_mv"] is data["battery_percent"] is data["downlink_rssi_dbm"] is None
    assert data["firmware"] == "0.3.1"


def test_alarms_carry_the_codes_of_scaip():
    """Fall detector, automatic alarm; cancelled; a beat has none."""
    fall, cancelled = (json.loads(renderer().event(record(words.ALARM, event(code)))) for code in (1, 3))

    assert (fall["scaipdty"], fall["scaipstc"]) == ("0005", "0009")
    assert cancelled["scaipstc"] == "0019"


def test_every_code_has_a_type():
    """Nothing that a pendant can say is without a name for the platform."""
    assert set(TYPES) == set(word_names.CODE_NAMES)


def test_the_gateway_speaks_for_itself():
    """What the gateway has noticed is an event of the gateway's own."""
    body = json.dumps({"type": "tiexin.pendant.missing", "subject": "a0b1c2d3e4f5", "data": {"beats": 3}}).encode()
    made = json.loads(renderer().event(record(OWN, body)))

    assert made["source"] == f"/gateways/{P.hex()}"
    assert (made["type"], made["data"]["beats"]) == ("tiexin.pendant.missing", 3)
