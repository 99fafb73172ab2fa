"""A broken box is swapped: the new one has its keys, its settings and its unsent calls, and speaks under an own key."""

import json
import os
import pwd
import sqlite3
import stat
import time
from contextlib import closing, contextmanager

import pytest

from gateway import tables
from gateway.__main__ import main
from gateway.alone import Alone
from gateway.config import load
from gateway.moving import export
from shared import frames, words
from tests.gateway.rig import FakeBridge, FakePendant, Platform, broker, config, registry, wait_for
from tests.gateway.test_main import start
from tools.home.broker import free_port

PASS = "correct horse battery\n"
SECRET = "the broker's password"


@pytest.fixture
def passphrase(tmp_path, monkeypatch):
    """The options that name a file of it. It is stretched less than in service: the tests shall not take so long."""
    monkeypatch.setattr("gateway.moving.sealed._COST", 2**10)
    path = tmp_path / "passphrase"
    path.write_text(PASS)
    path.chmod(0o600)
    return ["--passphrase-file", str(path)]


def box(folder, port, serial):
    """A box that is set up: a pendant, a password as a credential, a file of users."""
    folder.mkdir()
    (folder / "secrets").mkdir()
    (folder / "secrets" / "broker").write_text(SECRET)
    (folder / "secrets" / "broker").chmod(0o600)
    registry(folder, FakePendant())
    (folder / "data").mkdir()
    (folder / "data" / "users.jsonl").write_text('{"name": "x"}\n')
    return config(folder, port, serial, 'username = "gateway"\npassword_file = "credential:broker"')


@contextmanager
def running(path):
    """A gateway that serves; it is told to stop at the end."""
    process = start(path, "run")
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def command(*arguments):
    """The exit code of a command line."""
    return main([str(argument) for argument in arguments])


def downlinks(bridge):
    """Gateway, boot and counter of all that the pendants were told: the parts of the nonces."""
    headers = [frames.read_header(air) for air in bridge.sent]
    return {(header.gateway, header.boot, header.counter) for header in headers}


def test_a_box_is_swapped(tmp_path, passphrase, capsys, monkeypatch):
    """The alarm that waited at the old box comes out at the new one, once; the pendant is served; no nonce comes twice,
    though the old box has gone on sealing after the export."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    port = free_port()
    old_bridge = FakeBridge(tmp_path / "tty-old")
    pendant = FakePendant()
    old = box(tmp_path / "old", port, old_bridge.link)
    with running(old):
        wait_for((tmp_path / "old" / "data" / "store.db").exists, 20)
        alarm = pendant.event(words.HELP_REQUESTED)
        wait_for(lambda: old_bridge.air(alarm) or time.sleep(0.1) or old_bridge.sent, 30)
        assert command("export", tmp_path / "box.export", "--config", old, *passphrase) == 0
        old_bridge.air(pendant.poll(1, 1))
        wait_for(lambda: len(old_bridge.sent) > 1)
    with running(old):  # and even begins another run, as the import must assume

        def has_begun_anew():
            old_bridge.air(pendant.poll(1, 1))
            time.sleep(0.1)
            return len({boot for _, boot, _ in downlinks(old_bridge)}) > 1

        wait_for(has_begun_anew, 30)
    old_bridge.pull_out()

    new = tmp_path / "new" / "gateway.toml"
    bridge = FakeBridge(tmp_path / "tty-old")  # the bridge is plugged into the new box
    began_s = time.monotonic()
    assert command("import", tmp_path / "box.export", "--config", new, *passphrase) == 0
    made = broker(tmp_path, port=port, login={"gateway": SECRET})
    made.start()
    platform = Platform(port, login=("gateway", SECRET))
    with running(new):
        alarm = platform.expect_event(pendant.name(1), 30)
        swapped_s = time.monotonic() - began_s
        repeat = pendant.event(words.HELP_REQUESTED)
        wait_for(lambda: bridge.air(repeat) or time.sleep(0.1) or bridge.sent, 30)
        kind, ack = bridge.expect(pendant.read, 20)
        platform.expect_event(pendant.name(2), 20)
    platform.close()
    made.stop()
    bridge.pull_out()

    assert alarm["data"]["service"] == "rescue"
    assert platform.counts[pendant.name(1)] == 1
    assert (kind, ack.seq) == (words.ACK, 2)
    assert downlinks(bridge)
    assert not downlinks(bridge) & downlinks(old_bridge)
    assert {gateway for gateway, _, _ in downlinks(bridge)}.isdisjoint(
        gateway for gateway, _, _ in downlinks(old_bridge)
    )
    assert f"LoadCredential=broker:{tmp_path / 'new' / 'secrets' / 'broker'}" in capsys.readouterr().out
    assert (tmp_path / "new" / "data" / "users.jsonl").read_text() == '{"name": "x"}\n'
    assert swapped_s < 60


def test_another_database_comes_along_as_it_is_at_one_moment(tmp_path, passphrase):
    """The station page keeps one; what its writer has only in its log is in the copy."""
    path = box(tmp_path / "old", 1883, "/dev/null")
    with closing(sqlite3.connect(tmp_path / "old" / "data" / "station.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE note (text)")
        db.execute("INSERT INTO note VALUES ('still in the log')")
        assert command("export", tmp_path / "box.export", "--config", path, *passphrase) == 0
    new = tmp_path / "new" / "gateway.toml"
    assert command("import", tmp_path / "box.export", "--config", new, *passphrase) == 0

    assert not (new.parent / "data" / "station.db-wal").exists()
    with closing(sqlite3.connect(new.parent / "data" / "station.db")) as db:
        assert db.execute("SELECT text FROM note").fetchone() == ("still in the log",)


def exported(tmp_path, passphrase):
    """A box that has never run is exported, with a store that holds something."""
    path = box(tmp_path / "old", 1883, "/dev/null")
    with closing(sqlite3.connect(tmp_path / "old" / "data" / "store.db", isolation_level=None)) as db:
        db.execute("BEGIN")
        tables.create(db)
        tables.begin_run(db, "then")
        for n in range(1, 101):
            db.execute("INSERT INTO alarm VALUES (?, ?, 1, ?, 0, ?, 0, 1, 0, 0)", (n, b"pppppp", n, bytes(20)))
        db.execute("COMMIT")
    assert command("export", tmp_path / "box.export", "--config", path, *passphrase) == 0
    return path


def tree(folder):
    """Every file and what is in it."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_comes_back_is_what_was(tmp_path, passphrase):
    """Files, contents, modes; the store's events; but another id for pendants, from boot 0."""
    exported(tmp_path, passphrase)
    new = tmp_path / "new" / "gateway.toml"
    assert command("import", tmp_path / "box.export", "--config", new, *passphrase) == 0

    old_tree, new_tree = (tree(tmp_path / name) for name in ("old", "new"))
    assert set(new_tree) - set(old_tree) <= {(tmp_path / "x" / "data" / "gateway.lock").relative_to(tmp_path / "x")}
    assert all(new_tree[name] == old_tree[name] for name in old_tree if name.name != "store.db")
    for name in ("secrets/broker", "pendants.jsonl", "data/store.db"):
        assert stat.S_IMODE((new.parent / name).stat().st_mode) == 0o600
    with closing(sqlite3.connect(tmp_path / "old" / "data" / "store.db")) as old_db:
        before = old_db.execute("SELECT id, boot FROM self").fetchone()
    with closing(sqlite3.connect(tmp_path / "new" / "data" / "store.db")) as db:
        assert db.execute("SELECT count(*) FROM alarm").fetchone() == (100,)
        after = db.execute("SELECT id, boot FROM self").fetchone()
    assert before[0] != after[0]
    assert after[1] == 0


def test_what_systemd_handed_over_becomes_a_closed_file(tmp_path, passphrase, monkeypatch):
    """As the service itself sees a credential: group-readable, because of its access list."""
    path = box(tmp_path / "old", 1883, "/dev/null")
    (tmp_path / "old" / "secrets" / "broker").rename(tmp_path / "broker")
    (tmp_path / "broker").chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert command("export", tmp_path / "box.export", "--config", path, *passphrase) == 0
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    new = tmp_path / "new" / "gateway.toml"
    assert command("import", tmp_path / "box.export", "--config", new, *passphrase) == 0

    assert load(new).broker.password == SECRET


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to the service's user: run it as root")
def test_the_service_can_use_what_root_imported(tmp_path, passphrase, monkeypatch):
    """Its folder, its lock, its store, its list are its own; the configuration and the credentials stay root's."""
    monkeypatch.setattr("gateway.moving.restore.USER", "nobody")
    exported(tmp_path, passphrase)
    new = tmp_path / "new" / "gateway.toml"
    assert command("import", tmp_path / "box.export", "--config", new, *passphrase) == 0
    nobody = pwd.getpwnam("nobody").pw_uid
    owned = {path.relative_to(new.parent).as_posix() for path in new.parent.rglob("*") if path.stat().st_uid == nobody}

    assert owned == {"data", "data/gateway.lock", "data/store.db", "data/users.jsonl", "pendants.jsonl"}
    assert stat.S_IMODE((new.parent / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((new.parent / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE(new.parent.stat().st_mode) == 0o755


def test_an_export_gives_nothing_away(tmp_path, passphrase):
    """Neither keys nor passwords nor names stand in it; only its owner reads it; it is not overwritten by mistake."""
    path = exported(tmp_path, passphrase)
    file = tmp_path / "box.export"
    (tmp_path / "old" / "data" / "export-killed").mkdir()
    (tmp_path / "old" / "data" / "export-killed" / "store.db").write_bytes(b"left over")

    for secret in (SECRET, "000102030405", "pendants.jsonl", "store.db"):
        assert secret.encode() not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert command("export", file, "--config", path, *passphrase) == 2
    assert command("export", file, "--config", path, *passphrase, "--force") == 0
    assert list(tmp_path.glob("*.part")) == []
    assert list((tmp_path / "old" / "data").glob("export-*")) == []


def test_a_box_in_service_is_not_overwritten(tmp_path, passphrase, capsys):
    """Without --replace nothing changes; with it the old store's log does not survive; a running one is refused."""
    exported(tmp_path, passphrase)
    new = box(tmp_path / "new", 1, "/dev/other")
    (new.parent / "data" / "store.db").write_bytes(b"old")
    (new.parent / "data" / "store.db-wal").write_bytes(b"old log")
    before = tree(new.parent)
    assert command("import", tmp_path / "box.export", "--config", new, *passphrase) == 2
    assert "--replace" in capsys.readouterr().err
    assert tree(new.parent) == before
    with Alone(new.parent / "data"):
        assert command("import", tmp_path / "box.export", "--config", new, *passphrase, "--replace") == 2
        assert "stop it first" in capsys.readouterr().err
    after = tree(new.parent)
    assert {name: after[name] for name in before} == before

    assert command("import", tmp_path / "box.export", "--config", new, *passphrase, "--replace") == 0
    assert not (new.parent / "data" / "store.db-wal").exists()
    assert "/dev/null" in new.read_text()
    assert not [path for path in new.parent.rglob("*") if path.name.endswith((".importing", ".import-note"))]


@pytest.mark.parametrize("harm", ["cut", "bit", "passphrase"])
def test_a_bad_export_changes_nothing(tmp_path, passphrase, harm, capsys):
    """Cut off, damaged, another passphrase: one sentence, and the new box is as empty as before."""
    exported(tmp_path, passphrase)
    file = tmp_path / "box.export"
    content = bytearray(file.read_bytes())
    if harm == "cut":
        del content[-1:]
    elif harm == "bit":
        content[-100] ^= 1
    else:
        (tmp_path / "passphrase").write_text("another one altogether")
    file.write_bytes(content)

    assert command("import", file, "--config", tmp_path / "new" / "gateway.toml", *passphrase) == 2
    assert "box.export: " in capsys.readouterr().err
    assert tree(tmp_path / "new") == {} if (tmp_path / "new").exists() else True


def test_a_store_that_is_damaged_inside_an_export_is_not_taken(tmp_path, passphrase, capsys, monkeypatch):
    """Sealed as it was, and no store: alarms would be missing from it, and nobody would know."""
    still = export._still

    def damaged(path, folder, spare):
        copy = still(path, folder, spare)
        if path.name == "store.db":
            with closing(sqlite3.connect(copy)) as db:
                (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'alarm'").fetchone()
            with copy.open("r+b") as file:
                file.seek(4096 * (page - 1) + 1)  # the page's first free block: reading goes on, writing would spoil it
                file.write(b"\x0f\xf0")
        return copy

    monkeypatch.setattr(export, "_still", damaged)
    exported(tmp_path, passphrase)
    capsys.readouterr()

    assert command("import", tmp_path / "box.export", "--config", tmp_path / "new" / "gateway.toml", *passphrase) == 2
    assert "store in the export" in capsys.readouterr().err
    assert not (tmp_path / "new" / "gateway.toml").exists()


def test_an_export_that_cannot_be_read_back_is_none(tmp_path, passphrase, capsys, monkeypatch):
    """The stick keeps other bytes than were written: one sentence, and no file that looks like an export."""
    write = export._write

    def forgetful(path, *rest):
        write(path, *rest)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    monkeypatch.setattr(export, "_write", forgetful)
    path = box(tmp_path / "old", 1883, "/dev/null")

    assert command("export", tmp_path / "box.export", "--config", path, *passphrase) == 2
    assert "box.export" in capsys.readouterr().err
    assert not list(tmp_path.glob("box.export*"))


def test_a_damaged_store_is_not_exported(tmp_path, passphrase, capsys):
    """The gateway mends it first; a half store would look like a whole one later."""
    path = exported(tmp_path, passphrase)
    (tmp_path / "box.export").unlink()
    store = tmp_path / "old" / "data" / "store.db"
    with store.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(4096 * 2))

    assert command("export", tmp_path / "box.export", "--config", path, *passphrase) == 2
    assert "store.db" in capsys.readouterr().err
    assert not (tmp_path / "box.export").exists()


def test_a_store_without_room_for_its_copy(tmp_path, passphrase, capsys, monkeypatch):
    """The reserve for alarms is not eaten by an export."""
    path = exported(tmp_path, passphrase)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: os.terminal_size((0, 0)) and type("u", (), {"free": 10**6}))

    assert command("export", tmp_path / "other", "--config", path, *passphrase) == 2
    assert "name another folder with --work" in capsys.readouterr().err


def test_an_interrupted_import_is_finished(tmp_path, passphrase, capsys):
    """`run` says so, `import --finish` does it, and the list is the new one."""
    path = exported(tmp_path, passphrase)
    note = path.with_name("gateway.toml.import-note")
    (tmp_path / "old" / "pendants.jsonl.importing").write_text("")
    note.write_text(json.dumps({"gone": [], "places": [str(tmp_path / "old" / "pendants.jsonl")]}))
    assert command("run", "--config", path) == 2
    assert "import --finish" in capsys.readouterr().err
    assert command("import", "--finish", "--config", path) == 0

    assert (tmp_path / "old" / "pendants.jsonl").read_text() == ""
    assert not note.exists()
