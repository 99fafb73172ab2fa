"""pendants, backlog and revoke, beside a running gateway and without one."""

import json
import os
import stat
import time
from pathlib import Path

import pytest

from gateway.__main__ import main
from gateway.errors import SetUpError
from gateway.keys import revoke
from gateway.registry import Registry
from shared import words
from tests.gateway.rig import ID, FakeBridge, FakePendant, config, wait_for
from tests.gateway.test_main import start
from tools.home.broker import free_port


def asked(capsys, *arguments):
    """What a command prints."""
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def listed(folder):
    """A list with a name, a room and a revoked one; the platform is away."""
    path = folder / "pendants.jsonl"
    lines = [
        {"id": ID.hex(), "key": "000102030405060708090a0b0c0d0e0f", "name": "王秀英", "room": "302"},
        {"id": "020000000002", "key": "5a" * 16, "revoked": True},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    path.chmod(0o600)
    return path


def test_beside_a_running_gateway(tmp_path, capsys):
    """What was heard waits and is counted; the pendant was seen; revoked it is refused within seconds."""
    listed(tmp_path)
    bridge = FakeBridge(tmp_path / "tty")
    pendant = FakePendant()
    path = config(tmp_path, free_port(), bridge.link)
    process = start(path, "run", "--verbose")
    try:
        wait_for((tmp_path / "data" / "store.db").exists, 20)
        bridge.air(pendant.event(words.HELP_REQUESTED))
        bridge.expect(pendant.read, 20)

        waiting = json.loads(asked(capsys, "backlog", "--config", path, "--json"))["lanes"]["alarm"]
        assert waiting["waiting"] == 1
        assert 0 <= waiting["oldest_s"] < 60
        assert "alarm      1" in asked(capsys, "backlog", "--config", path)
        (seen,) = [p for p in json.loads(asked(capsys, "pendants", "--config", path, "--json")) if p["id"] == ID.hex()]
        assert (seen["name"], seen["room"], seen["revoked"]) == ("王秀英", "302", False)
        assert seen["ago_s"] < 60

        asked(capsys, "revoke", ID.hex(), "--config", path)
        told = process.stderr
        bridge.sent.clear()
        until_s = time.monotonic() + 20
        while not any("pendants pendants=2" in line for line in iter(told.readline, "")):
            assert time.monotonic() < until_s
        bridge.air(pendant.event(words.HELP_REQUESTED))
        while "reason=revoked" not in told.readline():
            assert time.monotonic() < until_s
        assert bridge.sent == []
    finally:
        process.terminate()
        process.communicate(timeout=20)
        bridge.pull_out()


def test_without_a_gateway(tmp_path, capsys):
    """Pendants that were never heard; a backlog that does not exist yet is one sentence; no key is ever shown."""
    path = config(tmp_path, 1883, "/dev/null")
    listed(tmp_path)
    table = asked(capsys, "pendants", "--config", path)

    assert "never" in table
    assert "revoked" in table
    assert "5a5a" not in table + asked(capsys, "pendants", "--config", path, "--json")
    assert main(["backlog", "--config", str(path)]) == 2
    assert "no store yet" in capsys.readouterr().err


def test_credentials_are_not_needed_to_ask(tmp_path, capsys, monkeypatch):
    """What systemd hands over to the service alone is not there at a shell."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    listed(tmp_path)
    secret = 'tls = true\npassword_file = "credential:p"\ncert_file = "gateway.toml"\nkey_file = "credential:k"'
    path = config(tmp_path, 1883, "/dev/null", secret)

    assert "302" in asked(capsys, "pendants", "--config", path)
    assert main(["check", "--config", str(path)]) == 2


def test_revoked_without_a_platform(tmp_path, capsys):
    """The key stays, the mode stays, others stay; enrolling is not needed to know who was revoked."""
    path = listed(tmp_path)
    asked(capsys, "revoke", ID.hex().upper(), "--registry", path)
    known = Registry(path)
    known.refresh()

    assert known.get(ID).is_revoked
    assert len(known) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("pendant", ["020000000099", "rubbish", "0200", ""])
def test_a_stranger_cannot_be_revoked(tmp_path, capsys, pendant):
    """One sentence, and the list is as it was."""
    path = listed(tmp_path)
    before = path.read_bytes()

    assert main(["revoke", pendant, "--registry", str(path)]) == 2
    assert "12 digits on its label" in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act on what belongs to the service's user: run it as root")
def test_what_root_rewrites_still_belongs_to_the_gateway(tmp_path):
    """Otherwise the gateway could not read its own list after `sudo gateway revoke`."""
    path = listed(tmp_path)
    os.chown(path, 12_345, 12_345)
    revoke(path, ID)

    for file in (path, tmp_path / "pendants.jsonl.lock"):
        assert file.stat().st_uid == 12_345
    with pytest.raises(SetUpError):
        revoke(path, bytes(6))


@pytest.mark.parametrize("command", [["audit"], ["user", "list"]])
def test_who_may_not_look_reads_so(tmp_path, capsys, monkeypatch, command):
    """Neither a traceback nor "there is none": the folder is closed, as the service has it."""
    listed(tmp_path)
    path, data = config(tmp_path, free_port(), "/dev/null"), tmp_path / "data"
    data.mkdir()
    look, may = Path.stat, os.access

    def closed(self, **more):
        if self.parent == data:
            raise PermissionError(13, "Permission denied")
        return look(self, **more)

    monkeypatch.setattr(Path, "stat", closed)
    monkeypatch.setattr(os, "access", lambda of, *how, **more: of != data and may(of, *how, **more))

    assert main([*command, "--config", str(path)]) == 2
    assert capsys.readouterr().err.rstrip().endswith("with sudo.")
