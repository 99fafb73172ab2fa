"""Without this file a restart would forget which alarms are open, who has answered them, and what became of them.

The SQL of the book of cases. What an alarm changes here is written in the transaction that stores the alarm itself.
Nothing here commits, as in tables.py; steps carry stamps, not dates, as everything that is stored does.
"""

import sqlite3
import sys
from collections.abc import Iterable
from typing import Any, NamedTuple

from gateway.record import Record
from shared import frames, gateway_frames, word_names, words

SCHEMA = """
-- One alarm as people see it: a fall with all that was said about it, or one call.
CREATE TABLE IF NOT EXISTS alarm_case (
  id TEXT PRIMARY KEY, pendant BLOB NOT NULL, kind TEXT NOT NULL, service TEXT, state TEXT NOT NULL,
  answered_by TEXT, eta_s INTEGER, outcome TEXT, closed_by TEXT, is_filed INTEGER NOT NULL) WITHOUT ROWID;
-- Every event that belongs to one, and when the broker confirmed it, and the second broker if there is one.
CREATE TABLE IF NOT EXISTS case_event (
  event TEXT PRIMARY KEY, case_id TEXT NOT NULL, state TEXT NOT NULL, age_ms INTEGER, rssi_dbm INTEGER NOT NULL,
  switch_on INTEGER NOT NULL, heard_ms INTEGER NOT NULL, stored_ms INTEGER NOT NULL,
  confirmed_on INTEGER, confirmed_ms INTEGER, second_on INTEGER, second_ms INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS case_event_of ON case_event (case_id);
-- What else was done about it.
CREATE TABLE IF NOT EXISTS case_step (
  case_id TEXT, name TEXT, detail TEXT, by TEXT NOT NULL, switch_on INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  PRIMARY KEY (case_id, name, detail)) WITHOUT ROWID;
"""
TABLES = ("alarm_case", "case_event", "case_step")

FALL, HELP = "fall", "help"
SUSPECTED, CONFIRMED, CANCELLED, RECOVERED, REQUESTED = "suspected", "confirmed", "cancelled", "recovered", "requested"
STATES = {
    words.FALL_SUSPECTED: SUSPECTED,
    words.FALL_CONFIRMED: CONFIRMED,
    words.FALL_CANCELLED: CANCELLED,
    words.FALL_RECOVERED: RECOVERED,
    words.HELP_REQUESTED: REQUESTED,
}
# Whatever order they arrive in: how it ended outranks that it began, and "still down" outranks everything.
_RANKS = {SUSPECTED: 0, REQUESTED: 0, CANCELLED: 1, RECOVERED: 1, CONFIRMED: 2}
_MOST_AT_ONCE = 500  # values in one statement


class CaseRow(NamedTuple):
    """A row of alarm_case."""

    id: str
    pendant: bytes
    kind: str
    service: str | None
    state: str
    answered_by: str | None
    eta_s: int | None
    outcome: str | None
    closed_by: str | None
    is_filed: int


class EventRow(NamedTuple):
    """A row of case_event."""

    event: str
    case_id: str
    state: str
    age_ms: int | None
    rssi_dbm: int
    switch_on: int
    heard_ms: int
    stored_ms: int
    confirmed_on: int | None
    confirmed_ms: int | None
    second_on: int | None
    second_ms: int | None


class StepRow(NamedTuple):
    """A row of case_step."""

    case_id: str
    name: str
    detail: str
    by: str
    switch_on: int
    at_ms: int


class Rows(NamedTuple):
    """All that is known of one case."""

    case: CaseRow
    events: tuple[EventRow, ...]
    steps: tuple[StepRow, ...]


# ---- what events change


def note(db: sqlite3.Connection, record: Record) -> None:
    """If the record belongs to a case: open it, or bring it on. Must never be the reason that an alarm is refused."""
    if record.kind not in (words.ALARM, words.EVENT):
        return
    try:
        event = gateway_frames.unpack_event(record.body)
    except frames.FrameError:
        return
    if event.code in STATES:
        _note_alarm(db, record, event)
    elif event.code == words.ANSWER_FELT:
        _note_felt(db, record, event)


def case_id_of(sender: bytes, event: frames.Event) -> str:
    """The case an alarm belongs to: that of the fall it refers to, or its own."""
    if event.code != words.HELP_REQUESTED and event.ref_seq:
        return str(gateway_frames.event_id(sender, event.ref_boot, event.ref_seq))
    return str(gateway_frames.event_id(sender, event.boot, event.seq))


def _note_alarm(db: sqlite3.Connection, record: Record, event: frames.Event) -> None:
    case_id, state = case_id_of(record.sender, event), STATES[event.code]
    is_help = event.code == words.HELP_REQUESTED
    service = word_names.SERVICE_NAMES[event.arg] if is_help and event.arg < len(word_names.SERVICE_NAMES) else None
    row = (case_id, record.sender, HELP if is_help else FALL, service, state)
    db.execute("INSERT OR IGNORE INTO alarm_case VALUES (?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, 1)", row)
    if case_id != record.event_id:
        (known,) = db.execute("SELECT state FROM alarm_case WHERE id = ?", (case_id,)).fetchone()
        if _RANKS[state] > _RANKS[known]:
            db.execute("UPDATE alarm_case SET state = ? WHERE id = ?", (state, case_id))
    age_ms = None if event.age_ms == frames.AGE_UNKNOWN else event.age_ms
    db.execute(
        "INSERT OR IGNORE INTO case_event VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL)",
        (record.event_id, case_id, state, age_ms, record.rssi_dbm, record.switch_on, record.heard_ms, record.stored_ms),
    )


def _note_felt(db: sqlite3.Connection, record: Record, event: frames.Event) -> None:
    case_id = case_of(db, gateway_frames.event_id(record.sender, event.ref_boot, event.ref_seq))
    if case_id:
        name = "felt" if event.arg == words.ANSWERED else "delivered"
        put_step(db, StepRow(case_id, name, "", "", record.switch_on, record.heard_ms))


def note_confirmed(db: sqlite3.Connection, event: str, switch_on: int, at_ms: int) -> None:
    """The broker has this alarm; the first time counts."""
    db.execute(
        "UPDATE case_event SET confirmed_on = ?, confirmed_ms = ? WHERE event = ? AND confirmed_on IS NULL",
        (switch_on, at_ms, event),
    )
    db.execute(
        "DELETE FROM case_event WHERE event = ? AND NOT EXISTS (SELECT 1 FROM alarm_case WHERE id = case_id)", (event,)
    )


def note_second(db: sqlite3.Connection, event: str, switch_on: int, at_ms: int) -> None:
    """The second broker has this alarm; the first time counts."""
    db.execute(
        "UPDATE case_event SET second_on = ?, second_ms = ? WHERE event = ? AND second_on IS NULL",
        (switch_on, at_ms, event),
    )


def adopt(db: sqlite3.Connection, alarms: Iterable[Record]) -> None:
    """Open cases for alarms that wait in the store and have none: stored by an earlier version, or salvaged."""
    for record in alarms:
        if case_of(db, record.event_id) is None:
            note(db, record)


def mend(db: sqlite3.Connection) -> None:
    """After a salvage: a case that was opened anew meanwhile learns from its old steps who answered and closed it."""
    db.execute(
        "UPDATE alarm_case SET answered_by = (SELECT by FROM case_step WHERE case_id = id AND name = 'answered')"
        " WHERE answered_by IS NULL"
    )
    db.execute(
        "UPDATE alarm_case SET (outcome, closed_by) = (SELECT detail, by FROM case_step"
        " WHERE case_id = id AND name = 'outcome' ORDER BY switch_on DESC, at_ms DESC LIMIT 1) WHERE outcome IS NULL"
    )


# ---- what people change


def put_step(db: sqlite3.Connection, step: StepRow) -> None:
    """Note a step; the first time counts."""
    db.execute("INSERT OR IGNORE INTO case_step VALUES (?, ?, ?, ?, ?, ?)", step)


def put_answer(db: sqlite3.Connection, step: StepRow, eta_s: int | None) -> None:
    """Note who was the first to answer. Ask `one` before: this overwrites."""
    db.execute("UPDATE alarm_case SET answered_by = ?, eta_s = ? WHERE id = ?", (step.by, eta_s, step.case_id))
    put_step(db, step)


def put_outcome(db: sqlite3.Connection, step: StepRow) -> None:
    """Close a case; step.detail is the outcome. A later outcome corrects an earlier one."""
    closed = (step.detail, step.by, step.case_id)
    db.execute("UPDATE alarm_case SET outcome = ?, closed_by = ?, is_filed = 0 WHERE id = ?", closed)
    db.execute("INSERT OR REPLACE INTO case_step VALUES (?, ?, ?, ?, ?, ?)", step)  # said again it is the last word


def note_filed(db: sqlite3.Connection, filed: list[tuple[str, str | None]]) -> None:
    """These outcomes of these cases stand in the file of outcomes; one that was corrected meanwhile does not."""
    db.executemany("UPDATE alarm_case SET is_filed = 1 WHERE id = ? AND outcome = ?", filed)


def drop(db: sqlite3.Connection, ids: list[str]) -> None:
    """Forget these cases. An alarm that still waits stays known as one that had its case: else `adopt` rings again."""
    named = [(case_id,) for case_id in ids]
    db.executemany("DELETE FROM alarm_case WHERE id = ?", named)
    db.executemany("DELETE FROM case_event WHERE case_id = ? AND confirmed_on IS NOT NULL", named)
    db.executemany("DELETE FROM case_step WHERE case_id = ?", named)


# ---- reading


def case_of(db: sqlite3.Connection, event: str) -> str | None:
    """The id of the case that an event belongs to; a case's own id is that of its first event, heard or not."""
    row = db.execute("SELECT case_id FROM case_event WHERE event = ?", (event,)).fetchone()
    row = row or db.execute("SELECT id FROM alarm_case WHERE id = ?", (event,)).fetchone()
    return str(row[0]) if row else None


def one(db: sqlite3.Connection, event: str) -> Rows | None:
    """The case that an event belongs to; None if there is none."""
    case_id = case_of(db, event)
    return next(iter(read(db, [case_id])), None) if case_id else None


def every(db: sqlite3.Connection) -> list[Rows]:
    """All cases."""
    return read(db, [str(row[0]) for row in db.execute("SELECT id FROM alarm_case")])


def about(db: sqlite3.Connection, events: list[str]) -> list[Rows]:
    """The cases that these events belong to."""
    return read(db, list(dict.fromkeys(case_id for event in events if (case_id := case_of(db, event)))))


def read(db: sqlite3.Connection, ids: list[str]) -> list[Rows]:
    """These cases, as far as they are there."""
    found: list[Rows] = []
    for start in range(0, len(ids), _MOST_AT_ONCE):
        some = ids[start : start + _MOST_AT_ONCE]
        marks = ", ".join("?" * len(some))
        events = _by_case(db.execute(f"SELECT * FROM case_event WHERE case_id IN ({marks})", some), EventRow, 1)  # noqa: S608
        steps = _by_case(db.execute(f"SELECT * FROM case_step WHERE case_id IN ({marks})", some), StepRow, 0)  # noqa: S608
        cases = db.execute(f"SELECT * FROM alarm_case WHERE id IN ({marks})", some)  # noqa: S608
        found += [
            Rows(CaseRow(*_shared(row)), tuple(events.get(row[0], ())), tuple(steps.get(row[0], ()))) for row in cases
        ]
    return found


def _by_case(rows: Iterable[tuple[Any, ...]], make: Any, key: int) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row[key], []).append(make(*_shared(row)))
    return grouped


def _shared(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same words stand in thousands of rows: once in memory is enough."""
    return tuple(sys.intern(value) if isinstance(value, str) else value for value in row)
