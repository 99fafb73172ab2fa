"""What the store remembers, as SQL does it."""

import random

import pytest

from gateway import tables
from gateway.record import ALARM, EVENT, TELEMETRY, Record
from shared import frames, words

P = b"pppppp"


def record(n=1, lane=ALARM, seq=1, boot=1, kind=words.ALARM, body=b"body"):
    """A record with that place and number."""
    return Record(n, lane, P, boot, seq, kind, body, -50, 1, 1000, 1001)


def test_an_id_is_stored_once(db):
    """The same id twice is one event, also after it was delivered and forgotten."""
    assert tables.insert(db, record())
    assert not tables.insert(db, record(n=2))
    assert tables.forget(db, ALARM, 1, 1) == 1

    assert not tables.insert(db, record(n=3))
    assert tables.claim(db, ALARM, 0, 10) == []


def test_records_come_back_as_they_went_in(db):
    """Claimed oldest first, behind a place."""
    for seq in (1, 2, 3):
        tables.insert(db, record(n=seq, seq=seq))

    assert tables.claim(db, ALARM, 1, 1) == [record(n=2, seq=2)]
    assert tables.extent(db, ALARM) == (3, 3)
    assert tables.extent(db, EVENT) == (0, 0)


def test_beats_need_no_memory(db):
    """A beat is stored, but its number is not remembered."""
    beat = record(lane=TELEMETRY, seq=frames.FIRST_BEAT_SEQ + 1, kind=words.BEAT)

    assert tables.insert(db, beat)
    assert not tables.is_known(db, P, 1, beat.seq)


def test_numbers_are_remembered_in_any_order(db):
    """Whatever the order of arrival: every number is new once and known ever after."""
    numbers = list(range(1, 200))
    random.Random(5).shuffle(numbers)

    assert all(tables.remember(db, P, 1, seq) for seq in numbers)
    assert not any(tables.remember(db, P, 1, seq) for seq in numbers)
    assert db.execute("SELECT upto, length(early) FROM seen").fetchone() == (199, 0)


def test_a_hole_that_is_filled_late_is_never_taken_for_known(db):
    """More events ahead of a hole than can be held: one of them may ring twice, the missing one is not lost."""
    for seq in range(2, 2 + tables.MOST_EARLY + 10):
        assert tables.remember(db, P, 1, seq)

    assert not tables.is_known(db, P, 1, 1)
    assert tables.remember(db, P, 1, 1)


def test_old_boots_are_let_go(db):
    """Memory is bounded: the newest boots of each pendant."""
    for boot in range(1, tables.BOOTS_REMEMBERED + 20):
        tables.remember(db, P, boot, 1)

    assert db.execute("SELECT count(*) FROM seen").fetchone()[0] == tables.BOOTS_REMEMBERED
    assert tables.is_known(db, P, tables.BOOTS_REMEMBERED + 19, 1)
    assert not tables.is_known(db, P, 1, 1)


def test_the_newest_frame_counts(db):
    """By boot first, by counter then; an older frame changes nothing."""
    for boot, counter in ((1, 5), (2, 1), (1, 9), (2, 0)):
        tables.note_frame(db, P, boot, counter)

    assert tables.newest_frames(db) == {P: (2, 1)}


def test_each_start_has_a_boot_of_its_own(db):
    """The gateway's id stays, the boot of its nonces rises, the switching-on is the machine's."""
    first, second = tables.begin_run(db, "os-1"), tables.begin_run(db, "os-1")
    third = tables.begin_run(db, "os-2")

    assert first.gateway == second.gateway == third.gateway
    assert (first.boot, second.boot, third.boot) == (1, 2, 3)
    assert first.switch_on == second.switch_on != third.switch_on


def test_a_run_out_boot_makes_a_new_gateway(db):
    """After sixteen million starts the id changes, and with it every key: no nonce comes again."""
    first = tables.begin_run(db, "os")
    db.execute("UPDATE self SET boot = ?", (frames.COUNTER_MOST,))
    second = tables.begin_run(db, "os")

    assert second.boot == 1
    assert second.gateway != first.gateway


def test_a_felt_answer_is_not_given_again(db):
    """The pendant says once that it has felt: from then on the answer is done with."""
    tables.put_answer(db, tables.Answer(P, 1, 1, words.ANSWERED, 60, "op", 1, 0))
    felt = frames.pack_event(frames.Event(1, 2, words.ANSWER_FELT, 0, 0, 1, words.ANSWERED, 1, 1))
    tables.note_felt(db, record(seq=2, kind=words.EVENT, body=felt))

    assert tables.answers(db) == []
    assert tables.is_felt(db, P, 1, 1, words.ANSWERED)
    assert tables.is_felt(db, P, 1, 1, words.DELIVERED)
    assert not tables.is_felt(db, P, 1, 2, words.ANSWERED)


def test_an_answer_that_nobody_felt_is_let_go_in_the_end(db):
    """By its stamp; one of an earlier switching-on when this one has lasted as long."""
    young, old, earlier = (
        tables.Answer(P, 1, seq, 2, 60, "op", switch, at) for seq, switch, at in ((1, 2, 900), (2, 2, 100), (3, 1, 990))
    )
    for one in (young, old, earlier):
        tables.put_answer(db, one)

    assert tables.drop_old_answers(db, 2, 1_000, 2_000) == []
    assert tables.drop_old_answers(db, 2, 1_000, 500) == [old, earlier]
    assert tables.answers(db) == [young]


def test_a_command_keeps_its_first_reply(db):
    """And only the last few thousand commands are remembered."""
    for number in range(tables.COMMANDS_REMEMBERED + 5):
        tables.finish_command(db, f"c{number}", f"r{number}")
    tables.finish_command(db, "c2004", "other")

    assert tables.reply_to(db, "c2004") == "r2004"
    assert tables.reply_to(db, "c0") is None


def test_a_file_of_the_future_is_not_touched(db):
    """A later format is refused, not misread."""
    db.execute("PRAGMA user_version = 99")

    with pytest.raises(ValueError, match="format 99"):
        tables.create(db)
