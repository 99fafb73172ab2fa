"""A disk that is full, read-only or failing; a store that is damaged."""

import os
import sqlite3
from contextlib import closing

import pytest

from gateway import tables
from gateway.clock import Clock, boot_id
from gateway.config import load
from gateway.doctor import disk
from tests.gateway.rig import config, registry

CLOCK = Clock(is_trusted=lambda: True, stamp_s=lambda: 1_000)


@pytest.fixture
def box(tmp_path):
    """A box with a store of two hundred alarms, the oldest of them ten minutes old."""
    registry(tmp_path)
    said = load(config(tmp_path, 1883, "/dev/null"))
    said.data_dir.mkdir()
    with closing(sqlite3.connect(said.data_dir / "store.db", isolation_level=None)) as db:
        db.execute("BEGIN")
        tables.create(db)
        tables.begin_run(db, boot_id())
        for n in range(1, 201):
            db.execute("INSERT INTO alarm VALUES (?, ?, 1, ?, 0, ?, 0, 1, 400000, 0)", (n, b"pppppp", n, bytes(200)))
        db.execute("COMMIT")
    return said


def codes(box):
    """What is found, by code."""
    found = {finding.code: finding for finding in disk.look(box, CLOCK)}
    assert all(finding.text(language) for finding in found.values() for language in ("zh", "en"))
    return found


def status(monkeypatch, **changes):
    """The disk as if it were so."""
    real = os.statvfs("/")

    class Status:
        f_bavail, f_frsize, f_flag = real.f_bavail, real.f_frsize, real.f_flag

    for name, value in changes.items():
        setattr(Status, name, value)
    monkeypatch.setattr(disk.os, "statvfs", lambda path: Status)


def test_a_sound_store(box):
    """And alarms that have waited too long."""
    found = codes(box)

    assert {"disk_well", "store_well"} <= set(found)
    assert "200 alarms have waited for 10 min" in found["alarms_wait"].text("en")


def test_a_damaged_store(box):
    """Pages overwritten with rubbish."""
    with (box.data_dir / "store.db").open("r+b") as file:
        file.seek(4096 * 4)
        file.write(os.urandom(4096 * 3))

    assert "store_wrong" in codes(box)


def test_no_store_at_all(box):
    """A file of something else."""
    (box.data_dir / "store.db").write_bytes(b"no store" * 1_000)

    assert codes(box)["store_wrong"].facts["text"] == "file is not a database"
    (box.data_dir / "store.db").unlink()
    with closing(sqlite3.connect(box.data_dir / "store.db")) as db:
        db.execute("PRAGMA user_version = 99")

    assert "later version" in codes(box)["store_unreadable"].text("en")


def test_a_card_that_fails(box, monkeypatch):
    """Damaged stores were set aside; the disk has become read-only."""
    (box.data_dir / "store-damaged-1.db").write_bytes(b"")
    status(monkeypatch, f_flag=os.ST_RDONLY)

    assert {"store_aside", "disk_read_only"} <= set(codes(box))


def test_a_full_disk(box, monkeypatch):
    """Less than the reserve; what the reserve's own file holds counts as free."""
    status(monkeypatch, f_bavail=10_000_000, f_frsize=1)
    assert "disk_full" in codes(box)
    (box.data_dir / "reserve").write_bytes(bytes(16_000_000))

    assert "disk_small" in codes(box)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user who may not write: run it as root")
def test_somebody_else_s_folder(box):
    """Who asks may not write there, or, as the service has it, not even look: one sentence says so."""
    for folder in (box.data_dir, *list(box.data_dir.parents)[:4]):
        folder.chmod(0o755)
    os.seteuid(65534)
    try:
        assert "disk_denied" in codes(box)
    finally:
        os.seteuid(0)
    box.data_dir.chmod(0o700)
    os.seteuid(65534)
    try:
        assert set(codes(box)) == {"disk_denied"}
    finally:
        os.seteuid(0)


def test_a_box_that_has_never_run(box):
    """No folder yet is no fault."""
    for file in box.data_dir.iterdir():
        file.unlink()
    box.data_dir.rmdir()

    assert set(codes(box)) == {"disk_missing"}
