"""The command line: one sentence for what is wrong, exit code 2, no traceback; a clean end on SIGTERM."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared import words
from tests.gateway.rig import LOGIN, FakePendant, Platform, at_home, config, registry, wait_for

ROOT = Path(__file__).resolve().parents[2]


def start(path, *command):
    """The gateway as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "gateway", *(command or ("run",)), "--config", path],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def refused(path, *command):
    """The one line that a wrong set-up is told with."""
    process = start(path, *command)
    _, told = process.communicate(timeout=15)
    assert process.returncode == 2
    assert "Traceback" not in told
    return told.splitlines()[-1]


@pytest.fixture
def home(tmp_path):
    """A directory with a pendant, a bridge and a broker."""
    with at_home(tmp_path) as made:
        yield made


def test_it_serves_and_stops_cleanly(home):
    """SIGTERM: what is stored stays stored, the port is free again, exit code 0."""
    directory, made, bridge, _ = home
    platform = Platform(made.port, login=("gateway", "right"))
    process = start(config(directory, made.port, bridge.link, LOGIN))
    pendant = FakePendant()
    wait_for(lambda: [m for m in platform.messages if m.topic.endswith("/status")])
    bridge.air(pendant.event(words.HELP_REQUESTED))

    assert platform.expect_event(pendant.name())["data"]["service"] == "rescue"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 0
    platform.close()


def test_a_wrong_configuration_is_one_sentence(tmp_path):
    """With the line."""
    path = tmp_path / "gateway.toml"
    path.write_text("[gateway]\nsite = 5\n")

    assert refused(path).startswith(f"{path}, line 2: [gateway] site: must be a text")


def test_a_refused_password_is_one_sentence(home):
    """At the first set-up, by `run` and by `check`."""
    directory, made, bridge, secret = home
    secret.write_text("wrong\n")
    path = config(directory, made.port, bridge.link, LOGIN)

    assert "password" in refused(path)
    assert "password" in refused(path, "check")


def test_check_says_everything_that_is_wrong(tmp_path):
    """Serial port, broker, pendants: one sentence each, in one go."""
    registry(tmp_path)
    process = start(config(tmp_path, 1, tmp_path / "none"), "check")
    _, told = process.communicate(timeout=15)

    assert process.returncode == 2
    assert [
        words in line for words, line in zip(("no pendant", "serial port", "no broker"), told.splitlines(), strict=True)
    ]


def test_check_says_that_all_is_well(home):
    """And takes nothing from a gateway."""
    directory, made, bridge, _ = home
    process = start(config(directory, made.port, bridge.link, LOGIN), "check")
    said, _ = process.communicate(timeout=15)

    assert process.returncode == 0
    assert "All is well" in said


def test_a_store_that_cannot_be_opened_is_one_sentence(home):
    """A file where the directory should be."""
    directory, made, bridge, _ = home
    (directory / "data").write_text("")

    assert "the store cannot be opened" in refused(config(directory, made.port, bridge.link, LOGIN))


def test_an_unknown_option_is_one_sentence(tmp_path):
    """And names help."""
    process = subprocess.run(
        [sys.executable, "-m", "gateway", "run"], cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ
    )

    assert process.returncode == 2
    assert "--config" in process.stderr


def test_it_knows_its_name_and_its_version():
    """Asked first when somebody calls for help with it."""
    command = [sys.executable, "-m", "gateway", "--version"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert said.split() == ["tiexin-gateway", ".".join(map(str, words.VERSION))]
