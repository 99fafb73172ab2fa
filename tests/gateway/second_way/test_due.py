"""What is due of a case, moment by moment: the rules of escalation, without a clock."""

from dataclasses import replace

import pytest

from gateway.case import SIREN_OFF, SIREN_ON, Case, Step
from gateway.configuration.second_way import ModemConfig, SecondWayConfig, SirenConfig
from gateway.second_way.due import NOT_ANSWERED, NOT_CONFIRMED, due
from tests.gateway.running import broker_config

MODEM = ModemConfig("p", 9600, None, ("1",), "zh", ("rescue", "medical"), False, False, 20)
SIREN = SirenConfig(("/bin/true",), (), 5, 10, 30, ("rescue", "medical"))
ALL = SecondWayConfig(10, 30, None, MODEM, SIREN)
FALL = Case(
    "p-1-1", b"pppppp", "fall", None, "suspected", is_open=True, happened_unix_ms=None, heard_stamp_ms=1_000,
    rssi_dbm=-50, answered_by=None, answered_unix_ms=None, answered_via=None, eta_s=None, outcome=None, closed_by=None,
    is_late=False, waiting_since_ms=1_000, steps=(),
)  # fmt: skip


def found(case, now_ms, config=ALL):
    """(second broker, message, siren) at a moment."""
    return due(case, now_ms, config)[:3]


def test_after_ten_seconds_without_a_broker_everything_begins():
    """Not a moment before."""
    assert found(FALL, 10_999) == (False, False, "")
    assert found(FALL, 11_000) == (True, True, NOT_CONFIRMED)


def test_a_second_broker_gets_three_seconds_before_people_are_woken():
    """And none if it is not there."""
    config = replace(ALL, broker=broker_config(1))

    assert found(FALL, 11_000, config) == (True, False, "")
    assert found(FALL, 13_999, config) == (True, False, "")
    assert found(FALL, 14_000, config) == (True, True, NOT_CONFIRMED)


def test_after_thirty_seconds_without_an_answer_only_the_siren_sounds():
    """The broker has it: no message."""
    confirmed = replace(FALL, waiting_since_ms=None)

    assert found(confirmed, 30_999) == (False, False, "")
    assert found(confirmed, 31_000) == (False, False, NOT_ANSWERED)


def test_a_broker_that_comes_late_does_not_end_a_siren_that_sounds():
    """Nobody has answered yet: what fell silent at 15 s would not sound at 30 s."""
    confirmed = replace(FALL, waiting_since_ms=None, steps=(Step(None, 11_000, SIREN_ON, "", NOT_CONFIRMED),))

    assert found(confirmed, 15_000) == (False, False, NOT_CONFIRMED)
    assert found(confirmed, 31_000) == (False, False, NOT_ANSWERED)
    assert found(confirmed, 1_000 + 30 * 60_000) == (False, False, "")


@pytest.mark.parametrize(
    "change",
    [{"answered_by": "anna"}, {"is_open": False}, {"is_open": False, "state": "cancelled"}],
)
def test_whoever_is_cared_for_needs_no_second_way(change):
    """However long it waits for a broker; and it need not be looked at again."""
    assert due(replace(FALL, **change), 10**9, ALL) == (False, False, "", True)


def test_a_confirmed_word_that_waits_counts_from_itself():
    """The suspicion was delivered, then the broker went away: ten seconds from the confirmation."""
    case = replace(FALL, state="confirmed", heard_stamp_ms=1_000, waiting_since_ms=25_000)

    assert found(case, 30_999) == (False, False, "")
    assert found(case, 35_000) == (True, True, NOT_ANSWERED)


def test_not_every_service_wakes_people():
    """Each way names the calls that are worth it; falls always are, and so is a call that nobody can read."""
    meals = replace(FALL, kind="help", state="requested", service="meals")

    assert found(meals, 40_000) == (True, False, "")
    assert found(replace(meals, service="medical"), 40_000) == (True, True, NOT_ANSWERED)
    assert found(replace(meals, service=None), 40_000) == (True, True, NOT_ANSWERED)


def test_a_siren_that_was_silenced_or_has_sounded_long_enough_is_silent():
    """For this alarm, for good."""
    silenced = replace(FALL, steps=(Step(None, 20_000, SIREN_OFF, "anna", ""),))

    assert found(silenced, 40_000) == (True, True, "")
    assert found(FALL, 1_000 + 30 * 60_000) == (True, True, "")


def test_what_is_not_configured_is_not_due():
    """Nothing but the broker."""
    assert found(FALL, 10**9, SecondWayConfig()) == (True, False, "")


def test_a_case_is_settled_when_time_alone_can_change_nothing():
    """Confirmed, and no siren that might still sound."""
    confirmed = replace(FALL, waiting_since_ms=None)

    assert not due(FALL, 0, SecondWayConfig()).is_settled
    assert due(confirmed, 0, SecondWayConfig()).is_settled
    assert not due(confirmed, 0, ALL).is_settled
    assert due(confirmed, 10**9, ALL).is_settled
