"""Without this file the SQL of the store would be scattered over those who need it.

Functions over one sqlite3 connection. None of them commits: the store decides where a transaction ends.
"""

import os
import sqlite3
from typing import Any, NamedTuple

from gateway import case_tables, motion_store, orders, presence_tables, sealed_boxes, sightings
from gateway.record import LANE_NAMES, TELEMETRY, Record, is_remembered
from shared import frames, gateway_frames, words

FORMAT = 1
MOST_EARLY = 256  # events of one boot that may be held ahead of a hole in its numbers
BOOTS_REMEMBERED = 32  # of each pendant
COMMANDS_REMEMBERED = 2_000
# The tables that are not lanes.
MEMORY = (
    "switch_on", "seen", "gap", "heard", "answer", "felt", "command",
    *orders.TABLES, *sightings.TABLES, *case_tables.TABLES, *motion_store.TABLES, *sealed_boxes.TABLES,
    *presence_tables.TABLES,
)  # fmt: skip
_SWITCH_ONS_REMEMBERED = 1_000

_LANE = """
CREATE TABLE IF NOT EXISTS {lane} (
  n INTEGER PRIMARY KEY, sender BLOB NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL,
  body BLOB NOT NULL, rssi_dbm INTEGER NOT NULL,
  switch_on INTEGER NOT NULL, heard_ms INTEGER NOT NULL, stored_ms INTEGER NOT NULL);
"""
_SCHEMA = (
    "".join(_LANE.format(lane=lane) for lane in LANE_NAMES)
    + """
-- Ids outlive their events: all numbers of a boot up to `upto`, and the 3-byte numbers in `early` beyond it.
CREATE TABLE IF NOT EXISTS seen (
  sender BLOB, boot INTEGER, upto INTEGER NOT NULL, early BLOB NOT NULL, PRIMARY KEY (sender, boot)) WITHOUT ROWID;
-- Holes in those numbers that were reported: up to this number of that boot.
CREATE TABLE IF NOT EXISTS gap (
  sender BLOB, boot INTEGER, upto INTEGER NOT NULL, PRIMARY KEY (sender, boot)) WITHOUT ROWID;
-- The newest frame of each pendant: nothing at or below it is believed after a restart.
CREATE TABLE IF NOT EXISTS heard (
  sender BLOB PRIMARY KEY, boot INTEGER NOT NULL, counter INTEGER NOT NULL) WITHOUT ROWID;
-- What a person has answered and the wearer has not felt yet; what was felt, so that it is not given again.
CREATE TABLE IF NOT EXISTS answer (
  pendant BLOB, boot INTEGER, seq INTEGER, stage INTEGER, eta_s INTEGER NOT NULL, by TEXT NOT NULL,
  switch_on INTEGER NOT NULL, given_ms INTEGER NOT NULL, PRIMARY KEY (pendant, boot, seq, stage)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS felt (
  n INTEGER PRIMARY KEY, pendant BLOB NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, stage INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS command (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, reply TEXT NOT NULL);
-- Each switching-on of this machine, and what dates its stamps, once the time was known.
CREATE TABLE IF NOT EXISTS switch_on (n INTEGER PRIMARY KEY, boot_id TEXT NOT NULL UNIQUE, offset_ms INTEGER);
CREATE TABLE IF NOT EXISTS self (id BLOB NOT NULL, boot INTEGER NOT NULL, has_connected INTEGER NOT NULL);
"""
    + motion_store.SCHEMA
    + orders.SCHEMA
    + sightings.SCHEMA
    + case_tables.SCHEMA
    + sealed_boxes.SCHEMA
    + presence_tables.SCHEMA
)


class Identity(NamedTuple):
    """Who this store makes the gateway, for pendants."""

    gateway: bytes  # 6 random bytes, made with the store
    boot: int  # of the downlink nonces: a new one at each start
    switch_on: int
    has_connected: bool  # a broker has accepted us before


class Answer(NamedTuple):
    """A person's answer that the wearer has not felt yet."""

    pendant: bytes
    boot: int
    seq: int
    stage: int
    eta_s: int
    by: str
    switch_on: int
    given_ms: int


def create(db: sqlite3.Connection) -> None:
    """Make what is missing; ValueError if the file is of a later format than this program knows."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > FORMAT:
        raise ValueError(f"format {version}")
    for statement in _SCHEMA.split(";\n"):  # not executescript: it would commit
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {FORMAT}")


def begin_run(db: sqlite3.Connection, boot_id: str) -> Identity:
    """Take a new downlink boot (and make the gateway's id, the first time); note this switching-on."""
    row = db.execute("SELECT id, boot FROM self").fetchone()
    if row is None or row[1] >= frames.COUNTER_MOST:  # a run-out counter is a new gateway: its nonces are its own
        db.execute("DELETE FROM self")
        db.execute("INSERT INTO self VALUES (?, 0, 0)", (os.urandom(frames.ID_SIZE),))
    db.execute("UPDATE self SET boot = boot + 1")
    gateway, boot, has_connected = db.execute("SELECT id, boot, has_connected FROM self").fetchone()
    db.execute("INSERT OR IGNORE INTO switch_on (boot_id) VALUES (?)", (boot_id,))
    (switch_on,) = db.execute("SELECT n FROM switch_on WHERE boot_id = ?", (boot_id,)).fetchone()
    db.execute("DELETE FROM switch_on WHERE n < ?", (switch_on - _SWITCH_ONS_REMEMBERED,))
    return Identity(gateway, boot, switch_on, bool(has_connected))


def renew_identity(db: sqlite3.Connection) -> None:
    """A copy of a store becomes another gateway for pendants: under the old id the original may have sealed more."""
    db.execute("UPDATE self SET id = ?, boot = 0", (os.urandom(frames.ID_SIZE),))


def continue_run(db: sqlite3.Connection, boot_id: str, identity: Identity) -> None:
    """In a file that replaces a damaged one: go on as who we were."""
    db.execute("INSERT INTO self VALUES (?, ?, 1)", (identity.gateway, identity.boot))
    db.execute("INSERT INTO switch_on (n, boot_id) VALUES (?, ?)", (identity.switch_on, boot_id))


def note_connected(db: sqlite3.Connection) -> None:
    """A broker has accepted us: from now on this is a gateway in service, no longer one that is being set up."""
    db.execute("UPDATE self SET has_connected = 1")


# ---- the three lanes


def insert(db: sqlite3.Connection, record: Record) -> bool:
    """Store the record under its n; False if its id is known already."""
    if is_remembered(record.seq) and not remember(db, record.sender, record.boot, record.seq):
        return False
    db.execute(_INSERT[record.lane], (record.n, *record[2:]))
    return True


def insert_beats(db: sqlite3.Connection, records: list[Record]) -> None:
    """Store records of telemetry under their n. Many rows a statement: each statement costs a change of threads."""
    whole = len(records) - len(records) % _ROWS
    for start in range(0, whole, _ROWS):
        values = [value for record in records[start : start + _ROWS] for value in (record.n, *record[2:])]
        db.execute(_INSERT_ROWS, values)
    for record in records[whole:]:
        db.execute(_INSERT[TELEMETRY], (record.n, *record[2:]))


_ROWS = 64
_INSERT_ROWS = "INSERT INTO telemetry VALUES " + ",".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"] * _ROWS)  # noqa: S608
_INSERT = tuple(f"INSERT INTO {lane} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" for lane in LANE_NAMES)  # noqa: S608
_SELECT = tuple(f"SELECT * FROM {lane} WHERE n > ? ORDER BY n LIMIT ?" for lane in LANE_NAMES)  # noqa: S608
_BETWEEN = tuple(f"SELECT * FROM {lane} WHERE n BETWEEN ? AND ?" for lane in LANE_NAMES)  # noqa: S608
_DELETE = tuple(f"DELETE FROM {lane} WHERE n BETWEEN ? AND ?" for lane in LANE_NAMES)  # noqa: S608
_COUNT = tuple(f"SELECT count(*) FROM {lane}" for lane in LANE_NAMES)  # noqa: S608
_COUNTED = 50_000
_ENDS = tuple(f"SELECT min(n), max(n) FROM {lane}" for lane in LANE_NAMES)  # noqa: S608


def claim(db: sqlite3.Connection, lane: int, after_n: int, limit: int) -> list[Record]:
    """The oldest records of a lane behind after_n."""
    return [Record(row[0], lane, *row[1:]) for row in db.execute(_SELECT[lane], (after_n, limit))]


def between(db: sqlite3.Connection, lane: int, first_n: int, last_n: int) -> list[Record]:
    """The records first_n ... last_n of a lane."""
    return [Record(row[0], lane, *row[1:]) for row in db.execute(_BETWEEN[lane], (first_n, last_n))]


def forget(db: sqlite3.Connection, lane: int, first_n: int, last_n: int) -> int:
    """Delete the records first_n ... last_n of a lane; return how many there were."""
    return db.execute(_DELETE[lane], (first_n, last_n)).rowcount


def extent(db: sqlite3.Connection, lane: int) -> tuple[int, int]:
    """How many records a lane has, and its last n. A long lane is not counted: its ends say enough."""
    first, last = db.execute(_ENDS[lane]).fetchone()
    if last is None:
        return 0, 0
    if last - first < _COUNTED:
        (count,) = db.execute(_COUNT[lane]).fetchone()
        return count, last
    return last - first + 1, last


# ---- what is remembered of pendants


def remember(db: sqlite3.Connection, sender: bytes, boot: int, seq: int) -> bool:
    """Note an event's number; False if it was noted before."""
    row = db.execute("SELECT upto, early FROM seen WHERE sender = ? AND boot = ?", (sender, boot)).fetchone()
    if row is None:
        _forget_old_boots(db, sender)
    upto, early = (0, b"") if row is None else row
    numbers = numbers_ahead(early)
    if seq <= upto or seq in numbers:
        return False
    numbers.add(seq)
    _put_seen(db, sender, boot, upto, numbers)
    return True


def _put_seen(db: sqlite3.Connection, sender: bytes, boot: int, upto: int, numbers: set[int]) -> None:
    while len(numbers) > MOST_EARLY:
        numbers.remove(min(numbers))  # a late repeat of it may ring twice; the hole may still be filled
    while upto + 1 in numbers:
        upto += 1
    packed = b"".join(number.to_bytes(3, "big") for number in sorted(numbers) if number > upto)
    db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?)", (sender, boot, upto, packed))


def numbers_ahead(early: bytes) -> set[int]:
    """The numbers in `early`."""
    return {int.from_bytes(early[at : at + 3], "big") for at in range(0, len(early), 3)}


def merge_memory(db: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Add what another store remembered; where both know something the newer or the greater of the two counts."""
    if table == "seen":
        for sender, boot, upto, early in rows:
            _merge_seen(db, sender, boot, upto, early)
    elif table == "heard":
        for sender, boot, counter in rows:
            note_frame(db, sender, boot, counter)
    elif rows:
        marks = ", ".join("?" * len(rows[0]))
        db.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)  # noqa: S608
    if table == case_tables.TABLES[-1]:
        case_tables.mend(db)


def _merge_seen(db: sqlite3.Connection, sender: bytes, boot: int, upto: int, early: bytes) -> None:
    row = db.execute("SELECT upto, early FROM seen WHERE sender = ? AND boot = ?", (sender, boot)).fetchone()
    ours = (0, b"") if row is None else row
    numbers = numbers_ahead(early) | numbers_ahead(ours[1])
    _put_seen(db, sender, boot, max(upto, ours[0]), numbers)


def is_known(db: sqlite3.Connection, sender: bytes, boot: int, seq: int) -> bool:
    """Whether an event with this id was ever stored here (and its boot is still remembered)."""
    row = db.execute("SELECT upto, early FROM seen WHERE sender = ? AND boot = ?", (sender, boot)).fetchone()
    if row is None:
        return False
    upto, early = row
    return seq <= upto or seq in numbers_ahead(early)


def _forget_old_boots(db: sqlite3.Connection, sender: bytes) -> None:
    # Room for the one that is coming.
    db.execute(
        "DELETE FROM seen WHERE sender = ? AND boot <="
        " (SELECT boot FROM seen WHERE sender = ? ORDER BY boot DESC LIMIT 1 OFFSET ?)",
        (sender, sender, BOOTS_REMEMBERED - 1),
    )


def note_frame(db: sqlite3.Connection, sender: bytes, boot: int, counter: int) -> None:
    """Note the newest frame of a pendant; an older one changes nothing."""
    db.execute(
        "INSERT INTO heard VALUES (?, ?, ?) ON CONFLICT (sender) DO UPDATE SET boot = excluded.boot,"
        " counter = excluded.counter WHERE (excluded.boot, excluded.counter) > (boot, counter)",
        (sender, boot, counter),
    )


def newest_frames(db: sqlite3.Connection) -> dict[bytes, tuple[int, int]]:
    """Boot and counter of the newest frame of each pendant."""
    return {sender: (boot, counter) for sender, boot, counter in db.execute("SELECT * FROM heard")}


# ---- answers and commands


def put_answer(db: sqlite3.Connection, answer: Answer) -> None:
    """Keep an answer until it is felt; a later one about the same alarm and stage replaces it."""
    db.execute("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?, ?)", answer)


def note_felt(db: sqlite3.Connection, record: Record) -> None:
    """If the record says that a wearer has felt an answer: that answer need not wait any more, nor be given again."""
    if record.kind != words.EVENT:
        return
    event = gateway_frames.unpack_event(record.body)
    if event.code != words.ANSWER_FELT:
        return
    about = (record.sender, event.ref_boot, event.ref_seq, event.arg)
    db.execute("DELETE FROM answer WHERE pendant = ? AND boot = ? AND seq = ? AND stage <= ?", about)
    db.execute("INSERT INTO felt (pendant, boot, seq, stage) VALUES (?, ?, ?, ?)", about)
    db.execute("DELETE FROM felt WHERE n <= (SELECT max(n) FROM felt) - ?", (COMMANDS_REMEMBERED,))


def is_felt(db: sqlite3.Connection, pendant: bytes, boot: int, seq: int, stage: int) -> bool:
    """Whether the wearer has felt this stage for that alarm; a pendant says so once only."""
    return (
        db.execute(
            "SELECT 1 FROM felt WHERE pendant = ? AND boot = ? AND seq = ? AND stage >= ?", (pendant, boot, seq, stage)
        ).fetchone()
        is not None
    )


def drop_old_answers(db: sqlite3.Connection, switch_on: int, now_ms: int, keep_ms: int) -> list[Answer]:
    """Let go of answers that nobody has felt for so long; those of an earlier switching-on count from this one on."""
    old = (switch_on, now_ms - keep_ms, switch_on, now_ms >= keep_ms)
    where = "(switch_on = ? AND given_ms < ?) OR (switch_on != ? AND ?)"
    dropped = [Answer(*row) for row in db.execute(f"SELECT * FROM answer WHERE {where}", old)]  # noqa: S608
    db.execute(f"DELETE FROM answer WHERE {where}", old)  # noqa: S608
    return dropped


def answers(db: sqlite3.Connection) -> list[Answer]:
    """All answers not felt yet."""
    return [Answer(*row) for row in db.execute("SELECT * FROM answer")]


def finish_command(db: sqlite3.Connection, command: str, reply: str) -> None:
    """Note what a command was replied, so that the same command gets the same reply."""
    db.execute("INSERT OR IGNORE INTO command (id, reply) VALUES (?, ?)", (command, reply))
    db.execute("DELETE FROM command WHERE n <= (SELECT max(n) FROM command) - ?", (COMMANDS_REMEMBERED,))


def reply_to(db: sqlite3.Connection, command: str) -> str | None:
    """What a command was replied before; None if it is new."""
    row = db.execute("SELECT reply FROM command WHERE id = ?", (command,)).fetchone()
    return None if row is None else str(row[0])


# ---- dates


def put_offset(db: sqlite3.Connection, switch_on: int, offset_ms: int) -> None:
    """Note what dates the stamps of a switching-on."""
    db.execute("UPDATE switch_on SET offset_ms = ? WHERE n = ?", (offset_ms, switch_on))


def offsets(db: sqlite3.Connection) -> dict[int, int]:
    """What dates the stamps of each switching-on in which the time became known, in ms."""
    return {n: offset for n, offset in db.execute("SELECT n, offset_ms FROM switch_on") if offset is not None}
