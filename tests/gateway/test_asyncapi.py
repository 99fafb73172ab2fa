"""docs/asyncapi.yaml is true: what a running gateway publishes is what it describes, and nothing else."""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from gateway import around, casework, enrolment, gaps, keyring, presence_news, probe, upkeep
from gateway.events import TYPES, Renderer
from gateway.record import LANE_NAMES, OWN, Record, lane_of
from shared import frames, waves, word_names, words
from tests.gateway.home_assistant_schema import DEVICE_DOCUMENT
from tests.gateway.rig import FakeBridge, FakePendant, Platform, broker, config, registry, wait_for

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text())
P = bytes.fromhex("a0b1c2d3e4f5")


def validator(schema):
    """A validator of one of the document's schemas."""
    whole = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    return jsonschema.Draft202012Validator(whole)


def schemas_of(topic):
    """The names of the schemas that a message on this topic may have; none if the topic is not described."""
    channels = DOCUMENT["channels"].values()
    # The most literal address first: telemetry/batch is no pendant.
    for channel in sorted(channels, key=lambda one: one["address"].count("{")):
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(channel["address"]))
        if re.fullmatch(pattern, topic):
            return [message["$ref"].rsplit("/", 1)[1] for message in channel["messages"].values()]
    return []


def check(topic, payload):
    """The message fits one of the schemas of its channel; return which."""
    names = schemas_of(topic)
    assert names, f"{topic} is not described"
    content = json.loads(payload)
    fitting = [name for name in names if validator(name).is_valid(content)]
    assert fitting, [error.message for name in names for error in validator(name).iter_errors(content)]
    return fitting[0]


def test_the_schemas_are_schemas():
    """And refuse what they should."""
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for name in ("alarm", "event", "beat", "status", "reply", "command"):
        assert not validator(name).is_valid({})


def test_every_reference_leads_somewhere():
    """No operation without its channel, no channel without its message, no message without its schema."""
    for operation in DOCUMENT["operations"].values():
        assert operation["channel"]["$ref"].rsplit("/", 1)[1] in DOCUMENT["channels"]
    for channel in DOCUMENT["channels"].values():
        for message in channel["messages"].values():
            described = DOCUMENT["components"]["messages"][message["$ref"].rsplit("/", 1)[1]]
            assert described["payload"]["$ref"].rsplit("/", 1)[1] in DOCUMENT["components"]["schemas"]


@pytest.mark.parametrize("is_dated", [True, False])
@pytest.mark.parametrize("code", sorted(word_names.CODE_NAMES))
def test_whatever_a_pendant_says_is_described(code, is_dated):
    """Every code, with and without the time being known, with unknown age and delay."""
    render = Renderer("home", "gw", lambda switch_on: 1_795_348_800_000 if is_dated else None)
    lane = LANE_NAMES[lane_of(words.ALARM, code)]
    kind = words.ALARM if lane == "alarm" else words.EVENT
    for age_ms, arg in ((5, 1), (frames.AGE_UNKNOWN, 0)):
        body = frames.pack_event(frames.Event(1, 2, code, age_ms, frames.DELAY_UNKNOWN_MS, 1, arg, 1, 1))
        check(f"t/home/gw/{lane}/{P.hex()}", render.event(Record(1, 0, P, 1, 2, kind, body, -50, 1, 5, 6)))


def test_whatever_the_gateway_says_is_described():
    """Its own types stand in the document, each of them, and no others."""
    described = DOCUMENT["components"]["schemas"]["ownEvent"]["allOf"][1]["properties"]["type"]["enum"]

    assert set(described) == {
        gaps.GAP, keyring.REVOKED_HEARD, around.STORE_DAMAGED, upkeep.CERTIFICATE_EXPIRES, enrolment.ENROLLED,
        presence_news.PENDANT_MISSING, presence_news.PENDANT_FOUND,
        presence_news.BRIDGE_MISSING, presence_news.BRIDGE_FOUND,
        presence_news.RADIO_SILENT, presence_news.RADIO_HEARD,
        casework.TOLD_ANSWERED, casework.TOLD_HELPER_THERE, casework.TOLD_OUTCOME, probe.TEST,
    }  # fmt: skip
    data = gaps.describe(gaps.Gap(P, 1, (3, 4)))
    body = json.dumps({"type": gaps.GAP, "subject": P.hex(), "data": data}).encode()
    made = Renderer("home", "gw", lambda switch_on: None).event(Record(1, 1, P, 1, 1, OWN, body, 0, 1, 5, 5))
    assert check(f"t/home/gw/event/{P.hex()}", made) == "ownEvent"


def test_every_kind_of_event_is_described():
    """What the gateway makes of a pendant's codes is what the document lists (commands: test_command_fields.py)."""
    types = DOCUMENT["components"]["schemas"]
    said = {kind for lane in ("alarm", "event") for kind in types[lane]["allOf"][1]["properties"]["type"]["enum"]}
    assert said == set(TYPES.values())


def test_a_running_gateway_publishes_what_is_described(tmp_path):
    """A whole trip, a backlog and a command: every message of the process is validated."""
    pendant = FakePendant()
    registry(tmp_path, pendant)
    bridge = FakeBridge(tmp_path / "tty")
    made = broker(tmp_path)
    made.start()
    platform = Platform(made.port)
    platform._client.subscribe("homeassistant/#", 1)
    path = config(tmp_path, made.port, bridge.link, extra="[home_assistant]")
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "run", "--config", path], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: [m for m in platform.messages if m.topic.endswith("/status")])
        for code in word_names.CODE_NAMES:
            bridge.air(pendant.event(code, ref=(1, 1)))
        bridge.air(pendant.beat())
        wait_for(lambda: len(platform.counts) == len(word_names.CODE_NAMES) + 1)
        for part in range(waves.PARTS):
            bridge.air(pendant.wave(1, part))
        wait_for(lambda: len(platform.counts) == len(word_names.CODE_NAMES) + 2)
        for _ in range(200):
            bridge.air(pendant.beat())
        wait_for(lambda: len(platform.counts) == len(word_names.CODE_NAMES) + 202, 15)
        command = {"command": "answer", "id": "c", "alarm": pendant.name(1), "by": "operator"}
        assert validator("command").is_valid(command)
        platform.send("tiexin/home/gw/command", json.dumps(command))
        wait_for(lambda: [m for m in platform.messages if m.topic.endswith("/reply")])
    finally:
        process.terminate()
        process.wait(10)
        wait_for(lambda: b'"online":false' in [m for m in platform.messages if m.topic.endswith("/status")][-1].payload)
        platform.close()
        bridge.pull_out()
        made.stop()

    found = {m.topic: m.payload for m in platform.messages if m.topic.startswith("homeassistant/")}
    assert set(found) == {f"homeassistant/device/tiexin-{one}/config" for one in (P.hex(), "tiexin-home-gw")}
    for document in found.values():
        jsonschema.validate(json.loads(document), DEVICE_DOCUMENT)
    met = {check(message.topic, message.payload) for message in platform.messages if message.topic not in found}
    assert met >= {"alarm", "event", "beat", "motion", "home", "batch", "state", "status", "command", "reply"}
