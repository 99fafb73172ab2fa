"""How long each kind is news: one table, in code and in the document; a fall never expires."""

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.events import BEAT_TYPE, TYPES, Renderer
from gateway.freshness import FRESH_MS, judge
from gateway.record import ALARM, EVENT, OWN, TELEMETRY, Record
from shared import frames, words

DOCS = Path(__file__).resolve().parents[2] / "docs"
P = bytes.fromhex("a0b1c2d3e4f5")
UNITS = {"min": 60_000, "h": 3_600_000, "day": 86_400_000}


def described():
    """The table of docs/mqtt.md: type -> milliseconds, None for ever."""
    part = (DOCS / "mqtt.md").read_text().split("### Freshness")[1].split("\n## ")[0]
    found = {}
    for kinds, text in re.findall(r"^\| (`tiexin[^|]+) \| ([^|]+) \|$", part, re.MULTILINE):
        number = re.match(r"(\d+) (min|h|day)", text)
        for kind in re.findall(r"`([^`]+)`", kinds):
            found[kind] = int(number[1]) * UNITS[number[2]] if number else None
    return found


def test_the_document_has_the_same_table():
    """Line for line."""
    assert described() == FRESH_MS


def test_every_kind_is_in_it():
    """Each type that the contract names has a freshness; the gateway's own news of itself and of cases never expire."""
    schemas = yaml.safe_load((DOCS / "asyncapi.yaml").read_text())["components"]["schemas"]
    own = set(schemas["ownEvent"]["allOf"][1]["properties"]["type"]["enum"])
    for_ever = {kind for kind in own if kind.startswith(("tiexin.gateway.", "tiexin.alarm."))}

    assert own - for_ever <= set(FRESH_MS)
    assert {*TYPES.values(), BEAT_TYPE} <= set(FRESH_MS)


def test_only_falls_never_expire():
    """And all of them do not."""
    for_ever = {kind for kind, fresh_ms in FRESH_MS.items() if fresh_ms is None}

    assert for_ever == {f"tiexin.fall.{state}" for state in ("suspected", "confirmed", "cancelled", "recovered")}


@given(st.sampled_from(sorted(FRESH_MS)), st.one_of(st.none(), st.integers(0, 10**10)))
def test_late_is_older_than_fresh(kind, age_ms):
    """By exactly what it is older; what nobody can date is not late."""
    late = judge(kind, age_ms)
    fresh_ms = FRESH_MS[kind]

    assert late.is_late == (fresh_ms is not None and age_ms is not None and age_ms > fresh_ms)
    assert late.by_ms == (age_ms - fresh_ms if late.is_late else 0)


HELP_MS = FRESH_MS["tiexin.help.requested"]


def rendered(code, age_ms, waited_ms=0, *, switch_on=1, offsets=None, lane=ALARM):
    """The data of an event of that age that then waited in the store."""
    now = (1, 1_000 + waited_ms)
    render = Renderer("home", "gw", (offsets or {}).get, lambda: now)
    body = frames.pack_event(frames.Event(1, 2, code, age_ms, 5, 1, 0, 0, 0))
    kind = words.ALARM if lane == ALARM else words.EVENT
    return json.loads(render.event(Record(1, lane, P, 1, 2, kind, body, -50, switch_on, 1_000, 1_001)))["data"]


@pytest.mark.parametrize(
    ("age_ms", "waited_ms", "late_by_ms"),
    [
        (HELP_MS, 0, None),
        (HELP_MS + 1, 0, 1),
        (500, HELP_MS - 500, None),
        (500, HELP_MS, 500),
        (frames.AGE_UNKNOWN, 0, None),
        (frames.AGE_UNKNOWN, 10 * HELP_MS, None),
    ],
)
def test_a_late_press_is_marked_late(age_ms, waited_ms, late_by_ms):
    """With by how much, wherever it has waited: in the pendant, or in the store."""
    data = rendered(words.HELP_REQUESTED, age_ms, waited_ms)

    assert data.get("late_by_ms") == late_by_ms
    assert data.get("late", False) == (late_by_ms is not None)


def test_a_fall_of_last_week_is_a_fall():
    """Never marked."""
    assert "late" not in rendered(words.FALL_CONFIRMED, 5, 7 * 24 * 3_600_000)


@pytest.mark.parametrize(
    ("offsets", "late_by_ms"), [({0: 0, 1: 2 * HELP_MS}, HELP_MS + 5), ({1: 0}, None), ({0: 0}, None)]
)
def test_over_a_power_cut_the_dates_say_it(offsets, late_by_ms):
    """Stamps of two switchings-on compare only where both are dated."""
    assert rendered(words.HELP_REQUESTED, 5, switch_on=0, offsets=offsets).get("late_by_ms") == late_by_ms


def test_an_old_beat_is_history():
    """A beat that waited sixteen minutes for the broker says of nobody that they are well now."""
    render = Renderer("home", "gw", lambda switch_on: None, lambda: (1, 16 * 60_000))
    body = frames.pack_beat(frames.Beat(1, frames.FIRST_BEAT_SEQ, 3900, 80, -60, 1, 0, (0, 1, 0), 5))
    (event,) = json.loads(
        render.batch([Record(1, TELEMETRY, P, 1, int(frames.FIRST_BEAT_SEQ), words.BEAT, body, -50, 1, 0, 1)])
    )

    assert (event["data"]["late"], event["data"]["late_by_ms"]) == (True, 60_000)


def test_what_the_gateway_says_itself_ages_too():
    """A pendant that was missing yesterday, told after a night without a broker."""
    render = Renderer("home", "gw", lambda switch_on: None, lambda: (1, 2 * 3_600_000))
    body = json.dumps({"type": "tiexin.pendant.missing", "subject": P.hex(), "data": {}}).encode()
    event = json.loads(render.event(Record(1, EVENT, P, 1, 2, OWN, body, 0, 1, 0, 0)))

    assert event["data"]["late_by_ms"] == 3_600_000
