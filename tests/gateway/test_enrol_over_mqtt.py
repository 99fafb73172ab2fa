"""A pendant that nobody carried to the gateway: sealed at the desk, published, and its first call arrives."""

import json
import subprocess
import sys
from pathlib import Path

from gateway.audit import NAME, read_trail
from shared import words
from tests.gateway.rig import FakeBridge, FakePendant, Platform, broker, config, registry, wait_for

ROOT = Path(__file__).resolve().parents[2]
NEW = FakePendant(bytes.fromhex("0200000000a1"), bytes.fromhex("5a" * 16), boot=100)
RECORD = {"format": 1, "id": NEW.id.hex(), "key": NEW.key.hex(), "role": "pendant", "boot": 100, "name": "302"}


def desk(directory, *command):
    """The desk's tool."""
    return subprocess.run(
        [sys.executable, "-m", "tools.seal_record", *map(str, command)],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


def test_from_the_desk_to_the_first_call(tmp_path):
    """The key that the status tells, the tool, the command, its reply, the event; a second time changes nothing."""
    registry(tmp_path, FakePendant())
    (tmp_path / "desks.txt").write_text(desk(tmp_path, "new-desk", tmp_path / "desk.key", "desk 1"))
    (tmp_path / "desks.txt").chmod(0o644)
    record = tmp_path / "record.json"
    record.write_text(json.dumps(RECORD))
    record.chmod(0o600)
    made = broker(tmp_path)
    made.start()
    bridge, platform = FakeBridge(tmp_path / "tty"), Platform(made.port)
    path = config(tmp_path, made.port, bridge.link)
    path.write_text(path.read_text().replace("[pendants]\n", '[pendants]\ndesks = "desks.txt"\n'))
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "run", "--config", path], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    try:
        status = json.loads(platform.expect(lambda m: b'"online":true' in m.payload, 20).payload)["data"]
        command = desk(
            tmp_path, "seal", record, "--desk", tmp_path / "desk.key", "--gateway", status["enrol_key"], "--by", "Wang"
        )
        for _ in range(2):
            platform.send("tiexin/home/gw/command", command)
        replies = wait_for(lambda: (found := answers(platform))[1:] and found, 15)
        assert replies[0] == replies[1]
        assert (replies[0]["status"], replies[0]["result"], replies[0]["desk"]) == ("done", "new", "desk 1")
        bridge.air(NEW.event(words.HELP_REQUESTED))
        platform.expect_event(NEW.name(1), 10)
    finally:
        process.terminate()
        process.wait(20)
        platform.close()
        bridge.pull_out()
        made.stop()

    told = [event for _, _, event in platform.events if event["type"] == "tiexin.pendant.enrolled"]
    assert [(event["subject"], event["data"]["desk"]) for event in told] == [(NEW.id.hex(), "desk 1")]
    (entry,) = [entry for entry in read_trail(tmp_path / "data", 9) if entry.action == "enrol"]
    assert (entry.actor, entry.about, entry.outcome) == ("platform:Wang", NEW.id.hex(), "done")
    carried = b"".join(message.payload for message in platform.messages)
    assert NEW.key.hex().encode() not in carried + (tmp_path / "data" / NAME).read_bytes()


def answers(platform):
    """The replies so far."""
    return [json.loads(m.payload) for m in list(platform.messages) if m.topic.endswith("/reply")]
