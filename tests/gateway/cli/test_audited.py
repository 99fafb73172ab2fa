"""What is done at the command line stands in the audit, like what comes over MQTT; never a key."""

import io
import json

import pytest

from gateway.__main__ import main
from gateway.audit import NAME, read_trail
from tests.gateway.rig import FakePendant, config, registry

PENDANT = FakePendant()
RECORD = {"format": 1, "id": "0200000000a1", "key": "5a" * 16, "role": "pendant", "boot": 100}


@pytest.fixture
def box(tmp_path):
    """A configuration, a list with one pendant, a record."""
    registry(tmp_path, PENDANT)
    record = tmp_path / "0200000000a1.json"
    record.write_text(json.dumps(RECORD))
    record.chmod(0o600)
    return tmp_path, str(config(tmp_path, 1883, "/dev/null"))


def test_enrol_revoke_and_forget_are_put_down(box):
    """By the user of the shell, in order, with what came of it."""
    folder, path = box
    for command in (
        ["enrol", str(folder / "0200000000a1.json")], ["enrol", str(folder / "0200000000a1.json")],
        ["revoke", PENDANT.id.hex()], ["forget", PENDANT.id.hex()],
    ):  # fmt: skip
        assert main([*command, "--config", path]) == 0
    found = [(one.action, one.about, one.outcome) for one in reversed(read_trail(folder / "data", 9))]

    assert found == [
        ("enrol", "0200000000a1", "new"), ("enrol", "0200000000a1", "same"),
        ("revoke", PENDANT.id.hex(), "done"), ("forget", PENDANT.id.hex(), "done"),
    ]  # fmt: skip
    assert all(one.actor.startswith("shell:") for one in read_trail(folder / "data", 9))
    assert RECORD["key"] not in (folder / "data" / NAME).read_text()


def test_who_may_sign_in_is_put_down(box, monkeypatch):
    """Who was let in, as what, by whom, and who was taken off; never a password."""
    folder, path = box
    for command in (["add", "Chen Li", "--role", "carer"], ["add", "Chen Li", "--role", "installer"]):
        monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
        assert main(["user", *command, "--config", path]) == 0
    assert main(["user", "remove", "Chen Li", "--config", path]) == 0
    found = [(one.action, one.about, one.outcome, one.detail) for one in reversed(read_trail(folder / "data", 9))]

    assert found == [
        ("user-add", "Chen Li", "new", {"role": "carer"}), ("user-add", "Chen Li", "changed", {"role": "installer"}),
        ("user-remove", "Chen Li", "done", {}),
    ]  # fmt: skip
    assert "horse" not in (folder / "data" / NAME).read_text()


def test_without_a_configuration_there_is_no_audit(box):
    """A list on a desk belongs to no gateway yet."""
    folder, _ = box

    assert main(["revoke", PENDANT.id.hex(), "--registry", str(folder / "pendants.jsonl")]) == 0
    assert not (folder / "data").exists()
