"""Without this file a card that is full, failing or read-only would be found out by the next alarm."""

import os
from collections.abc import Iterator
from pathlib import Path

from gateway import backlog, beside
from gateway.cli.columns import span
from gateway.clock import Clock
from gateway.config import Config
from gateway.disk_faults import is_damage
from gateway.doctor.finding import Finding, note, well, wrong
from gateway.errors import SetUpError
from gateway.space import Limits

_MB = 1_000_000
_WAITS_TOO_LONG_S = 300


def look(config: Config, clock: Clock) -> Iterator[Finding]:
    """Room, rights, and whether the store is sound."""
    folder = config.data_dir
    if not folder.exists():
        yield note("disk", "disk_missing", path=folder)
        return
    if not os.access(folder, os.R_OK | os.X_OK, effective_ids=True):  # as the service has it: closed to others
        yield wrong("disk", "disk_denied", path=folder)
        return
    yield _room(config)
    damaged = sorted(folder.glob("store-damaged-*.db"))
    if damaged:
        yield note("store", "store_aside", count=len(damaged), name=damaged[0].name)
    store = folder / "store.db"
    if store.exists():
        yield from _store(config, store, clock)


def _room(config: Config) -> Finding:
    status = os.statvfs(config.data_dir)
    path, free_mb = config.data_dir, status.f_bavail * status.f_frsize // _MB
    held_mb = _size(path / "reserve") // _MB
    if status.f_flag & os.ST_RDONLY:
        return wrong("disk", "disk_read_only", path=path)
    if not os.access(path, os.W_OK, effective_ids=True):
        return wrong("disk", "disk_denied", path=path)
    if free_mb + held_mb < config.store.reserve_mb:
        return wrong("disk", "disk_full", path=path, free_mb=free_mb, reserve_mb=config.store.reserve_mb)
    wanted_mb = config.store.max_mb - _size(path / "store.db") // _MB
    if free_mb < wanted_mb:
        return note("disk", "disk_small", path=path, free_mb=free_mb, max_mb=config.store.max_mb)
    return well("disk", "disk_well", path=path, free_mb=free_mb)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _store(config: Config, store: Path, clock: Clock) -> Iterator[Finding]:
    try:
        with beside.opened(store) as db:
            (said,) = db.execute("PRAGMA quick_check(1)").fetchone()
            if said != "ok":
                yield wrong("store", "store_wrong", text=str(said).splitlines()[0])
                return
            limits = Limits(config.store.max_mb * _MB, config.store.reserve_mb * _MB)
            lanes = backlog.report(db, beside.Dates(db, clock), limits, 0)["lanes"]
    except SetUpError as fault:
        met = fault.__context__
        if met and is_damage(met):
            yield wrong("store", "store_wrong", text=str(met))
        else:
            yield wrong("store", "store_unreadable", text=str(fault))
        return
    yield well("store", "store_well", waiting=sum(lane["waiting"] for lane in lanes.values()))
    alarms = lanes["alarm"]
    if alarms["waiting"] and (alarms["oldest_s"] or 0) > _WAITS_TOO_LONG_S:
        yield note("store", "alarms_wait", count=alarms["waiting"], age=span(alarms["oldest_s"]))
