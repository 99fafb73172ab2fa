"""A message that a broker hangs up on goes last in its lane, and is never dropped."""

import asyncio

import pytest

from gateway import suspects
from gateway.record import ALARM, EVENT, TELEMETRY
from gateway.suspects import Suspects
from shared import words
from tests.gateway.helpers import a_record, add
from tests.gateway.running import beat, until
from tests.gateway.test_outflow import OTHER, connected, topics

OF_OTHER = OTHER.hex()


@pytest.mark.parametrize(("version", "waiting_before"), [("5", 0), ("3.1.1", 200)])
def test_what_a_broker_hangs_up_on_stands_before_nobody(tmp_path, monkeypatch, version, waiting_before):
    """Also with more than a window behind it: all else of every lane gets through, and it goes when somebody has put it
    right."""
    monkeypatch.setattr(suspects, "PAUSES_S", (0.0, 0.3))
    told, is_wrong = [], True

    async def run():
        nonlocal is_wrong
        broker = {"hangs_up": lambda topic: is_wrong and topic.endswith(OF_OTHER)}
        async with connected(tmp_path, told, version, **broker) as (store, uplink, small):
            uplink.cut(60)
            await until(lambda: not uplink.is_connected)
            await add(store, a_record(1)._replace(sender=OTHER))
            for seq in range(2, 2 + waiting_before):
                store.add(a_record(seq), (1, seq), lambda verdict: None)
            await add(store, a_record(500, EVENT))
            store.add(beat(1), (1, 1), lambda verdict: None)
            uplink.mend()
            await until(lambda: store.waiting == [1, 0, 0], 30)
            await until(lambda: topics(small).count(OF_OTHER) > suspects.FROM)
            await add(store, a_record(501))
            await until(lambda: store.waiting == [1, 0, 0], 30)
            assert [record.sender for record in await store.claim(ALARM, 0, 9)] == [OTHER]
            is_wrong = False
            await until(lambda: store.waiting == [0, 0, 0], 30)

    asyncio.run(run())

    assert [step for step, facts in told if facts.get("about") == "broker-hangs-up"] == ["trouble", "well"]


def test_a_beat_that_a_broker_hangs_up_on_stands_before_no_other(tmp_path, monkeypatch):
    """Nor the batch that it is in, once batches have arrived."""
    monkeypatch.setattr(suspects, "PAUSES_S", (0.0, 0.3))
    poison = beat(77)

    async def run():
        async with connected(tmp_path) as (store, uplink, small):
            small.hangs_up_on = poison.event_id.encode()
            for number in range(1, 40):
                store.add(beat(number), (1, number), lambda verdict: None)
            await store.settled()
            await until(lambda: store.waiting[TELEMETRY] == 0)
            uplink.cut(60)
            await until(lambda: not uplink.is_connected)
            for number in range(60, 100):
                store.add(beat(number), (1, number), lambda verdict: None)
            await store.settled()
            uplink.mend()
            await until(lambda: store.waiting[TELEMETRY] == 1, 30)
            assert [record.event_id for record in await store.claim(TELEMETRY, 0, 9)] == [poison.event_id]
            small.hangs_up_on = None
            await until(lambda: store.waiting[TELEMETRY] == 0, 30)

    asyncio.run(run())


def test_what_is_kept_back_is_not_forgotten_with_its_neighbours(tmp_path, monkeypatch):
    """A suspect in the middle of a backlog: the others arrive, and it is still in the store."""
    monkeypatch.setattr(suspects, "PAUSES_S", (60.0,))
    monkeypatch.setattr(suspects, "MOST_PAUSE_S", (60.0, 60.0, 60.0))

    async def run():
        async with connected(tmp_path) as (store, uplink, small):
            uplink.cut(60)
            await until(lambda: not uplink.is_connected)
            for number in range(1, 41):
                store.add(beat(number), (1, number), lambda verdict: None)
            await store.settled()
            for _ in range(suspects.FROM):
                uplink.outflow._suspects.ended([beat(20)])
            uplink.mend()
            await until(lambda: store.waiting[TELEMETRY] <= 1, 30)
            await store.settled()
            assert [record.event_id for record in await store.claim(TELEMETRY, 0, 9)] == [beat(20).event_id]
            assert not any(beat(20).event_id.encode() in payload for _, payload in small.published)

    asyncio.run(run())


def test_an_alarm_waits_for_no_suspect_of_a_lower_lane(tmp_path, monkeypatch):
    """The broker thinks about an event for half a minute: a suspect alarm goes as soon as its own pause is over."""
    monkeypatch.setattr(suspects, "PAUSES_S", (0.0, 0.3))
    alarm, event = a_record(1), a_record(2, EVENT, words.EVENT, words.TEST_PASSED)

    async def run():
        async with connected(tmp_path, puback_after_s=30) as (store, uplink, small):
            uplink.cut(60)
            await until(lambda: not uplink.is_connected)
            await add(store, alarm)
            await add(store, event)
            for under_way in ([alarm], [alarm, event], [alarm, event]):
                uplink.outflow._suspects.ended(under_way)
            uplink.mend()
            await until(lambda: topics(small), 5)
            assert len(topics(small, "event")) == 1  # it went before, and has no answer yet

    asyncio.run(run())


def test_a_line_that_falls_once_changes_no_order():
    """What was under way goes again first, in its order."""
    records = [a_record(seq) for seq in range(1, 6)]
    made = Suspects()
    made.ended(records[:3])

    assert made.sift(ALARM, records) == records


def test_only_ends_in_a_row_make_a_suspect():
    """Twice under way as a connection ended, with another end between over others: chance."""
    one, other = a_record(1), a_record(2)
    made = Suspects()
    for under_way in ([one], [other], [one]):
        made.ended(under_way)

    assert made.sift(ALARM, [one, other]) == [one, other]


def test_whoever_was_answered_is_no_suspect():
    """The broker's word, a yes or a no, ends the suspicion."""
    one, other = a_record(1), a_record(2)
    made = Suspects()
    for _ in range(3):
        made.ended([one, other])
    made.confirmed([one])

    assert made.sift(ALARM, [one, other]) == [one]
    assert made.take(ALARM) == other


@pytest.mark.parametrize(("lane", "most_s"), [(ALARM, 2), (EVENT, 30)])
def test_the_least_suspect_goes_first_and_nobody_waits_long(lane, most_s):
    """An innocent one is not behind the guilty one; the second end costs no pause, the hundredth half a minute.

    An alarm waits for two seconds at most: a bad line may never last longer.
    """
    guilty, chance = a_record(1), a_record(2)
    made = Suspects()
    for _ in range(98):
        made.ended([guilty])
    for _ in range(2):
        made.ended([guilty, chance])
    made.begin(1_000)
    made.sift(lane, [guilty, chance])

    assert made.wait_s(lane, 1_000) == 0
    assert made.take(lane) == chance
    assert made.wait_s(lane, 1_000.5) == most_s - 0.5
    assert made.take(lane) == guilty
    assert made.wait_s(lane, 1_001) is None


def test_its_memory_is_bounded(monkeypatch):
    """Also with a broker that hangs up on everything."""
    monkeypatch.setattr(suspects, "MOST_REMEMBERED", 100)
    monkeypatch.setattr(suspects, "MOST", (50, 50, 50))
    made = Suspects()
    records = [a_record(seq) for seq in range(1, 301)]
    for start in range(0, 300, 50):
        for _ in range(2):
            made.ended(records[start : start + 50])
    clear = made.sift(ALARM, records)

    assert len(clear) == 200
    assert made.is_full(ALARM)
    assert not made.is_full(EVENT)
