"""Where responsibility moves: opened, deduplicated, committed, and only then acknowledged."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from gateway import counters
from gateway.answers import Answers
from gateway.clock import Clock
from gateway.custody import Custody
from gateway.downlink import Downlink
from gateway.keyring import Keyring
from gateway.orders import Orders
from gateway.own import OwnEvents
from gateway.record import ALARM
from gateway.registry import Registry
from gateway.store import Store
from gateway.tables import Answer, Identity, answers, is_felt
from gateway.trace import Trace, silent_sink
from shared import frames, words
from tests.gateway.helpers import ROOMY
from tests.gateway.rig import FakePendant, registry


class Home(NamedTuple):
    custody: Custody
    store: Store
    sent: list[Any]
    answers: Answers
    keyring: Keyring
    orders: Orders
    registry: Registry


class Nobody:
    def heard(self, *said):
        """Presence has tests of its own."""


@asynccontextmanager
async def home(directory, *pendants, newest=None, waiting=(), limits=ROOMY):
    """A custody with everything around it, and a wire that keeps what is sent."""
    store = Store(directory / "s.db", limits, lambda: 5, "os", Trace(silent_sink))
    identity = store.open()
    known = Registry(registry(directory, *pendants))
    known.refresh()
    sent = []
    kept = Answers(waiting)
    clock = Clock(is_trusted=lambda: True, wall_s=lambda: 1_795_348_800.0, stamp_s=lambda: 10.0)
    orders = Orders()
    keyring = Keyring(
        registry=known, path=directory / "pendants.jsonl", store=store, waiting=orders,
        own=OwnEvents(store, identity, lambda: 5), trace=Trace(silent_sink),
    )  # fmt: skip
    custody = Custody(
        keyring=keyring, registry=known, store=store,
        downlink=Downlink(Identity(b"gggggg", 1, 1, True), lambda: None), answers=kept,
        clock=clock, switch_on=identity.switch_on, newest_frames=newest or {},
        send=lambda air, is_urgent=True: sent.append(air) or True, listener=Nobody(), trace=Trace(silent_sink),
    )  # fmt: skip
    try:
        yield Home(custody, store, sent, kept, keyring, orders, known)
    finally:
        await store.close()


def run(body, directory, pendants, **options):
    """Run body(home) in a loop of its own."""

    async def inside():
        async with home(directory, *pendants, **options) as made:
            await body(made)

    asyncio.run(inside())


def test_an_alarm_is_acknowledged_after_the_commit(tmp_path):
    """Nothing is sent before the store has spoken; then the acknowledgement names the event and the time."""
    pendant = FakePendant()

    async def body(home):
        home.custody.heard(-50, pendant.event(words.FALL_SUSPECTED))
        assert home.sent == []
        await home.store.settled()
        kind, ack = pendant.read(home.sent[0])

        assert (kind, ack) == (words.ACK, frames.Ack(1, 1, words.STORED, 1_795_348_800, 0))
        assert len(await home.store.claim(ALARM, 0, 9)) == 1

    run(body, tmp_path, [pendant])


def test_a_drills_pendant_makes_test_alarms_and_nothing_else(tmp_path):
    """Whoever gets hold of its key, which leaves the process, rings nobody and hides nobody."""
    guest = FakePendant(b"drills")

    async def body(home):
        home.registry.put_guest(guest.id, guest.key)
        for air in (guest.event(words.FALL_SUSPECTED), guest.event(words.HELP_REQUESTED), guest.beat()):
            home.custody.heard(-50, air)
        home.custody.heard(-50, guest.event(words.TEST_ALARM))
        await home.store.settled()

        assert home.custody.counts[counters.UNREADABLE] == 3
        assert [guest.read(air)[0] for air in home.sent] == [words.ACK]
        assert home.store.waiting == [1, 0, 0]

    run(body, tmp_path, [FakePendant()])


def test_a_repeat_is_acknowledged_again_and_stored_once(tmp_path):
    """The first acknowledgement was lost: the same event in a fresh frame."""
    pendant = FakePendant()

    async def body(home):
        for attempt in (1, 2, 3):
            home.custody.heard(-50, pendant.event(words.FALL_SUSPECTED, seq=1, attempt=attempt))
        await home.store.settled()

        assert [pendant.read(air)[1].status for air in home.sent] == [words.STORED] * 3
        assert len(await home.store.claim(ALARM, 0, 9)) == 1

    run(body, tmp_path, [pendant])


def test_a_replayed_frame_gets_no_answer(tmp_path):
    """Whoever plays back a recorded frame learns nothing and changes nothing."""
    pendant = FakePendant()

    async def body(home):
        air = pendant.event(words.FALL_SUSPECTED)
        home.custody.heard(-50, air)
        home.custody.heard(-50, air)
        await home.store.settled()

        assert len(home.sent) == 1
        assert home.custody.counts["replayed"] == 1

    run(body, tmp_path, [pendant])


def test_after_a_restart_old_frames_stay_refused(tmp_path):
    """The newest frame is remembered with the event that it brought."""
    pendant = FakePendant()
    old = pendant.beat()

    async def body(home):
        home.custody.heard(-50, old)
        home.custody.heard(-50, pendant.beat())
        await home.store.settled()

        assert home.custody.counts["replayed"] == 1
        assert home.custody.counts["stored"] == 1

    run(body, tmp_path, [pendant], newest={pendant.id: (1, 1)})


@pytest.mark.parametrize("damage", ["flip", "cut", "version", "long", "stranger", "empty"])
def test_rubbish_is_counted_and_nothing_else(tmp_path, damage):
    """Altered, cut, foreign, too long, unknown or empty: never an alarm, never an exception, never an answer."""
    pendant, stranger = FakePendant(), FakePendant(b"\xee" * 6, b"\x01" * 16)
    air = bytearray((stranger if damage == "stranger" else pendant).event(words.FALL_SUSPECTED))
    if damage == "flip":
        air[20] ^= 1
    elif damage == "cut":
        del air[15:]
    elif damage == "version":
        air[0] = 9
    elif damage == "long":
        air += bytes(300)
    elif damage == "empty":
        air.clear()

    async def body(home):
        home.custody.heard(-50, bytes(air))
        await home.store.settled()

        assert home.sent == []
        assert sum(home.custody.counts[reason] for reason in counters.REASONS) == 1

    run(body, tmp_path, [pendant])


def test_a_neighbours_acknowledgement_is_not_for_us(tmp_path):
    """Bridges hear other gateways too."""
    pendant = FakePendant()

    async def body(home):
        air = Downlink(Identity(b"nnnnnn", 1, 1, True), lambda: None).seal(
            words.ACK, pendant.id, pendant.key, bytes(12)
        )
        home.custody.heard(-50, air)

        assert home.custody.counts["from a gateway"] == 1

    run(body, tmp_path, [pendant])


def test_what_cannot_be_stored_is_refused(tmp_path):
    """The pendant is told, so it keeps the alarm."""
    pendant = FakePendant()

    async def body(home):
        home.store.room.limits = home.store.room.limits._replace(most=0, reserve=0)
        home.custody.heard(-50, pendant.event(words.FALL_SUSPECTED))
        await home.store.settled()

        assert pendant.read(home.sent[0])[1].status == words.REFUSED_FULL

    run(body, tmp_path, [pendant])


def test_an_answer_goes_right_behind_the_acknowledgement(tmp_path):
    """The pendant listens only now: more=1, then the answer, in each window until it was felt."""
    pendant = FakePendant()
    answer = Answer(pendant.id, 1, 1, words.ANSWERED, 90, "op", 1, 0)

    async def body(home):
        home.custody.heard(-50, pendant.poll(1, 1))
        (_, ack), (kind, given) = (pendant.read(air) for air in home.sent)
        assert (ack.status, ack.more) == (words.HEARD, 1)
        assert (kind, given) == (words.ANSWER, frames.Answer(1, 1, words.ANSWERED, 90))

        home.sent.clear()
        home.custody.heard(-50, pendant.event(words.ANSWER_FELT, arg=words.ANSWERED, ref=(1, 1)))
        await home.store.settled()
        assert [pendant.read(air)[1].more for air in home.sent] == [0]
        assert await home.store.read(answers) == []
        assert await home.store.read(lambda db: is_felt(db, pendant.id, 1, 1, words.ANSWERED))

    run(body, tmp_path, [pendant], waiting=[answer])


def test_an_alarm_is_told_from_an_event_by_what_it_says(tmp_path):
    """The lane follows the code: a help call that travels as an event is still an alarm."""
    pendant = FakePendant()

    async def body(home):
        home.custody.heard(-50, pendant.event(words.HELP_REQUESTED, kind=words.EVENT))
        home.custody.heard(-50, pendant.event(words.TEST_PASSED, kind=words.ALARM))
        await home.store.settled()

        assert home.store.waiting == [1, 1, 0]

    run(body, tmp_path, [pendant])


def _fails(*_):
    raise ValueError("a mistake")


class Failing:
    heard = staticmethod(_fails)


@pytest.mark.parametrize("what", ["presence", "an answer", "an order", "a watcher", "a report"])
def test_a_mistake_beside_an_alarm_keeps_no_acknowledgement_back(tmp_path, monkeypatch, what):
    """Whoever else wants to know of it may fail: it is stored, acknowledged, and told to all the others."""
    pendant, told = FakePendant(), []

    async def body(home):
        home.custody.watch(_fails if what == "a watcher" else told.append)
        home.custody.watch(told.append)
        if what == "presence":
            home.custody._listener = Failing
        monkeypatch.setattr(home.answers, "next", _fails if what == "an answer" else lambda pendant: None)
        monkeypatch.setattr(home.keyring, "order_for", _fails if what == "an order" else lambda pendant: None)
        monkeypatch.setattr(home.keyring, "reported", _fails if what == "a report" else lambda *report: None)
        home.custody.heard(-50, pendant.event(words.FALL_SUSPECTED))
        home.custody.heard(-50, pendant.event(words.COMMAND_DONE, seq=2, kind=words.EVENT))
        home.custody.heard(-50, pendant.poll(0, 0))
        await home.store.settled()

        found = [(ack.seq, ack.status) for kind, ack in map(pendant.read, home.sent) if kind == words.ACK]
        assert sorted(found) == [(0, words.HEARD), (1, words.STORED), (2, words.STORED)]
        assert {record.seq for record in told} == {1, 2}

    run(body, tmp_path, [pendant])


def test_an_order_that_cannot_be_sealed_keeps_nothing_back(tmp_path, monkeypatch):
    """The acknowledgement has gone; what would follow it fails; the book still hears of the alarm."""
    pendant, told = FakePendant(), []

    async def body(home):
        home.custody.watch(told.append)
        monkeypatch.setattr(home.keyring, "order_for", lambda pendant: "no bytes")
        home.custody.heard(-50, pendant.event(words.FALL_SUSPECTED))
        await home.store.settled()

        assert [pendant.read(air)[0] for air in home.sent] == [words.ACK]
        assert len(told) == 1

    run(body, tmp_path, [pendant])


def test_a_frame_that_we_fail_at_leaves_the_others_their_turn(tmp_path, monkeypatch):
    """The serial line hands over several frames together: the first must not take the second with it."""
    first, second = FakePendant(), FakePendant(b"second")

    async def body(home):
        seal = home.keyring.open
        monkeypatch.setattr(home.keyring, "open", lambda p, air: _fails() if p.id == first.id else seal(p, air))
        for one in (first, second):
            home.custody.heard(-50, one.event(words.FALL_SUSPECTED))
        await home.store.settled()

        assert len(home.sent) == 1

    run(body, tmp_path, [first, second])
