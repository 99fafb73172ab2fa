"""What was said, acknowledged and arrived: counted in one way, for the drill and for the soak."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gateway.drill.ledger import MOST_NAMED, Ledger


def test_all_is_well_when_all_has_arrived():
    """The longest delay counts from the first time it was said to the first arrival."""
    ledger = Ledger()
    for name, said_s, arrived_s in ((b"a", 1.0, 1.5), (b"b", 2.0, 9.25)):
        ledger.say(name, said_s)
        ledger.say(name, said_s + 0.1)
        ledger.ack(name, said_s + 0.2)
        ledger.arrive(name, arrived_s)
    ledger.arrive(b"b", 20.0)
    balance = ledger.balance()

    assert balance.is_well
    assert (balance.said, balance.arrived, balance.repeated, balance.longest_delay_s) == (2, 2, 1, 7.25)


def test_lost_is_acknowledged_and_nowhere():
    """Not what is still in the store, and not what its pendant still repeats."""
    ledger = Ledger()
    for name in (b"lost", b"kept", b"unheard"):
        ledger.say(name, 0.0)
    ledger.ack(b"lost", 1.0)
    ledger.ack(b"kept", 1.0)
    balance = ledger.balance(frozenset({b"kept"}))

    assert (balance.lost, balance.kept, balance.unacknowledged, balance.names_of_lost) == (1, 1, 1, ("lost",))
    assert not balance.is_well
    assert balance.longest_delay_s is None


names = st.sampled_from([bytes([n]) for n in range(97, 117)])


@given(st.sets(names), st.sets(names), st.lists(names), st.sets(names))
def test_the_columns_add_up(said, acked, arrivals, kept):
    """Whatever happens: acknowledged is arrived, kept or lost."""
    ledger = Ledger(
        dict.fromkeys(said, 0.0), dict.fromkeys(acked, 1.0), dict.fromkeys(arrivals, 2.0), Counter(arrivals)
    )
    balance = ledger.balance(frozenset(kept))

    assert balance.acknowledged == balance.arrived + balance.kept + balance.lost
    assert balance.repeated == len(arrivals) - len(set(arrivals))
    assert len(balance.names_of_lost) == min(balance.lost, MOST_NAMED)
    assert balance.is_well == (acked <= set(arrivals) and said <= acked)
