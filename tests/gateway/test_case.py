"""A picture of a case: what is open, when it happened, and its steps in the order of time, across restarts."""

import pytest

from gateway.case import LATE_MS, Dates, picture
from gateway.case_tables import CaseRow, EventRow, Rows, StepRow

OFFSET_MS = 1_795_348_800_000


def case(state="suspected", **changes):
    """A row of a case."""
    kind = "help" if state == "requested" else "fall"
    return CaseRow("p-1-1", b"pppppp", kind, None, state, None, None, None, None, 1)._replace(**changes)


def event(state="suspected", **changes):
    """A row of an event, heard at 10 s of the second switching-on."""
    return EventRow("p-1-1", "p-1-1", state, 500, -60, 2, 10_000, 10_005, None, None, None, None)._replace(**changes)


def dates(offsets=None):
    """Of a machine that is switched on for the second time."""
    return Dates(2, ({2: OFFSET_MS} if offsets is None else offsets).get)


@pytest.mark.parametrize(
    ("row", "is_open"),
    [
        (case(), True),
        (case("confirmed"), True),
        (case("requested"), True),
        (case("cancelled"), False),
        (case("recovered"), False),
        (case("confirmed", answered_by="anna"), True),
        (case("cancelled", answered_by="anna"), True),  # somebody is on the way: they say how it ended
        (case("cancelled", answered_by="anna", outcome="false"), False),
        (case("requested", outcome="true"), False),
    ],
)
def test_open_is_what_a_person_must_care_for(row, is_open):
    """Until an outcome is given; a fall that was taken back before anybody set out closes by itself."""
    assert picture(Rows(row, (event(row.state),), ()), dates()).is_open == is_open


def test_the_timeline_is_in_the_order_of_time():
    """Every word of the pendant with its steps, then what people and machines did."""
    events = (
        event("confirmed", event="p-1-3", heard_ms=30_000, stored_ms=30_004),
        event(confirmed_on=2, confirmed_ms=10_100),
    )
    steps = (
        StepRow("p-1-1", "felt", "", "", 2, 41_000),
        StepRow("p-1-1", "answered", "station", "anna", 2, 40_000),
    )
    made = picture(Rows(case("confirmed", answered_by="anna", eta_s=60), events, steps), dates())

    assert [(step.name, step.detail) for step in made.steps] == [
        ("raised", "suspected"), ("heard", "suspected"), ("stored", "suspected"), ("confirmed-by-broker", "suspected"),
        ("raised", "confirmed"), ("heard", "confirmed"), ("stored", "confirmed"), ("answered", "station"), ("felt", ""),
    ]  # fmt: skip
    assert made.happened_unix_ms == OFFSET_MS + 9_500
    assert (made.answered_by, made.answered_via, made.eta_s) == ("anna", "station", 60)
    assert made.answered_unix_ms == OFFSET_MS + 40_000
    assert made.waiting_since_ms == 30_000  # the second word; the broker has the first


def test_a_case_of_an_earlier_switching_on_keeps_its_place_in_time():
    """With both dates known its stamps go on below 0; without them they were before 0, and nobody invents a date."""
    old = Rows(case(), (event(switch_on=1),), ())
    known = picture(old, dates({1: OFFSET_MS, 2: OFFSET_MS + 60_000}))
    unknown = picture(old, dates({2: OFFSET_MS}))

    assert (known.heard_stamp_ms, known.happened_unix_ms) == (-50_000, OFFSET_MS + 9_500)
    assert (unknown.heard_stamp_ms, unknown.happened_unix_ms) == (0, None)
    assert {step.at_unix_ms for step in unknown.steps} == {None}


@pytest.mark.parametrize(("age_ms", "is_late"), [(500, False), (LATE_MS, False), (LATE_MS + 1, True), (None, False)])
def test_a_call_that_took_long_is_marked_and_a_fall_never(age_ms, is_late):
    """A fall does not go stale; what nobody can date might be new."""
    call = picture(Rows(case("requested"), (event("requested", age_ms=age_ms),), ()), dates())
    fall = picture(Rows(case(), (event(age_ms=age_ms),), ()), dates())

    assert (call.is_late, fall.is_late) == (is_late, False)


def test_an_unknown_age_is_no_date():
    """The pendant lost its power meanwhile: when it happened nobody knows, when it was heard we do."""
    made = picture(Rows(case(), (event(age_ms=None),), ()), dates())

    assert made.happened_unix_ms is None
    assert [step.name for step in made.steps] == ["heard", "stored"]
