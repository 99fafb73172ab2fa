"""The newest state of each topic, and what becomes of one that a broker hangs up on."""

import asyncio

import pytest

from gateway import states
from gateway.record import ALARM
from gateway.states import FROM, MOST_UNDER_WAY, RESTS_S, States
from tests.gateway.helpers import a_record, add
from tests.gateway.running import until
from tests.gateway.test_outflow import connected, topics


def _render(text):
    return text.encode


def _made(*names):
    made = States()
    for name in names:
        made.put(name, _render(name))
    return made


def _sent(made, now_s=0.0):
    """The topics that may go now, all of them under way."""
    sent = []
    while found := made.next(now_s):
        sent.append(found[0])
        made.sent(100 + len(sent), found[0])
    return sent


def _lost(made, times, now_s=0.0):
    """So many connections, each of which ends over all that may go."""
    for _ in range(times):
        made.begin()
        _sent(made, now_s)
        made.ended(now_s)
    made.begin()


def test_only_the_newest_counts():
    """What was put twice before it went goes once."""
    made = _made("a", "b")
    made.put("a", _render("newer"))
    topic, render = made.next(0)

    assert (topic, render()) == ("a", b"newer")
    assert made.next(0)[0] == "b"
    assert made.next(0) is None


def test_no_more_than_so_many_are_under_way():
    """Five hundred pendants come back at once: an answer makes room for one more."""
    made = _made(*map(str, range(MOST_UNDER_WAY + 2)))

    assert len(_sent(made)) == MOST_UNDER_WAY
    assert made.answered(101)
    assert len(_sent(made)) == 1


def test_a_connection_that_ended_once_costs_nothing():
    """Everything goes again at once."""
    made = _made("a", "b")
    _lost(made, 1)

    assert _sent(made) == ["a", "b"]


def test_only_ends_in_a_row_make_a_suspect():
    """Twice under way as a connection ended, with another end over others between: chance."""
    made = _made("a")
    _lost(made, 1)
    made.sent(1, made.next(0)[0])
    made.answered(1)
    made.put("b", _render("b"))
    made.sent(2, made.next(0)[0])
    made.ended(0)
    made.begin()

    assert _sent(made) == ["a", "b"]
    made.ended(0)
    assert made.has_suspects  # b, twice in a row
    made.begin()
    assert _sent(made) == ["a"]


@pytest.mark.parametrize("ends", range(FROM, FROM + len(RESTS_S) + 2))
def test_a_suspect_rests_longer_each_time(ends):
    """Five seconds first, an hour at most; a state that comes meanwhile goes with the next try."""
    made = _made("a")
    now_s = 0.0
    for _ in range(ends):
        now_s += RESTS_S[-1]
        _lost(made, 1, now_s)
    rest_s = RESTS_S[min(ends - FROM, len(RESTS_S) - 1)]

    assert made.next(now_s + rest_s - 0.1) is None
    assert not made.is_due(now_s + rest_s - 0.1)
    assert made.is_due(now_s + rest_s)
    assert made.take("a") is None  # nor as the first word of a connection, before the alarms
    made.put("a", _render("newest"))
    assert made.next(now_s + rest_s)[1]() == b"newest"


def test_suspects_go_alone_and_who_is_answered_is_none():
    """So the next end of a connection says which one it was."""
    made = _made("a", "b")
    _lost(made, FROM)
    made.put("c", _render("c"))
    later_s = RESTS_S[0]

    assert _sent(made, later_s) == ["c"]
    made.answered(101)
    assert _sent(made, later_s) == ["a"]
    made.answered(101)
    assert _sent(made, later_s) == ["b"]
    assert made.ended(later_s) == ["b"]
    made.begin()
    assert _sent(made, later_s) == ["a", "c"]


def test_a_number_of_somebody_else_is_none_of_these():
    """The PUBACK of an alarm."""
    made = _made("a")
    made.sent(1, made.next(0)[0])

    assert not made.answered(2)
    assert made.answered(1)
    assert not made.answered(1)


def test_a_state_that_a_broker_hangs_up_on_costs_no_connection_for_long(tmp_path, monkeypatch):
    """It rests: the others are kept, alarms go without a new connection; and it goes when somebody has allowed it."""
    monkeypatch.setattr(states, "RESTS_S", (0.5, 4.0))
    told, is_wrong = [], True

    async def run():
        nonlocal is_wrong
        broker = {"hangs_up": lambda topic: is_wrong and topic == "wrong/state"}
        async with connected(tmp_path, told, **broker) as (store, uplink, small):
            for topic in ("right/1", "wrong/state", "right/2"):
                uplink.put_state(topic, _render(topic))
            await until(lambda: {"right/1", "right/2"} <= {topic for topic, _ in small.published}, 20)
            await until(lambda: [topic for topic, _ in small.published].count("wrong/state") == 3, 20)
            await until(lambda: uplink.is_connected)
            before = len(small.connects)
            await add(store, a_record(1))
            await until(lambda: store.waiting[ALARM] == 0)
            assert len(small.connects) == before
            assert len(topics(small)) == 1
            is_wrong = False
            await until(
                lambda: [step for step, facts in told if facts.get("about") == "broker-states"][-1] == "well", 20
            )

    asyncio.run(run())

    assert "wrong/state" in next(f["text"] for _, f in told if f.get("about") == "broker-states")


def test_a_broker_that_hangs_up_on_our_birth_gets_the_alarms(tmp_path, monkeypatch):
    """It does not let us retain anything: the first word of every connection would end it."""
    monkeypatch.setattr(states, "RESTS_S", (60.0,))

    async def run():
        async with connected(tmp_path, hangs_up=lambda topic: topic.endswith("/status")) as (store, _, small):
            await until(lambda: len(small.connects) >= FROM)
            await add(store, a_record(1))
            await until(lambda: store.waiting[ALARM] == 0, 20)
            assert len(topics(small)) >= 1

    asyncio.run(run())
