"""The desk's tool makes what a gateway takes, and says in one sentence what is wrong."""

import json
import time

import pytest

from gateway import command_fields
from gateway.enrolment import own_key, read_desks
from gateway.sealed_record import unseal
from tools.seal_record import main, run

RECORD = {"format": 1, "id": "0200000000a1", "key": "5a" * 16, "role": "pendant", "boot": 100}


@pytest.fixture
def desk(tmp_path, capsys):
    """A desk's key, and the gateway's file of desks as the tool's own line makes it."""
    assert run(main, ["new-desk", str(tmp_path / "desk.key"), "desk 1"]) == 0
    (tmp_path / "desks.txt").write_text(capsys.readouterr().out)
    (tmp_path / "desks.txt").chmod(0o644)  # whatever the umask of who runs this
    return tmp_path


def record(folder, mode=0o600, **changes):
    """A record as `make flash` writes it."""
    path = folder / "record.json"
    path.write_text(json.dumps({**RECORD, **changes}))
    path.chmod(mode)
    return str(path)


def test_what_it_makes_a_gateway_takes(desk, capsys):
    """A command of the right form, with a box that opens, sealed now, by that desk."""
    key = own_key(desk)
    gateway = key.public_key().public_bytes_raw().hex()
    code = run(main, ["seal", record(desk), "--desk", str(desk / "desk.key"), "--gateway", gateway, "--by", "Wang"])
    command = json.loads(capsys.readouterr().out)

    assert code == 0
    command_fields.check(command)
    opened = unseal(command["sealed"], key, read_desks(desk / "desks.txt"))
    assert (opened.record, opened.desk) == (RECORD, "desk 1")
    assert abs(opened.sealed_s - time.time()) < 60


def test_a_desk_keeps_its_key(desk, capsys):
    """A second new-desk does not replace it; only its owner may read it."""
    before = (desk / "desk.key").read_text()

    assert run(main, ["new-desk", str(desk / "desk.key"), "desk 1"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (desk / "desk.key").read_text() == before
    assert (desk / "desk.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("changes", "gateway", "said"),
    [
        ({"role": "bridge"}, "5f" * 32, "only pendants"),
        ({"mode": 0o644}, "5f" * 32, "chmod 600"),
        ({}, "5f", "64 hex digits"),
    ],
)
def test_what_is_wrong_is_said(desk, capsys, changes, gateway, said):
    """Exit code 2, one sentence, nothing sealed."""
    code = run(main, ["seal", record(desk, **changes), "--desk", str(desk / "desk.key"), "--gateway", gateway])
    told = capsys.readouterr()

    assert (code, told.out) == (2, "")
    assert said in told.err
