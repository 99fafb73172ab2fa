"""What a broker has refused is tried again after a while, the oldest first, and is bounded."""

from gateway import passed_by
from gateway.passed_by import AGAIN_S, PassedBy
from gateway.record import ALARM, EVENT
from tests.gateway.helpers import a_record


def test_it_is_tried_again_after_a_while_and_in_its_order():
    """Each in its own time; another lane's is none of its business."""
    made = PassedBy()
    made.put(ALARM, [a_record(1)], now_s=100)
    made.put(ALARM, [a_record(2)], now_s=101)

    assert not made.is_due(ALARM, 99.9 + AGAIN_S)
    assert made.is_due(ALARM, 100 + AGAIN_S)
    assert not made.is_due(EVENT, 100 + AGAIN_S)
    assert made.take(ALARM).seq == 1
    assert not made.is_due(ALARM, 100 + AGAIN_S)
    assert made
    assert made.take(ALARM).seq == 2
    assert not made


def test_its_memory_is_bounded(monkeypatch):
    """A broker that refuses everything gets no more of that lane until one of them is due."""
    monkeypatch.setattr(passed_by, "MOST", (2, 2, 2))
    made = PassedBy()
    made.put(ALARM, [a_record(1), a_record(2)], now_s=0)

    assert made.is_full(ALARM)
    assert not made.is_full(EVENT)
    made.take(ALARM)
    assert not made.is_full(ALARM)
