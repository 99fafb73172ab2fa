"""The list of pendants is changed whole or not at all."""

import json
import os
import threading

import pytest

from gateway import enrol, keys
from gateway.errors import SetUpError
from gateway.registry import Registry

ID = bytes.fromhex("a0b1c2d3e4f5")
OTHER = {"id": "a0b1c2d3e4f6", "key": "11" * 16, "name": "Zhang", "room": "203"}
OLD, NEW = bytes(16), bytes(range(16))


@pytest.fixture
def path(tmp_path):
    """Two pendants; the first was enrolled twice."""
    path = tmp_path / "pendants.jsonl"
    mine = {"id": ID.hex(), "key": "99" * 16}
    path.write_text("".join(json.dumps(one) + "\n" for one in (mine, OTHER, {**mine, "key": OLD.hex(), "name": "王"})))
    path.chmod(0o600)
    return path


def pendant(path):
    """As the gateway reads it."""
    registry = Registry(path)
    registry.refresh()
    assert registry.get(bytes.fromhex(OTHER["id"])).name == "Zhang"
    return registry.get(ID)


def test_a_key_is_changed_in_two_steps(path):
    """First both are there, then the new one alone; the name stays, the file stays its owner's."""
    keys.begin_rotation(path, ID, OLD, NEW)
    assert (pendant(path).key, pendant(path).next_key) == (OLD, NEW)
    keys.finish_rotation(path, ID, NEW)

    assert (pendant(path).key, pendant(path).next_key, pendant(path).name) == (NEW, None, "王")
    assert path.stat().st_mode & 0o777 == 0o600
    assert "99" * 16 not in path.read_text()  # what counted no more is gone


def test_a_refused_key_leaves_the_old_one(path):
    """The pendant has kept it too."""
    keys.begin_rotation(path, ID, OLD, NEW)
    keys.cancel_rotation(path, ID)

    assert (pendant(path).key, pendant(path).next_key) == (OLD, None)


def test_a_revoked_pendant_keeps_its_key(path):
    """So that it can be told from somebody who only uses its name; enrolled again it is served again."""
    keys.revoke(path, ID)
    assert pendant(path).is_revoked
    assert pendant(path).key == OLD
    with path.open("a") as file:
        file.write(json.dumps({"id": ID.hex(), "key": NEW.hex()}) + "\n")

    assert not pendant(path).is_revoked


@pytest.mark.parametrize("step", ["open", "fsync", "rename"])
def test_a_power_cut_while_it_is_written_leaves_the_old_list(path, monkeypatch, step):
    """Whatever is interrupted, the file under the name is whole."""
    before = path.read_text()
    with monkeypatch.context() as patched:
        if step == "rename":
            patched.setattr(type(path), "rename", lambda *_: (_ for _ in ()).throw(OSError("cut")))
        else:
            patched.setattr(os, step, lambda *_: (_ for _ in ()).throw(OSError("cut")))
        with pytest.raises(SetUpError, match="cannot be rewritten"):
            keys.begin_rotation(path, ID, OLD, NEW)
    assert path.read_text() == before
    keys.begin_rotation(path, ID, OLD, NEW)  # what was left beside it does no harm

    assert pendant(path).next_key == NEW


def test_a_new_key_is_random():
    """16 bytes, never the same."""
    assert len({keys.new_key() for _ in range(100)}) == 100
    assert len(keys.new_key()) == 16


def test_a_rotation_waits_for_an_enrolment(tmp_path):
    """Both write the same list: whoever comes second sees what the first has written."""
    path = tmp_path / "pendants.jsonl"
    pendant = bytes.fromhex("a0b1c2d3e4f5")
    path.write_text(json.dumps({"id": pendant.hex(), "key": "00" * 16}) + "\n", encoding="utf-8")
    path.chmod(0o600)
    rotation = threading.Thread(target=keys.begin_rotation, args=(path, pendant, bytes(16), bytes(range(16))))
    with enrol._locked(path):
        rotation.start()
        rotation.join(0.2)
        assert rotation.is_alive()
        newcomer = json.dumps({"id": "0200000000a1", "key": "11" * 16})
        keys.replace_file(path, path.read_text(encoding="utf-8") + newcomer + "\n")
    rotation.join(5)
    entries = {entry["id"]: entry for entry in map(json.loads, path.read_text(encoding="utf-8").splitlines())}

    assert entries["0200000000a1"]["key"] == "11" * 16
    assert entries[pendant.hex()]["next_key"] == bytes(range(16)).hex()


def test_no_list_is_said(tmp_path):
    """Who disowns a pendant where nobody was ever enrolled is not sent to look at rights."""
    with pytest.raises(SetUpError, match="there is no list of pendants"):
        keys.revoke(tmp_path / "pendants.jsonl", ID)


def test_half_a_character_in_a_name_does_not_keep_a_pendant_from_being_revoked(path):
    """A shell in another encoding wrote it; the list can be rewritten all the same."""
    with path.open("a") as file:
        file.write(json.dumps({"id": ID.hex(), "key": OLD.hex(), "name": "\udcd5"}) + "\n")
    keys.revoke(path, ID)

    assert pendant(path).is_revoked
