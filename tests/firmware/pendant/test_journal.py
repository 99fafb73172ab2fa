"""The journal on a file system that works; tests/on_micropython/ takes its power away."""

import pytest

from firmware.pendant.journal import Entry, Journal


@pytest.fixture(autouse=True)
def flash(tmp_path, monkeypatch):
    """An empty flash."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def entry(seq, code=1, boot=3):
    """An event with something in every field."""
    return Entry(boot, seq, code, 900, 2, (boot, 1), 2, 123_456_789_012)


def test_an_event_comes_back_as_it_was():
    """All of its fields, in the order in which they came."""
    journal = Journal()
    assert journal.add(entry(7))
    assert journal.add(entry(8, code=20))
    again = Journal().owed()

    assert [vars(one) for one in again] == [vars(entry(7)), vars(entry(8, code=20))]


def test_what_is_acknowledged_does_not_come_back():
    """And what was never owed is no error."""
    journal = Journal()
    journal.add(entry(7))
    journal.add(entry(8))

    assert journal.done(3, 7)
    assert not journal.done(3, 7)
    assert [one.id for one in Journal().owed()] == [(3, 8)]


def test_a_torn_record_is_skipped_and_counted(flash):
    """And the next one is written where it can be read."""
    Journal().add(entry(7))
    data = (flash / "journal").read_bytes()
    (flash / "journal").write_bytes(b"\x00rubbish" + data[:10] + data + data[:31])
    journal = Journal()
    assert journal.skipped_bytes == 8 + 10 + 31
    journal.add(entry(8))

    again = Journal()
    assert [one.id for one in again.owed()] == [(3, 7), (3, 8)]
    assert again.skipped_bytes == 0


@pytest.mark.parametrize("number", range(3))
def test_a_record_with_a_wrong_bit_is_no_event(flash, number):
    """Worn flash turns a bit: no call is invented, none of another kind or time; the two records beside it hold."""
    journal = Journal()
    for seq in (7, 8, 9):
        journal.add(entry(seq))
    data = (flash / "journal").read_bytes()
    size = len(data) // 3
    beside = [(3, seq) for seq in (7, 8, 9) if seq != 7 + number]
    for bit in range(8 * number * size, 8 * (number + 1) * size):
        spoilt = bytearray(data)
        spoilt[bit // 8] ^= 1 << bit % 8
        (flash / "journal").write_bytes(spoilt)

        assert [one.id for one in Journal().owed()] == beside


def test_the_file_stays_small(flash):
    """A thousand events later it is a block and a half at most."""
    journal = Journal()
    for seq in range(1, 1_001):
        journal.add(entry(seq))
        journal.done(3, seq)

    assert (flash / "journal").stat().st_size <= 6_144
    assert len(Journal()) == 0


def test_too_many_events_push_out_events_and_never_alarms():
    """Forty-eight are kept; an alarm finds room as long as one of them is none."""
    journal = Journal()
    for seq in range(1, 45):
        journal.add(entry(seq, code=1))
    for seq in range(45, 200):
        journal.add(entry(seq, code=20))
    for seq in range(200, 204):
        journal.add(entry(seq, code=5))
    codes = [one.code for one in Journal().owed()]

    assert (codes.count(1), codes.count(20), codes.count(5)) == (44, 0, 4)


def test_a_heap_full_of_alarms_takes_the_next_one(flash):
    """Weeks out of reach: the oldest go, the file stays small, and what is kept is the same after a start."""
    journal = Journal()
    for seq in range(1, 501):
        assert journal.add(entry(seq, code=1 + seq % 2))

    assert [one.seq for one in journal.owed()] == list(range(453, 501))
    assert [one.seq for one in Journal().owed()] == list(range(453, 501))
    assert (flash / "journal").stat().st_size <= 4_096


def test_what_flash_refused_it_gets_when_it_takes_something_again(flash):
    """Until then a sleep or a start would forget it."""
    (flash / "journal").mkdir()
    journal = Journal()
    assert not journal.add(entry(7))
    assert not journal.is_safe
    (flash / "journal").rmdir()
    assert journal.add(entry(8))

    assert journal.is_safe
    assert [one.seq for one in Journal().owed()] == [7, 8]


def test_nothing_owed_is_safe_whatever_flash_does(flash):
    """A pendant whose flash is dead and whose gateway hears it may sleep."""
    (flash / "journal").mkdir()
    journal = Journal()
    journal.add(entry(7))
    assert journal.done(3, 7)

    assert journal.is_safe


def test_a_flash_that_refuses_is_said(flash):
    """The event lives in RAM then, and is sent from there."""
    journal = Journal(path="no/such/folder", new_path="no/such/new")

    assert journal.add(entry(7)) is False
    assert [one.id for one in journal.owed()] == [(3, 7)]
