"""A flashed board's record becomes a pendant of this home; its key goes nowhere else."""

import json
import sqlite3
import stat
import threading

import pytest

from gateway import __main__ as command_line
from gateway import keys
from gateway.enrol import CHANGED, NEW, SAME, enrol, forget
from gateway.errors import SetUpError
from gateway.registry import Registry

_ID, _KEY = "0200000000a1", "5a" * 16


def _record(folder, *, mode=0o600, **changes):
    entry = {"format": 1, "id": _ID, "key": _KEY, "role": "pendant", "board": "xiao_c3", "site": "home", "boot": 100}
    path = folder / f"{changes.get('id', _ID)}.json"
    path.write_text(json.dumps({**entry, **changes}), "utf-8")
    path.chmod(mode)
    return path


def test_a_record_becomes_a_pendant(tmp_path):
    """The gateway knows it; the list is begun, and only its owner may read it."""
    registry = tmp_path / "pendants.jsonl"
    assert enrol(_record(tmp_path, name="302"), registry) == NEW
    assert stat.S_IMODE(registry.stat().st_mode) == 0o600
    known = Registry(registry)
    known.refresh()
    pendant = known.get(bytes.fromhex(_ID))
    assert (pendant.key.hex(), pendant.name) == (_KEY, "302")


def test_enrolling_again_changes_what_changed(tmp_path):
    """The same record twice is no change; another key takes the old one's place; a name given here stays."""
    registry = tmp_path / "pendants.jsonl"
    enrol(_record(tmp_path, name="302"), registry)
    assert enrol(_record(tmp_path, name="302"), registry) == SAME
    assert enrol(_record(tmp_path, key="6b" * 16), registry) == CHANGED
    (line,) = registry.read_text().splitlines()
    entry = json.loads(line)
    assert (entry["key"], entry["name"]) == ("6b" * 16, "302")


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\n", "\x0b"])
def test_a_name_pasted_with_a_line_s_end_in_it_breaks_no_list(tmp_path, end):
    """Only a newline ends a line of the list; the name is shown in one line, and the pendant can still be disowned."""
    registry, other = tmp_path / "pendants.jsonl", "0200000000a2"
    enrol(_record(tmp_path, name=f"王{end}秀英", room="3" * 500), registry)
    enrol(_record(tmp_path, id=other), registry)
    keys.revoke(registry, bytes.fromhex(_ID))
    known = Registry(registry)
    known.refresh()

    pendant = known.get(bytes.fromhex(_ID))
    assert (pendant.name, pendant.room, pendant.is_revoked) == ("王 秀英", "3" * 120, True)
    assert known.get(bytes.fromhex(other)) is not None


def test_eight_at_once_lose_nobody(tmp_path):
    """A hub of boards enrols from eight threads."""
    registry = tmp_path / "pendants.jsonl"
    records = [_record(tmp_path, id=f"0200000000{number:02x}") for number in range(8)]
    threads = [threading.Thread(target=enrol, args=(record, registry)) for record in records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(registry.read_text().splitlines()) == 8


def test_a_boot_number_of_the_past_is_refused(tmp_path):
    """Everything the pendant says would be a replay to this gateway: better to say so now."""
    store = tmp_path / "store.db"
    with sqlite3.connect(store) as db:
        db.execute("CREATE TABLE heard (sender BLOB PRIMARY KEY, boot INTEGER, counter INTEGER)")
        db.execute("INSERT INTO heard VALUES (?, 101, 5)", (bytes.fromhex(_ID),))
    with pytest.raises(SetUpError, match="101 was heard"):
        enrol(_record(tmp_path), tmp_path / "pendants.jsonl", store=store)
    assert enrol(_record(tmp_path, boot=102), tmp_path / "pendants.jsonl", store=store) == NEW


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"role": "bridge"}, "only pendants"),
        ({"key": "12"}, '"key" must have 32'),
        ({"format": 2}, "another version"),
        ({"mode": 0o644}, "chmod 600"),
    ],
)
def test_what_is_no_record_is_refused_in_a_sentence(tmp_path, changes, says):
    """And the key is not in the sentence."""
    with pytest.raises(SetUpError, match=says) as caught:
        enrol(_record(tmp_path, **changes), tmp_path / "pendants.jsonl")
    assert _KEY not in str(caught.value)


def test_a_forgotten_pendant_leaves_no_key(tmp_path):
    """Data deletion: the line is gone, not marked."""
    registry = tmp_path / "pendants.jsonl"
    enrol(_record(tmp_path), registry)
    assert forget(_ID.upper(), registry)
    assert _KEY not in registry.read_text()
    assert not forget(_ID, registry)


def test_a_locked_list_serves_like_a_plain_one(tmp_path, monkeypatch):
    """Encrypted at rest: enrolling, rotating and reading go on; without the secret nothing opens."""
    registry, secret = tmp_path / "pendants.jsonl", tmp_path / "secret"
    secret.write_text("correct horse battery staple\n")
    secret.chmod(0o600)
    enrol(_record(tmp_path), registry)
    assert command_line.main(["lock", "--registry", str(registry), "--key-file", str(secret)]) == 0
    assert _KEY not in registry.read_text()
    assert _ID not in registry.read_text()
    with pytest.raises(SetUpError, match="TIEXIN_REGISTRY_KEY"):
        Registry(registry).refresh()
    monkeypatch.setenv("TIEXIN_REGISTRY_KEY", str(secret))
    enrol(_record(tmp_path, id="0200000000a2"), registry)
    keys.begin_rotation(registry, bytes.fromhex(_ID), bytes.fromhex(_KEY), bytes(16))
    known = Registry(registry)
    known.refresh()
    assert len(known) == 2
    assert known.get(bytes.fromhex(_ID)).next_key == bytes(16)
    assert _ID not in registry.read_text()
    secret.write_text("another horse entirely\n")
    with pytest.raises(SetUpError, match="does not open"):
        Registry(registry).refresh()


def test_a_changed_byte_is_noticed(tmp_path, monkeypatch):
    """Somebody edits the encrypted list: refused, not half believed."""
    registry, secret = tmp_path / "pendants.jsonl", tmp_path / "secret"
    secret.write_text("correct horse battery staple")
    secret.chmod(0o600)
    monkeypatch.setenv("TIEXIN_REGISTRY_KEY", str(secret))
    enrol(_record(tmp_path), registry)
    command_line.main(["lock", "--registry", str(registry)])
    head, box = registry.read_text().splitlines()
    registry.write_text(f"{head}\n{'B' if box[0] == 'A' else 'A'}{box[1:]}\n")
    with pytest.raises(SetUpError, match="does not open"):
        Registry(registry).refresh()
    for torn in (f"{head[:-4]}\n", *(f"{head}\n{box[:left]}" for left in (1, 2, 3, 4, 36))):
        registry.write_text(torn)
        with pytest.raises(SetUpError, match="cut off"):
            Registry(registry).refresh()
    for left in range(-4, 0):  # within a group of four letters or not: always a sentence
        registry.write_text(f"{head}\n{box[:left]}")
        with pytest.raises(SetUpError):
            Registry(registry).refresh()


def test_the_command_line_enrols_and_says_so(tmp_path, capsys):
    """One line a record, without its key; a wrong one is a sentence and exit code 2."""
    registry = tmp_path / "pendants.jsonl"
    assert command_line.main(["enrol", str(_record(tmp_path)), "--registry", str(registry)]) == 0
    assert command_line.main(["forget", _ID, "--registry", str(registry)]) == 0
    assert command_line.main(["unlock", "--registry", str(registry)]) == 0
    assert command_line.main(["forget", _ID, "--registry", str(registry)]) == 2
    assert command_line.main(["enrol", str(_record(tmp_path))]) == 2
    said = capsys.readouterr()
    assert f"{_ID}: new" in said.out
    assert _KEY not in said.out + said.err
