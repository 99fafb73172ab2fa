"""Without this file a page could be tried only with radios: the real station over a real store and imaginary pendants.

Everything behind the serial line is real (store, cases, audit, page); what pendants say is put in where the custody
would put it. `House` lives in an event loop; `Served` gives it a thread of its own, for browsers that are driven from
another one.
"""

import asyncio
import hashlib
import json
import random
import socket
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import asdict, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

from gateway import presence_tables
from gateway.answers import Answers
from gateway.audit import Audit
from gateway.case import Dates
from gateway.cases import Cases
from gateway.clock import boot_id, system_clock
from gateway.configuration.station import StationConfig
from gateway.own import OwnEvents
from gateway.pendant_state import said_by_beat
from gateway.presence import Presence
from gateway.record import Record, lane_of
from gateway.registry import Registry
from gateway.space import Limits
from gateway.station import app, history, passwords, sessions, users
from gateway.station.station import Sources
from gateway.store import Store
from gateway.topics import Topics
from gateway.trace import Trace, silent_sink
from shared import frames, gateway_frames, words
from tools.home.broker import free_port
from tools.station_page import people

CARER, INSTALLER = "陈丽", "王工"
_LISTENED_MS = 40 * 86_400_000  # for how long the imaginary gateway has been listening
_LIMITS = Limits(64_000_000, 4_000_000)
_UP_WITHIN_S = 20
_DONE_WITHIN_S = 60
T = TypeVar("T")


class House:
    """A gateway's page without a gateway around it."""

    def __init__(self, directory: Path, wearers: int, port: int, sink: Any = silent_sink) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._trace = Trace(sink)
        self._clock = system_clock("always")
        self._seqs: dict[bytes, int] = {}
        self._watchers: list[Callable[[Record], None]] = []
        self.pendants = [bytes.fromhex(people.record(number)["id"]) for number in range(wearers)]
        self._write_pendants(wearers)
        self._registry = Registry(directory / "pendants.jsonl")
        self._registry.refresh()
        self.config = StationConfig(
            "127.0.0.1",
            port,
            None,
            None,
            False,
            ZoneInfo("Asia/Shanghai"),
            "zh",
            directory / "users.jsonl",
            room="客厅",
        )
        self.lend: Callable[[House], Awaitable[dict[str, Any]]] = _nothing_more
        self.lent: dict[str, Any] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._rows: list[presence_tables.Row] = []
        self.is_bridge_up = True

    @property
    def address(self) -> str:
        """Where the page is."""
        return self.config.address

    def add_users(self, password: str, **roles: str) -> None:
        """Who may sign in (name=role), all with one password: it is worked out once."""
        path = self.config.users_file
        path.touch(0o600)
        people_of = [users.User(name, role, _hash(password), 1) for name, role in roles.items()]
        path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in people_of), encoding="utf-8")

    def let_in(self, name: str) -> str:
        """The cookie of a session that somebody has begun before this start; before the house is opened."""
        cookie, now_s = hashlib.sha256(name.encode()).hexdigest(), int(time.time())
        (user,) = (one for one in users.read(self.config.users_file) if one.name == name)
        secret, password = (hashlib.sha256(text.encode()).digest() for text in (cookie, user.password))
        with closing(sqlite3.connect(self.directory / "station.db")) as db:
            db.executescript(sessions.SCHEMA)
            sessions.put(db, sessions.Session(secret, name, password, now_s, now_s))
            db.commit()
        return cookie

    async def open(self) -> None:
        """Open the store, take up the cases, serve the page."""
        self._store = Store(self.directory / "store.db", _LIMITS, self._clock.stamp_ms, boot_id(), self._trace)
        identity = self._store.open()
        self._switch_on = identity.switch_on
        self.answers = Answers()
        own = OwnEvents(self._store, identity, self._clock.stamp_ms)
        self._audit = Audit(self.directory, self._clock, self._trace)
        self.cases = Cases(
            store=self._store, clock=self._clock, dates=Dates(identity.switch_on, self._offset_ms),
            answers=self.answers, own=own,
            data_dir=self.directory, trace=self._trace,
        )  # fmt: skip
        await self.cases.load()
        self.presence = Presence(
            store=self._store, own=own, clock=self._clock, switch_on=identity.switch_on, offset_ms=self._offset_ms,
            registry=self._registry, topics=Topics("tiexin", "home", "gw"),
            common={"site": "home", "gateway": "gw"}, run="run",
            put_state=lambda topic, render: None, is_bridge_up=lambda: self.is_bridge_up, trace=self._trace,
        )  # fmt: skip
        if self._rows:
            await self._store.do(partial(presence_tables.save, rows=self._rows, listening_ms=_LISTENED_MS,
                                         silent_since_ms=None, silenced_most=0))  # fmt: skip
        await self.presence.load()
        sources = Sources(
            config_path=self.directory / "gateway.toml", site="home", gateway="gw", data_dir=self.directory,
            clock=self._clock, registry=self._registry, cases=self.cases, presence=self.presence, audit=self._audit,
            pendants_file=self.directory / "pendants.jsonl", store_file=self.directory / "store.db",
            watch_records=self._watch,
        )  # fmt: skip
        self.lent = await self.lend(self)
        sources = replace(sources, **self.lent)
        self._tasks = [
            asyncio.create_task(self.cases.run()),
            asyncio.create_task(self.presence.run()),
            asyncio.create_task(app.serve(self.config, sources, self._trace)),
        ]

    async def close(self) -> None:
        """End everything; what is on the disk stays."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._store.close()
        await asyncio.to_thread(self._audit.close)

    async def say(self, wearer: int, code: int, *, arg: int = 0, age_ms: int = 120, delay_ms: int = 930,
                  ref: int = 0, rssi_dbm: int = -58) -> str:  # fmt: skip
        """A pendant says something; the event's id, once it is stored."""
        pendant = self.pendants[wearer]
        seq = self._seqs[pendant] = self._seqs.get(pendant, 0) + 1
        kind = words.ALARM if code in words.ALARM_CODES else words.EVENT
        event = frames.Event(1, seq, code, age_ms, delay_ms, 1, arg, 1 if ref else 0, ref)
        return await self._take(pendant, seq, kind, lane_of(kind, code), frames.pack_event(event), rssi_dbm)

    async def beat(self, wearer: int, percent: int, flags: int, rssi_dbm: int = -58) -> None:
        """A pendant gives a sign of life."""
        pendant = self.pendants[wearer]
        seq = self._seqs[pendant] = self._seqs.get(pendant, 0) + 1
        number, mv = int(frames.FIRST_BEAT_SEQ) + seq, 3_400 + 7 * percent
        beat = frames.Beat(1, number, mv, percent, -60, 1, flags, (1, 0, 0), 3600)
        await self._take(pendant, number, words.BEAT, lane_of(words.BEAT, 0), frames.pack_beat(beat), rssi_dbm)

    async def _take(self, pendant: bytes, seq: int, kind: int, lane: int, body: bytes, rssi_dbm: int) -> str:
        stored: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        record = Record(
            0, lane, pendant, 1, seq, kind, body, rssi_dbm, self._switch_on, self._clock.stamp_ms(), 0
        )  # fmt: skip
        self._store.add(record, (1, seq), stored.set_result)
        await stored
        known = self._registry.get(pendant)
        if known:
            said: Any = gateway_frames.unpack_beat(body) if kind == words.BEAT else gateway_frames.unpack_event(body)
            self.presence.heard(known, rssi_dbm, kind, said)
        self.cases.stored(record)
        for watcher in self._watchers:
            watcher(record)
        return record.event_id

    def remember(self, rows: list[presence_tables.Row], hours: list[history.Hour]) -> None:
        """What was known before this start; before the house is opened."""
        self._rows = rows
        with closing(sqlite3.connect(self.directory / "station.db")) as db:
            db.executescript(history.SCHEMA)
            history.put(db, hours, [])
            db.commit()

    def _watch(self, callback: Callable[[Record], None]) -> Callable[[], None]:
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def _offset_ms(self, switch_on: int) -> int | None:
        return self._clock.offset_ms() if switch_on == self._switch_on else None

    def _write_pendants(self, wearers: int) -> None:
        path = self.directory / "pendants.jsonl"
        path.touch(0o600)
        lines = (json.dumps(people.record(number), ensure_ascii=False) for number in range(wearers))
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


async def _nothing_more(_house: House) -> dict[str, Any]:
    """What else the page is lent (see installers.py)."""
    return {}


class Served:
    """A house in a thread of its own; `with Served(...) as served: served.do(lambda house: house.say(...))`."""

    def __init__(self, directory: Path, wearers: int = 12, sink: Any = silent_sink) -> None:
        self._directory = directory
        self._wearers = wearers
        self._sink = sink
        self._port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.house = self._make()

    def _make(self) -> House:
        return House(self._directory, self._wearers, self._port, self._sink)

    def __enter__(self) -> Self:
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def start(self) -> None:
        """Open the house; back when its page answers."""
        self.do(lambda house: house.open())
        _wait_for_port(self._port)

    def stop(self) -> None:
        """Close it; the port is free, the files stay."""
        self.do(lambda house: house.close())

    def restart(self) -> None:
        """What a restarted gateway is: another process over the same files."""
        self.stop()
        seqs = self.house._seqs  # noqa: SLF001 - pendants count on, whatever the gateway does
        self.house = self._make()
        self.house._seqs = seqs  # noqa: SLF001
        self.start()

    def do(self, work: Callable[[House], Awaitable[T]]) -> T:
        """Run it in the house's loop; its result."""
        return self.spawn(work)()

    def spawn(self, work: Callable[[House], Awaitable[T]]) -> Callable[[], T]:
        """Begin it in the house's loop; call what is returned for its result."""

        async def run() -> T:
            return await work(self.house)

        future: Future[T] = asyncio.run_coroutine_threadsafe(run(), self._loop)
        return lambda: future.result(_DONE_WITHIN_S)


@cache
def _hash(password: str) -> str:
    return passwords.make_hash(password)


def _wait_for_port(port: int) -> None:
    end_s = time.monotonic() + _UP_WITHIN_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > end_s:
                raise
            time.sleep(0.02)
        else:
            return


def lived_in(house: House, days: int = 12, seed: int = 3) -> None:
    """Give everybody a past: a battery that went down, a sign of life a few minutes ago. Before the house is opened."""
    dice, now_s = random.Random(seed), int(time.time())
    hours, rows = [], []
    stamp_ms = system_clock("always").stamp_ms()
    for number, pendant in enumerate(house.pendants):
        a_day = 18.0 if number % 12 == 8 else dice.choice((1.1, 1.4, 2.2, 3.1))
        charged_h = 128 if number % 12 == 8 else dice.randrange(30, 24 * days)
        for ago_h in range(min(24 * days, charged_h), -1, -1):
            percent = max(3, int(100 - a_day * (charged_h - ago_h) / 24))
            hour = now_s // history.HOUR_S - ago_h
            hours.append(history.Hour(pendant, hour, percent, 3_400 + 7 * percent, words.WORN, 12, -58))
        worn = words.WORN | words.STILL * (number % 3 == 0)
        is_charging = number % 9 == 4
        beat = frames.Beat(1, 1, 3_400 + 7 * percent, percent, -60, 1, 0 if number % 11 == 7 else worn, (1, 0, 0), 60)
        said = {"boot": 1, "rssi_dbm": -58, **said_by_beat(beat), "charging": is_charging}
        ago_ms = 1_000 * (7_200 if number % 13 == 6 else dice.randrange(5, 290))
        rows.append(presence_tables.Row(pendant, _LISTENED_MS - ago_ms, False, 0, 1, stamp_ms - ago_ms, said))
    house.remember(rows, hours)
