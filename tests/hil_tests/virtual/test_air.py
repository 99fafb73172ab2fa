"""The air carries, loses, doubles and mixes up frames as it was told, and the same way for the same seed."""

import threading

import pytest

from hil_tests.virtual import Air
from hil_tests.virtual.air import BROADCAST, Radio

_A, _B, _C = (bytes((2, 0, 0, 0, 0, n)) for n in range(3))


class _Ear:
    """Collects what a radio hears."""

    def __init__(self):
        self.heard = []
        self._come = threading.Condition()

    def __call__(self, sender, rssi_dbm, data):
        with self._come:
            self.heard.append((sender, rssi_dbm, data))
            self._come.notify_all()

    def wait_for(self, number, timeout_s=2):
        with self._come:
            assert self._come.wait_for(lambda: len(self.heard) >= number, timeout_s), self.heard


@pytest.fixture
def three():
    """An air, and three radios on channel 6."""
    with Air(seed=5) as air:
        ears = [_Ear(), _Ear(), _Ear()]
        radios = [Radio(air.address, mac, ear) for mac, ear in zip((_A, _B, _C), ears, strict=True)]
        for radio in radios:
            radio.tune(6)
        yield air, radios, ears
        for radio in radios:
            radio.close()


def test_a_broadcast_reaches_everybody_else_on_the_channel(three):
    """Not the sender, not another channel."""
    air, (a, _, c), ears = three
    c.tune(11)
    assert a.send(BROADCAST, b"hello")
    ears[1].wait_for(1)

    assert ears[1].heard == [(_A, -55, b"hello")]
    assert ears[0].heard == ears[2].heard == []
    assert air.record()[-1].reached == (_B,)


def test_a_unicast_is_answered_by_its_receiver_only(three):
    """send() is true when the one receiver was there, false when nobody is."""
    _, (a, _, _), ears = three

    assert a.send(_B, b"for you") is True
    assert a.send(b"\x02nobody"[:6], b"for nobody") is False
    ears[1].wait_for(1)
    assert ears[2].heard == []


def test_it_loses_the_share_it_was_told(three):
    """30 % of 1,000 is 300, give or take four standard deviations."""
    air, _, _ = three
    air.lose(0.3)
    reached = [air.inject(b"\x02other", b"x", channel=6, destination=_B) for _ in range(1000)]

    assert sum(not got for got in reached) == pytest.approx(300, abs=58)


def test_the_same_seed_loses_the_same_frames():
    """A run can be repeated."""

    def run(seed):
        with Air(seed=seed) as air:
            radio = Radio(air.address, _A, lambda *_: None)
            radio.tune(1)
            air.lose(0.5)
            reached = [bool(air.inject(_B, b"x", channel=1)) for _ in range(64)]
            radio.close()
            return reached

    assert run(1) == run(1) != run(2)


def test_one_link_can_be_bad(three):
    """Loss and RSSI belong to a direction between two addresses."""
    air, (a, _, _), ears = three
    air.set_link(_A, _B, loss=1)
    air.set_link(_A, _C, rssi_dbm=-90)
    a.send(BROADCAST, b"x")
    ears[2].wait_for(1)

    assert ears[1].heard == []
    assert ears[2].heard == [(_A, -90, b"x")]


def test_frames_can_come_twice_late_and_out_of_order(three):
    """Duplicates arrive, and jitter overtakes."""
    air, (a, _, _), ears = three
    air.set(duplicate=1, delay_s=0.02, jitter_s=0.05)
    for n in range(20):
        a.send(BROADCAST, bytes((n,)))
    ears[1].wait_for(40)

    numbers = [data[0] for _, _, data in ears[1].heard]
    assert sorted(numbers) == sorted([*range(20), *range(20)])
    assert numbers != sorted(numbers)
    assert air.counters.duplicated >= 20


def test_more_than_250_bytes_are_refused(three):
    """As ESP-NOW does."""
    air, (a, _, _), ears = three
    before = len(air.record())
    a.send(BROADCAST, bytes(251))
    a.send(BROADCAST, bytes(250))
    ears[1].wait_for(1)

    assert len(ears[1].heard[0][2]) == 250
    assert air.counters.refused == 1
    assert len(air.record()) == before + 1


def test_who_is_off_hears_nothing(three):
    """A radio that was switched off has left the air."""
    air, (a, b, _), ears = three
    b.tune(0)
    a.send(BROADCAST, b"x")
    ears[2].wait_for(1)
    a.send(BROADCAST, b"y")
    ears[2].wait_for(2)

    assert _B not in air.nodes()
    assert ears[1].heard == []


def test_anybody_can_be_impersonated(three):
    """inject() puts a frame in under any name, for hostile tests; the record shows it."""
    air, _, ears = three
    air.inject(_A, b"I am A", channel=6, destination=_B)
    ears[1].wait_for(1)

    assert ears[1].heard[-1] == (_A, -55, b"I am A")
    assert air.record()[-1].sender == _A
