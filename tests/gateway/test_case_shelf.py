"""Cases in memory: ordered in time without a date, found quickly, and dropped in the right order."""

from gateway.case_shelf import CaseShelf
from gateway.case_tables import Rows
from tests.gateway.test_case import case, dates, event


def shelf(*places, state="cancelled", **changes):
    """A shelf with a case at each place (switching-on, stamp), named by its number."""
    made = CaseShelf(dates())
    for number, (switch_on, heard_ms) in enumerate(places):
        row = case(state, id=str(number), **changes)
        made.put(Rows(row, (event(state, event=str(number), switch_on=switch_on, heard_ms=heard_ms),), ()))
    return made


def test_the_order_is_that_of_time_through_switching_on_and_off():
    """The oldest open one first, the newest of all first."""
    made = shelf((2, 500), (1, 90_000), (2, 100), state="confirmed")

    assert [one.id for one in made.open()] == ["1", "2", "0"]
    assert [one.id for one in made.newest(lambda rows: True, 2)] == ["0", "2"]
    assert [one.id for one in made.newest(lambda rows: rows.case.id != "0", 9)] == ["2", "1"]


def test_a_case_that_is_closed_is_open_no_more():
    """And the other way round: a correction never opens it, an answer does."""
    made = shelf((2, 1), state="confirmed")
    made.put(Rows(case("confirmed", id="0", outcome="true", is_filed=0), (event("confirmed"),), ()))

    assert made.open() == []
    assert [one.id for one in made.unfiled()] == ["0"]
    assert made.get("1") is None


def test_what_can_go_goes_oldest_first():
    """Beyond the number, or before the stamp; what is open or not filed stays."""
    made = shelf((2, 400), (2, 100), (2, 300), (2, 200))

    assert made.dispensable(3, 0) == ["1"]
    assert made.dispensable(9, 300) == ["1", "3"]
    assert made.dispensable(0, 0) == ["1", "3", "2", "0"]
    assert shelf((2, 1), state="confirmed").dispensable(0, 10**9) == []
    assert shelf((2, 1), is_filed=0).dispensable(0, 10**9) == []
    made.drop("1")
    assert made.dispensable(3, 0) == []
