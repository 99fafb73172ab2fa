"""The books: what is lost, invented or out of order is seen; what balances is left in peace."""

from hil_tests.soak.ledger import Ledger
from hil_tests.soak.reckoning import CALL, CONFIRMED, FALL, Book, misordered, reckon, surely
from tools.home.feelings import Felt

A = "7c9ebd000001"


def book(**changes):
    """One call and one fall, both felt."""
    told = {"felt_sent_s": [10.0], "felt_fallen_s": [50.0], "holds_s": [7.0], "falls_s": [48.0], "cuts_s": []}
    return Book(A, **{**told, **changes})


ARRIVED = {CALL: [f"{A}-1-2"], FALL: [f"{A}-1-3"]}


def test_books_that_balance():
    """Nothing to say."""
    verdict = reckon([book()], ARRIVED, [("stored", "x"), ("acknowledged", "x")], [])

    assert verdict.is_good
    assert (verdict.calls, verdict.falls) == (1, 1)


def test_what_was_felt_and_never_came_is_lost():
    """A call, a fall, a number that was never heard."""
    verdict = reckon([book()], {}, [], [f"{A}-1-4"])

    assert len(verdict.lost) == 3
    assert "1 messages felt" in verdict.lost[1]


def test_what_was_played_too_late_is_no_debt():
    """It is neither taken for a message nor held against the platform."""
    felt = [Felt(1.0, "sent", (700,), 20), Felt(2.0, "sent", (690,), 480), Felt(3.0, "stored", (90, 110, 90), 0)]

    assert surely(felt, "sent") == [1.0]


def test_a_confirmed_fall_is_felt_as_sent_too():
    """So it counts beside the calls."""
    arrived = {**ARRIVED, CONFIRMED: [f"{A}-1-4"]}

    assert reckon([book(felt_sent_s=[10.0, 70.0])], arrived, [], []).is_good
    assert not reckon([book(felt_sent_s=[10.0, 70.0])], ARRIVED, [], []).is_good


def test_what_the_power_took_in_the_same_moment_is_unsure():
    """Not lost; a second and a half later it would be."""
    near = reckon([book(cuts_s=[10.5])], {FALL: ARRIVED[FALL]}, [], [])
    far = reckon([book(cuts_s=[12.0])], {FALL: ARRIVED[FALL]}, [], [])

    assert near.is_good
    assert near.open == 1
    assert not far.is_good


def test_more_than_was_caused_is_invented():
    """A call without a hold, a fall without a blow; another pendant's are not ours."""
    arrived = {CALL: [*ARRIVED[CALL], f"{A}-1-9"], FALL: [*ARRIVED[FALL], "7c9ebd000002-1-1"]}

    assert reckon([book()], arrived, [], []).invented == [f"{A}: 2 calls arrived, 1 were caused"]


def test_an_acknowledgement_before_the_store_is_out_of_order():
    """Also when the event is stored afterwards; a repeat was stored in an earlier life."""
    steps = [("acknowledged", "a"), ("stored", "a"), ("repeated", "b"), ("acknowledged", "b")]

    assert misordered(steps) == ["a was acknowledged before it was stored"]


def test_the_ledger_is_on_disk_at_once(tmp_path):
    """A run that dies leaves its book."""
    ledger = Ledger(tmp_path / "l.jsonl")
    ledger.note(1.0, A, "hold")
    ledger.note(2.0, "gateway", "killed")

    assert (tmp_path / "l.jsonl").read_text("utf-8").count("\n") == 2
    assert [deed.at_s for deed in ledger.of(A, "hold")] == [1.0]
    ledger.close()
