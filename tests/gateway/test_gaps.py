"""A hole in a pendant's numbers is reported once, when it has stayed too long."""

from gateway import gaps, tables

P = b"pppppp"


def came(db, *numbers):
    """Events with these numbers were stored."""
    for number in numbers:
        tables.remember(db, P, 1, number)


def test_a_hole_is_found_and_no_more_once_it_is_reported(db):
    """3 and 4 are missing between 1, 2 and 5; reported; later 7 is missing too."""
    came(db, 1, 2, 5, 6)

    assert gaps.find(db) == [gaps.Gap(P, 1, (3, 4))]
    gaps.note_reported(db, gaps.find(db)[0])
    assert gaps.find(db) == []
    came(db, 8)
    assert gaps.find(db) == [gaps.Gap(P, 1, (7,))]


def test_what_a_full_disk_refused_of_our_own_is_no_pendant_s_loss(db):
    """The gateway numbers what it says before that is stored: nobody else could have heard what is missing."""
    own = tables.begin_run(db, "os-1").gateway
    for number in (1, 5):
        tables.remember(db, own, 1, number)

    assert gaps.find(db) == []


def test_no_hole_no_report(db):
    """Numbers without holes, in any order."""
    came(db, 3, 1, 2)

    assert gaps.find(db) == []


def test_a_hole_that_is_filled_in_time_is_none(db):
    """What is repeated a minute later was never lost."""
    watch = gaps.Watch()
    came(db, 2)

    assert watch.ripe(gaps.find(db), 0) == []
    came(db, 1)
    assert watch.ripe(gaps.find(db), gaps.REPORT_AFTER_MS) == []


def test_only_what_has_been_missing_long_enough_is_ripe(db):
    """Each number waits for itself."""
    watch = gaps.Watch()
    came(db, 2)
    watch.ripe(gaps.find(db), 0)
    came(db, 4)
    watch.ripe(gaps.find(db), 1_000)

    (ripe,) = watch.ripe(gaps.find(db), gaps.REPORT_AFTER_MS)
    assert ripe.missing == (1,)
    assert gaps.describe(ripe) == {"boot": 1, "count": 1, "missing": [1]}
