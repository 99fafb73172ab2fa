"""The list of pendants: read again when it has changed, never half believed."""

import json

import pytest

from gateway.errors import SetUpError
from gateway.registry import Registry

LINE = {"id": "a0b1c2d3e4f5", "key": "00112233445566778899aabbccddeeff", "name": "Wang", "room": "bedroom"}


def write(path, *lines):
    """A list with those lines."""
    path.write_text("".join(line + "\n" for line in lines))
    path.chmod(0o600)
    return path


def test_a_pendant_is_known_by_its_id(tmp_path):
    """What was written is what is known."""
    registry = Registry(write(tmp_path / "p", json.dumps(LINE)))

    assert registry.refresh()
    assert registry.get(bytes.fromhex(LINE["id"])).room == "bedroom"
    assert registry.get(bytes(6)) is None
    assert not registry.refresh()


def test_an_editor_s_mark_changes_nothing(tmp_path):
    """Some put one before the first line."""
    path = tmp_path / "pendants.jsonl"
    path.write_text("\ufeff" + json.dumps({"id": "0200000000a1", "key": "5a" * 16}) + "\r\n")
    path.chmod(0o600)
    known = Registry(path)
    known.refresh()

    assert known.get(bytes.fromhex("0200000000a1")) is not None


def test_a_later_line_replaces_an_earlier_one(tmp_path):
    """Flashing a board again appends; the newest key counts."""
    path = write(tmp_path / "p", json.dumps(LINE), json.dumps({**LINE, "key": "ff" * 16}))
    registry = Registry(path)
    registry.refresh()

    assert len(registry) == 1
    assert registry.get(bytes.fromhex(LINE["id"])).key == b"\xff" * 16


def test_enrolling_needs_no_restart(tmp_path):
    """A line that is appended is found by the next refresh."""
    path = write(tmp_path / "p", json.dumps(LINE))
    registry = Registry(path)
    registry.refresh()
    with path.open("a") as file:
        file.write(json.dumps({**LINE, "id": "010203040506"}) + "\n")

    assert registry.refresh()
    assert len(registry) == 2


@pytest.mark.parametrize(
    "line", ["rubbish", "[]", '{"id": "a0"}', '{"id": "a0b1c2d3e4f5", "key": "5ec4e7"}', '{"id": 5, "key": 6}']
)
def test_a_broken_line_is_named_and_the_old_list_stays(tmp_path, line):
    """One wrong line must not make forty pendants unknown; and no key is ever printed."""
    path = write(tmp_path / "p", json.dumps(LINE))
    registry = Registry(path)
    registry.refresh()
    write(path, json.dumps(LINE), line)

    with pytest.raises(SetUpError) as fault:
        registry.refresh()

    assert "line 2" in str(fault.value)
    assert "5ec4e7" not in str(fault.value)
    assert len(registry) == 1


def test_keys_that_others_can_read_are_refused(tmp_path):
    """A key is a secret."""
    path = write(tmp_path / "p", json.dumps(LINE))
    path.chmod(0o640)

    with pytest.raises(SetUpError, match="chmod 600"):
        Registry(path).refresh()


def test_half_a_character_in_a_name_is_readable_for_every_page(tmp_path):
    """JSON can name a surrogate that no UTF-8 carries: one such name must not take the page from everybody."""
    registry = Registry(write(tmp_path / "p", json.dumps({**LINE, "name": "Wang \udcd5", "room": "\ud83d"})))
    registry.refresh()
    pendant = registry.get(bytes.fromhex(LINE["id"]))

    assert (pendant.name, pendant.room) == ("Wang ?", "?")


def test_a_list_in_a_closed_folder_is_not_called_missing(tmp_path, monkeypatch):
    """Whoever read "there is none" would begin another one."""
    monkeypatch.setattr(type(tmp_path), "stat", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "denied")))

    with pytest.raises(SetUpError, match="may not look there"):
        Registry(tmp_path / "p").refresh()
