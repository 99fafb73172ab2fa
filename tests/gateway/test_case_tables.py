"""What an alarm changes in the book stands in the same transaction as the alarm, in whatever order things arrive."""

import itertools
import sqlite3

import pytest

from gateway import case_tables, tables
from gateway.record import ALARM, EVENT, Record
from shared import frames, words

P = b"pppppp"
NAME = "707070707070-1-1"


@pytest.fixture
def db():
    """An empty store's tables."""
    made = sqlite3.connect(":memory:")
    tables.create(made)
    yield made
    made.close()


def record(code, seq=1, ref=0, arg=0, age_ms=500):
    """An event of a pendant, as it is stored."""
    body = frames.pack_event(frames.Event(1, seq, code, age_ms, 0, 1, arg, 1 if ref else 0, ref))
    is_alarm = code in words.ALARM_CODES
    kind = words.ALARM if is_alarm else words.EVENT
    return Record(seq, ALARM if is_alarm else EVENT, P, 1, seq, kind, body, -50 - seq, 1, 1_000 * seq, 1_000 * seq + 5)


FALL = [
    record(words.FALL_SUSPECTED),
    record(words.FALL_SUSPECTED, 2, ref=1),
    record(words.FALL_CONFIRMED, 3, ref=1),
    record(words.ANSWER_FELT, 4, ref=3, arg=words.ANSWERED),
]


@pytest.mark.parametrize("order", list(itertools.permutations(FALL[:3])))
def test_all_that_is_said_about_one_fall_is_one_case_in_any_order(db, order):
    """The suspicion, a second one in its countdown, and the end: one case, confirmed, under the first one's id."""
    for one in order:
        case_tables.note(db, one)

    (rows,) = case_tables.every(db)
    assert (rows.case.id, rows.case.kind, rows.case.state, rows.case.service) == (NAME, "fall", "confirmed", None)
    assert {event.event for event in rows.events} == {one.event_id for one in order}


@pytest.mark.parametrize(("code", "state"), [(words.FALL_CANCELLED, "cancelled"), (words.FALL_RECOVERED, "recovered")])
def test_how_it_ended_outranks_that_it_began(db, code, state):
    """Also when the beginning arrives last."""
    case_tables.note(db, record(code, 3, ref=1))
    case_tables.note(db, record(words.FALL_SUSPECTED))

    assert case_tables.every(db)[0].case.state == state


def test_still_down_outranks_everything(db):
    """A confirmed fall is never closed by a word that should not have come."""
    for one in (FALL[0], FALL[2], record(words.FALL_CANCELLED, 4, ref=1)):
        case_tables.note(db, one)

    assert case_tables.every(db)[0].case.state == "confirmed"


def test_an_answer_that_was_felt_finds_its_case_by_any_of_its_events(db):
    """Felt for the confirmed fall; delivered for the suspected one."""
    for one in [*FALL, record(words.ANSWER_FELT, 5, ref=1, arg=words.DELIVERED), record(words.ANSWER_FELT, 6, ref=99)]:
        case_tables.note(db, one)

    (rows,) = case_tables.every(db)
    assert [(step.name, step.at_ms) for step in rows.steps] == [("delivered", 5_000), ("felt", 4_000)]


def test_a_call_names_its_service(db):
    """And a number that no service has is no reason to refuse it."""
    case_tables.note(db, record(words.HELP_REQUESTED, arg=words.MEALS))
    case_tables.note(db, record(words.HELP_REQUESTED, 2, arg=200))

    assert [(rows.case.kind, rows.case.service) for rows in case_tables.every(db)] == [
        ("help", "meals"),
        ("help", None),
    ]


def test_what_is_no_alarm_or_no_event_changes_nothing(db):
    """Beats, own events, rubbish: none raises, none opens a case."""
    for kind, body in ((words.BEAT, b""), (0, b"{}"), (words.ALARM, b"rubbish"), (words.ALARM, bytes(21))):
        case_tables.note(db, FALL[0]._replace(kind=kind, body=body))
    case_tables.note(db, record(words.BATTERY_LOW))

    assert case_tables.every(db) == []


def test_a_broker_confirms_each_event_once(db):
    """The first time counts; what is not known is nothing."""
    case_tables.note(db, FALL[0])
    for at_ms in (50, 90):
        case_tables.note_confirmed(db, NAME, 1, at_ms)
    case_tables.note_confirmed(db, "ffffffffffff-1-1", 1, 50)

    assert case_tables.one(db, NAME).events[0].confirmed_ms == 50


def test_what_waits_without_a_case_gets_one(db):
    """An upgrade with alarms in the store; those that have a case keep it."""
    case_tables.note(db, FALL[0])
    case_tables.adopt(db, [FALL[0], record(words.HELP_REQUESTED, 7)])

    assert [rows.case.id for rows in case_tables.every(db)] == [NAME, "707070707070-1-7"]


def test_a_salvaged_case_keeps_who_answered_it(db):
    """The file was damaged between two words about one fall: what the old one knew comes back."""
    case_tables.note(db, FALL[2])  # in the new file
    old = sqlite3.connect(":memory:")
    tables.create(old)
    case_tables.note(old, FALL[0])
    case_tables.put_answer(old, case_tables.StepRow(NAME, "answered", "station", "anna", 1, 2_000), 60)
    case_tables.put_outcome(old, case_tables.StepRow(NAME, "outcome", "false", "anna", 1, 3_000))
    case_tables.put_outcome(old, case_tables.StepRow(NAME, "outcome", "true", "bo", 1, 4_000))
    for table in case_tables.TABLES:
        tables.merge_memory(db, table, old.execute(f"SELECT * FROM {table}").fetchall())
    old.close()

    (rows,) = case_tables.every(db)
    assert (rows.case.state, rows.case.answered_by, rows.case.outcome, rows.case.closed_by) == (
        "confirmed", "anna", "true", "bo",
    )  # fmt: skip
    assert len(rows.events) == 2


def test_an_outcome_that_is_taken_back_and_given_again_is_the_last_word(db):
    """On the timeline too, from which a salvage learns it."""
    case_tables.note(db, FALL[0])
    for at_ms, outcome in enumerate(("true", "false", "true"), 2_000):
        case_tables.put_outcome(db, case_tables.StepRow(NAME, "outcome", outcome, "anna", 1, at_ms))

    assert [(step.detail, step.at_ms) for step in case_tables.one(db, NAME).steps] == [
        ("false", 2_001),
        ("true", 2_002),
    ]


def test_an_alarm_whose_case_was_dropped_does_not_ring_again(db):
    """Closed at home and dropped after a month, while the platform was away all the time: no start opens it anew.

    Once the broker has it nothing of it is left.
    """
    for one in FALL[:3]:
        case_tables.note(db, one)
    case_tables.drop(db, [NAME])
    case_tables.adopt(db, FALL[:3])
    assert case_tables.every(db) == []
    assert case_tables.about(db, [one.event_id for one in FALL]) == []

    for one in FALL[:3]:
        case_tables.note_confirmed(db, one.event_id, 2, 50)
    assert db.execute("SELECT count(*) FROM case_event").fetchone() == (0,)


def test_a_dropped_case_leaves_nothing(db):
    """Its events and steps go with it, those of others stay."""
    for one in [*FALL, record(words.HELP_REQUESTED, 7)]:
        case_tables.note(db, one)
    for one in FALL[:3]:
        case_tables.note_confirmed(db, one.event_id, 1, 50)
    case_tables.drop(db, [NAME])

    assert [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in case_tables.TABLES] == [1, 1, 0]
    assert case_tables.about(db, [NAME, "x", "707070707070-1-7", "707070707070-1-7"]) == case_tables.every(db)
