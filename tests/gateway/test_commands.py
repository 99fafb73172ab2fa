"""What the platform asks for is checked, done once, and replied to."""

import asyncio
import json

import pytest

from gateway import orders, tables
from gateway.answers import Answers
from gateway.case import Dates
from gateway.cases import Cases
from gateway.clock import Clock
from gateway.commands import Commands
from gateway.keyring import Keyring
from gateway.mqtt_session import Inbound
from gateway.orders import Orders
from gateway.own import OwnEvents
from gateway.pendant_commands import PendantCommands
from gateway.registry import Registry
from gateway.tables import Identity
from gateway.topics import Topics
from gateway.trace import Trace, silent_sink
from shared import words
from tests.gateway.helpers import a_record, add, opened
from tests.gateway.rig import FakePendant, registry

PENDANT = FakePendant()
GOOD = {"command": "answer", "id": "c1", "alarm": f"{PENDANT.id.hex()}-1-1", "by": "operator", "eta_s": 120}
NOON_S = 1_795_348_800.0  # 2026-11-22T12:00:00Z


def take(directory, *payloads, response_topic=None, correlation=None):
    """Let the payloads be taken one after another; (replies as (topic, body, correlation), answers waiting)."""

    async def run():
        replies = []
        known = Registry(registry(directory, PENDANT))
        known.refresh()
        async with opened(directory / "s.db") as store:
            await store.do(lambda db: tables.remember(db, PENDANT.id, 1, 1))
            answers = Answers(await store.read(tables.answers))
            clock = Clock(is_trusted=lambda: True, wall_s=lambda: NOON_S, stamp_s=lambda: 10.0)
            own = OwnEvents(store, Identity(b"gggggg", 1, 1, True), lambda: 5)
            keyring = Keyring(
                registry=known, path=directory / "pendants.jsonl", store=store,
                waiting=Orders(await store.read(orders.orders)), own=own, trace=Trace(silent_sink),
            )  # fmt: skip
            cases = Cases(
                store=store, clock=clock, dates=Dates(1, lambda switch_on: 0), answers=answers, own=own,
                data_dir=directory, trace=Trace(silent_sink),
            )  # fmt: skip
            about_pendants = PendantCommands(registry=known, keyring=keyring, store=store, clock=clock)
            commands = Commands(
                store=store, registry=known, cases=cases, switch_on=1, topics=Topics("tiexin", "home", "gw"),
                about_pendants=about_pendants, clock=clock,
                send_reply=lambda *reply: replies.append(reply) or True, trace=Trace(silent_sink),
            )  # fmt: skip
            for payload in payloads:
                raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
                await commands.take(Inbound("t", raw, response_topic, correlation, 1))
            return [(topic, json.loads(body), found) for topic, body, found in replies], answers

    return asyncio.run(run())


def test_an_answer_waits_for_the_pendant(tmp_path):
    """Done means: committed, and given at the pendant's next word."""
    replies, answers = take(tmp_path, GOOD)

    assert replies == [("tiexin/home/gw/reply", {"id": "c1", "status": "done"}, None)]
    given = answers.next(PENDANT.id)
    assert (given.boot, given.seq, given.stage, given.eta_s) == (1, 1, words.ANSWERED, 120)


def test_after_a_restart_it_still_waits(tmp_path):
    """The same command again gets the same reply and makes no second answer."""
    take(tmp_path, GOOD)
    replies, answers = take(tmp_path, GOOD, GOOD)

    assert [body["status"] for _, body, _ in replies] == ["done", "done"]
    assert len(answers) == 1


def test_the_reply_goes_where_it_is_wanted(tmp_path):
    """MQTT 5's response topic first, then `reply_to`, then the gateway's own topic."""
    (five,), _ = take(tmp_path, GOOD, response_topic="p/r", correlation=b"x")
    (old,), _ = take(tmp_path, {**GOOD, "reply_to": "p/q"})
    (bad,), _ = take(tmp_path, {**GOOD, "reply_to": "p/#"})

    assert (five[0], five[2]) == ("p/r", b"x")
    assert old[0] == "p/q"
    assert bad[0] == "tiexin/home/gw/reply"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"expires": "2026-11-22T11:59:59Z"}, "expired"),
        ({"expires": "2026-11-22T12:00:01+00:00"}, "done"),
        ({"expires": "soon"}, "refused"),
        ({"expires": "2026-11-22T12:00:01"}, "refused"),
        ({"command": "dance"}, "refused"),
        ({"alarm": "a0b1c2d3e4f5-1-2"}, "refused"),
        ({"alarm": "ffffffffffff-1-1"}, "refused"),
        ({"alarm": "1-1"}, "refused"),
        ({"alarm": 5}, "refused"),
        ({"by": ""}, "refused"),
        ({"by": "x" * 65}, "refused"),
        ({"eta_s": -1}, "refused"),
        ({"eta_s": 70_000}, "refused"),
        ({"eta_s": True}, "refused"),
        ({"id": None}, "refused"),
        ({"id": "x" * 200}, "refused"),
    ],
)
def test_every_field_is_checked(tmp_path, change, status):
    """What is wrong is refused with a reason; what is late is expired."""
    ((_, body, _),), answers = take(tmp_path, {**GOOD, **change})

    assert body["status"] == status
    assert ("reason" in body) == (status == "refused")
    assert len(answers) == (status == "done")


@pytest.mark.parametrize("payload", [b"", b"\xff\xfe", b"[]", b"5", b"{" * 5000, b"null"])
def test_rubbish_is_refused_in_the_same_way(tmp_path, payload):
    """Whatever comes, a reply goes, and nothing is raised."""
    ((_, body, _),), _ = take(tmp_path, payload)

    assert body["status"] == "refused"


def test_a_felt_answer_is_not_given_again(tmp_path):
    """A second operator answers after the wearer has felt the first: done, but the pendant is left in peace."""

    async def felt():
        async with opened(tmp_path / "s.db") as store:
            await store.do(
                lambda db: db.execute("INSERT INTO felt (pendant, boot, seq, stage) VALUES (?, 1, 1, 2)", (PENDANT.id,))
            )

    asyncio.run(felt())
    ((_, body, _),), answers = take(tmp_path, {**GOOD, "id": "c2"})

    assert body["status"] == "done"
    assert len(answers) == 0


def test_a_second_operator_learns_who_was_first(tmp_path):
    """Done, for somebody is coming: and the reply says who."""

    async def alarm():
        async with opened(tmp_path / "s.db") as store:
            await add(store, a_record()._replace(sender=PENDANT.id))

    asyncio.run(alarm())
    replies, answers = take(tmp_path, GOOD, {**GOOD, "id": "c2", "by": "anna", "eta_s": 5}, {**GOOD, "id": "c3"})

    assert [body for _, body, _ in replies] == [
        {"id": "c1", "status": "done"},
        {"id": "c2", "status": "done", "answered_by": "operator"},
        {"id": "c3", "status": "done"},
    ]
    assert answers.next(PENDANT.id).eta_s == 120


ROTATE = {"command": "rotate-key", "id": "r1", "pendant": PENDANT.id.hex()}


def test_an_order_for_a_pendant_is_done_when_it_is_on_disk(tmp_path):
    """The reply carries the number under which the pendant will report; the same command again gets the same reply."""
    replies, _ = take(tmp_path, ROTATE, ROTATE, {**ROTATE, "id": "r2"})

    assert [body for _, body, _ in replies[:2]] == [{"id": "r1", "status": "done", "number": int(NOON_S)}] * 2
    assert replies[2][1]["status"] == "refused"
    assert "under way" in replies[2][1]["reason"]


def test_a_revoked_pendant_takes_no_orders(tmp_path):
    """It does not belong to us."""
    replies, _ = take(tmp_path, {**ROTATE, "command": "revoke"}, {**ROTATE, "id": "r2", "command": "locate"})

    assert [body["status"] for _, body, _ in replies] == ["done", "refused"]
    assert json.loads((tmp_path / "pendants.jsonl").read_text())["revoked"] is True


@pytest.mark.parametrize(
    "change",
    [
        {"pendant": None}, {"pendant": 5}, {"pendant": "xyz"}, {"pendant": "00" * 6}, {"command": "explode"},
        {"command": "configure"}, {"command": "configure", "settings": {}},
        {"command": "configure", "settings": {"beat_s": True}}, {"command": "configure", "settings": {"beat_s": "60"}},
        {"command": "configure", "settings": {f"setting_number_{n}": 1 for n in range(9)}}, {"command": ["locate"]},
        {"command": {"a": 1}}, {"expires": "2020-01-01T00:00:00Z"},
    ],
)  # fmt: skip
def test_every_field_of_an_order_is_checked(tmp_path, change):
    """One reply each, and nothing is kept."""
    replies, _ = take(tmp_path, {**ROTATE, **change})

    assert replies[0][1]["status"] in {"refused", "expired"}
    assert "next_key" not in (tmp_path / "pendants.jsonl").read_text()


def test_settings_are_packed_for_one_frame(tmp_path):
    """Configure is an order like any other."""
    replies, _ = take(tmp_path, {**ROTATE, "command": "configure", "settings": {"beat_s": 60}})

    assert replies[0][1]["status"] == "done"
