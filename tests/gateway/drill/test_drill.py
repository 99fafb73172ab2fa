"""A drill on a gateway in service: nothing is lost; a broker that loses is found out; nobody is rung."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from shared import words
from tests.gateway.rig import FakeBridge, FakePendant, Platform, broker, config, registry, wait_for

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def box(tmp_path):
    """A gateway that runs, with its bridge, its broker and a platform."""
    registry(tmp_path, FakePendant())
    bridge = FakeBridge(tmp_path / "tty")
    made = broker(tmp_path)
    made.start()
    platform = Platform(made.port)
    path = config(tmp_path, made.port, bridge.link)
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "run", "--config", path], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: [m for m in platform.messages if m.topic.endswith("/status")], 20)
    yield tmp_path, path, platform, bridge
    for pid in {process.pid, *started_by_a_drill(path)}:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    process.wait(20)
    platform.close()
    bridge.pull_out()
    made.stop()


def started_by_a_drill(path):
    """The gateway that serves this configuration, whoever started it."""
    wanted = f"gateway run --config {path}".encode()
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            if wanted in command.read_bytes().replace(b"\0", b" "):
                found.append(int(command.parent.name))
    return found


def drill(path, seconds=5):
    """Hold one; (exit code, report)."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "drill", "--config", path, "--seconds", str(seconds), "--yes", "--json"],
        cwd=ROOT, capture_output=True, text=True, timeout=140, check=False,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


@pytest.mark.journey
def test_a_drill_loses_nothing_and_rings_nobody(box):
    """Cut, killed, started again: every test alarm arrives and is read back; a real call gets through beside it."""
    directory, path, platform, bridge = box
    code, report = drill(path)

    assert (code, report["is_well"], report["lost"], report["unacknowledged"]) == (0, True, 0, 0)
    assert report["said"] >= 5
    assert report["arrived"] == report["said"]
    assert report["judged_by"] == "reading back"
    assert report["started_again_by"] == "the drill"
    assert report["reserve"]["alarms_stored"] > 1_000
    alarms = [json.loads(m.payload) for m in platform.messages if m.topic.split("/")[3] == "alarm"]
    assert {alarm["type"] for alarm in alarms} == {"tiexin.test.alarm"}
    assert all(alarm["data"]["test"] is True for alarm in alarms)
    assert not [m for m in platform.messages if "/state/02" in m.topic]
    assert not list(directory.glob("data/drill-*"))
    audited = [json.loads(line) for line in (directory / "data/audit.jsonl").read_text().splitlines()]
    assert [(one["action"], one["outcome"]) for one in audited if one["action"] == "drill"][-1] == ("drill", "well")

    pendant = FakePendant()
    pendant.counter = 50
    wait_for(lambda: bridge.is_in)
    deadline_s = time.monotonic() + 20
    while time.monotonic() < deadline_s and not platform.counts[pendant.name(1)]:
        bridge.air(pendant.event(words.HELP_REQUESTED, seq=1))
        time.sleep(0.5)
    assert platform.counts[pendant.name(1)]
    status = [m for m in platform.messages if m.topic.endswith("/status")][-1]
    assert json.loads(status.payload)["data"]["pendants"] == 1


def test_without_a_gateway_there_is_no_drill(tmp_path):
    """One sentence, exit code 2."""
    registry(tmp_path, FakePendant())
    (tmp_path / "data").mkdir()
    code, said = drill(config(tmp_path, 1, "/dev/null"))

    assert code == 2
    assert "no gateway runs here" in said


def test_it_asks_first(tmp_path):
    """Without --yes somebody must say so."""
    path = config(tmp_path, 1, "/dev/null")
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "drill", "--config", path],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False, input="n\n",
    )  # fmt: skip

    assert done.returncode == 130
    assert "killed once" in done.stderr
