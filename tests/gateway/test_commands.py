"""What the platform asks for is checked, done once, and replied to."""

import asyncio
import json

import pytest

from gateway import case_tables, errors, orders, tables
from gateway.answers import Answers
from gateway.audit import NAME, Audit, read_trail
from gateway.case import Dates
from gateway.cases import Cases
from gateway.clock import Clock
from gateway.commands import Commands
from gateway.enrolment import Enrolment
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


def take(directory, *payloads, response_topic=None, correlation=None, wall_s=NOON_S, known_seq=1, told=None):
    """Let the payloads be taken one after another; (replies as (topic, body, correlation), answers waiting).

    told: the words for why a command was refused are put into it.
    """

    def sink(step, facts):
        if step == "command-refused" and told is not None:
            told.append(facts["reason"])

    async def run():
        replies = []
        if not (directory / "pendants.jsonl").exists():
            registry(directory, PENDANT)
        known = Registry(directory / "pendants.jsonl")
        known.refresh()
        async with opened(directory / "s.db") as store:
            await store.do(lambda db: tables.remember(db, PENDANT.id, 1, known_seq))
            answers = Answers(await store.read(tables.answers))
            clock = Clock(is_trusted=lambda: True, wall_s=lambda: wall_s, stamp_s=lambda: 10.0)
            own = OwnEvents(store, Identity(b"gggggg", 1, 1, True), lambda: 5)
            keyring = Keyring(
                registry=known, path=directory / "pendants.jsonl", store=store,
                waiting=Orders(await store.read(orders.orders)), own=own, trace=Trace(silent_sink),
            )  # fmt: skip
            cases = Cases(
                store=store, clock=clock, dates=Dates(1, lambda switch_on: 0), answers=answers, own=own,
                data_dir=directory, trace=Trace(silent_sink),
            )  # fmt: skip
            enrolment = Enrolment(
                data_dir=directory, desks_file=None, pendants_file=directory / "pendants.jsonl", registry=known,
                store=store, own=own, clock=clock,
            )  # fmt: skip
            about_pendants = PendantCommands(
                registry=known, keyring=keyring, enrolment=enrolment, store=store, clock=clock
            )
            audit = Audit(directory, clock)
            commands = Commands(
                store=store, registry=known, cases=cases, switch_on=1, topics=Topics("tiexin", "home", "gw"),
                about_pendants=about_pendants, audit=audit, clock=clock,
                send_reply=lambda *reply: replies.append(reply) or True, trace=Trace(sink),
            )  # fmt: skip
            for payload in payloads:
                raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
                await commands.take(Inbound("t", raw, response_topic, correlation, 1))
            audit.close()
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
    ("change", "outcome"),
    [
        ({"expires": "2026-11-22T11:59:59Z"}, "expired"),
        ({"expires": "2026-11-22T12:00:01+00:00"}, "done"),
        ({"expires": "soon"}, errors.WRONG_FIELD),
        ({"expires": "2026-11-22T12:00:01"}, errors.WRONG_FIELD),
        ({"command": "dance"}, errors.UNKNOWN_COMMAND),
        ({"alarm": "a0b1c2d3e4f5-1-2"}, errors.UNKNOWN_ALARM),
        ({"alarm": "ffffffffffff-1-1"}, errors.UNKNOWN_PENDANT),
        ({"alarm": "1-1"}, errors.WRONG_FIELD),
        ({"alarm": 5}, errors.WRONG_FIELD),
        ({"by": ""}, errors.WRONG_FIELD),
        ({"by": "x" * 65}, errors.WRONG_FIELD),
        ({"eta_s": -1}, errors.WRONG_FIELD),
        ({"eta_s": 70_000}, errors.WRONG_FIELD),
        ({"eta_s": True}, errors.WRONG_FIELD),
        ({"id": None}, errors.WRONG_FIELD),
        ({"id": "x" * 200}, errors.WRONG_FIELD),
        ({"id": "\ud800"}, errors.UNKNOWN_COMMAND),  # no text: nothing of it is read
        ({"by": "\udfff"}, errors.UNKNOWN_COMMAND),
        ({"expire": "2026-11-22T11:59:59Z"}, errors.UNKNOWN_FIELD),
        ({"eta_s": 60.0}, "done"),
        ({"eta_s": float("inf")}, errors.WRONG_FIELD),
    ],
)
def test_every_field_is_checked(tmp_path, change, outcome):
    """What is wrong is refused for just that; what is late is expired."""
    told = []
    ((_, body, _),), answers = take(tmp_path, {**GOOD, **change}, told=told)

    assert (told or [body["status"]]) == [outcome]
    assert ("reason" in body) == bool(told) == (body["status"] == "refused")
    assert len(answers) == (outcome == "done")


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


def test_an_alarm_is_closed_by_any_of_its_events(tmp_path):
    """Once for the same id, corrected by another, refused where it was never heard."""
    close = {"command": "close", "id": "x1", "alarm": GOOD["alarm"], "by": "operator", "outcome": "false"}

    async def alarm():
        async with opened(tmp_path / "s.db") as store:
            await add(store, a_record()._replace(sender=PENDANT.id))

    async def closed():
        async with opened(tmp_path / "s.db") as store:
            return (await store.read(case_tables.every))[0].case

    asyncio.run(alarm())
    told = []
    replies, _ = take(
        tmp_path, close, close, {**close, "id": "x2", "outcome": "true"},
        {**close, "id": "x3", "alarm": f"{PENDANT.id.hex()}-9-9"}, {**close, "id": "x4", "outcome": "maybe"},
        told=told,
    )  # fmt: skip

    assert [body["status"] for _, body, _ in replies] == ["done", "done", "done", "refused", "refused"]
    assert told == [errors.UNKNOWN_ALARM, errors.WRONG_FIELD]
    case = asyncio.run(closed())
    assert (case.outcome, case.closed_by) == ("true", "operator")


ROTATE = {"command": "rotate-key", "id": "r1", "pendant": PENDANT.id.hex()}


def test_an_order_for_a_pendant_is_done_when_it_is_on_disk(tmp_path):
    """The reply carries the number under which the pendant will report; the same command again gets the same reply."""
    told = []
    replies, _ = take(tmp_path, ROTATE, ROTATE, {**ROTATE, "id": "r2"}, told=told)

    assert [body for _, body, _ in replies[:2]] == [{"id": "r1", "status": "done", "number": int(NOON_S)}] * 2
    assert replies[2][1]["status"] == "refused"
    assert told == [errors.ROTATING]


def test_a_revoked_pendant_takes_no_orders(tmp_path):
    """It does not belong to us."""
    told = []
    replies, _ = take(tmp_path, {**ROTATE, "command": "revoke"}, {**ROTATE, "id": "r2", "command": "locate"}, told=told)

    assert [body["status"] for _, body, _ in replies] == ["done", "refused"]
    assert told == [errors.REVOKED]
    assert json.loads((tmp_path / "pendants.jsonl").read_text())["revoked"] is True


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"pendant": None}, errors.WRONG_FIELD),
        ({"pendant": 5}, errors.WRONG_FIELD),
        ({"pendant": "xyz"}, errors.WRONG_FIELD),
        ({"pendant": "00" * 6}, errors.UNKNOWN_PENDANT),
        ({"command": "explode"}, errors.UNKNOWN_COMMAND),
        ({"command": ["locate"]}, errors.UNKNOWN_COMMAND),
        ({"command": {"a": 1}}, errors.UNKNOWN_COMMAND),
        ({"command": "configure"}, errors.MISSING_FIELD),
        ({"command": "configure", "settings": {}}, errors.WRONG_FIELD),
        ({"command": "configure", "settings": {"beat_s": True}}, errors.WRONG_FIELD),
        ({"command": "configure", "settings": {"beat_s": "60"}}, errors.WRONG_FIELD),
        ({"command": "configure", "settings": {f"setting_number_{n}": 1 for n in range(9)}}, errors.TOO_LONG),
        ({"expires": "2020-01-01T00:00:00Z"}, "expired"),
    ],
)
def test_every_field_of_an_order_is_checked(tmp_path, change, outcome):
    """One reply each, for just that, and nothing is kept."""
    told = []
    ((_, body, _),), _ = take(tmp_path, {**ROTATE, **change}, told=told)

    assert (told or [body["status"]]) == [outcome]
    assert "next_key" not in (tmp_path / "pendants.jsonl").read_text()


def test_settings_are_packed_for_one_frame(tmp_path):
    """Configure is an order like any other."""
    replies, _ = take(tmp_path, {**ROTATE, "command": "configure", "settings": {"beat_s": 60}})

    assert replies[0][1]["status"] == "done"


def test_what_is_refused_or_expired_stays_so(tmp_path):
    """The same id gets the same reply, though the alarm has been heard or the clock been set back meanwhile."""
    early = {**GOOD, "alarm": f"{PENDANT.id.hex()}-1-2"}
    late = {**GOOD, "id": "c2", "expires": "2026-11-22T11:59:59Z"}
    first, _ = take(tmp_path, early, late)
    second, answers = take(tmp_path, early, late, known_seq=2, wall_s=NOON_S - 3_600)

    assert [body for _, body, _ in second] == [body for _, body, _ in first]
    assert [body["status"] for _, body, _ in first] == ["refused", "expired"]
    assert len(answers) == 0


def test_a_wrong_form_does_not_use_up_its_id(tmp_path):
    """Nothing was asked yet: corrected, the same id is done."""
    replies, _ = take(tmp_path, {**GOOD, "eta_s": -1}, GOOD)

    assert [body["status"] for _, body, _ in replies] == ["refused", "done"]


def test_revoke_is_done_once_whatever_happens_between(tmp_path):
    """A pendant that was enrolled again meanwhile is not revoked by the broker's repeat of an old command."""
    revoke = {"command": "revoke", "id": "v1", "pendant": PENDANT.id.hex()}
    first, _ = take(tmp_path, revoke)
    registry(tmp_path, PENDANT)
    second, _ = take(tmp_path, revoke)

    assert first == second
    assert "revoked" not in (tmp_path / "pendants.jsonl").read_text()


def test_not_now_is_not_for_ever(tmp_path):
    """Before the time is known an order is refused with retry; the same id is done when it is."""
    told = []
    first, _ = take(tmp_path, ROTATE, wall_s=0.0, told=told)
    second, _ = take(tmp_path, ROTATE)

    assert (first[0][1]["status"], first[0][1]["retry"], told) == ("refused", True, [errors.NO_TIME])
    assert second[0][1]["status"] == "done"


def test_a_reply_never_goes_where_a_wildcard_is(tmp_path):
    """Whatever response topic a broker lets through, publishing there must not end the gateway."""
    (five,), _ = take(tmp_path, GOOD, response_topic="p/#")

    assert five[0] == "tiexin/home/gw/reply"


def test_all_of_it_is_put_down(tmp_path):
    """Who, what, about what, how it ended; a repeat is not put down again, and no key ever."""
    configure = {"command": "configure", "id": "s1", "pendant": PENDANT.id.hex(), "settings": {"beat_s": 60}}
    take(tmp_path, GOOD, GOOD, {**ROTATE, "by": "technician"}, configure, b"rubbish", {**GOOD, "id": "c9", "by": ""})
    found = [(entry.actor, entry.action, entry.about, entry.outcome) for entry in reversed(read_trail(tmp_path, 99))]
    name = PENDANT.id.hex()

    assert found == [
        ("platform:operator", "answer", f"{name}-1-1", "done"),
        ("platform:technician", "rotate-key", name, "done"),
        ("platform", "configure", name, "done"),
        ("platform", "?", "", "refused"),
        ("platform:", "answer", f"{name}-1-1", "refused"),
    ]
    text = (tmp_path / NAME).read_text()
    listed = json.loads((tmp_path / "pendants.jsonl").read_text())
    assert listed["key"] not in text
    assert listed["next_key"] not in text
    assert '"beat_s' in text.replace("\\", "")


def test_a_rotation_that_the_disk_would_not_take_is_not_stuck(tmp_path):
    """The list has a key to come, but no order for it was stored: it may be asked for again, with that same key."""
    registry(tmp_path, PENDANT)
    path = tmp_path / "pendants.jsonl"
    path.write_text(json.dumps({"id": PENDANT.id.hex(), "key": PENDANT.key.hex(), "next_key": "77" * 16}) + "\n")
    replies, _ = take(tmp_path, ROTATE)

    assert replies[0][1]["status"] == "done"
    assert json.loads(path.read_text())["next_key"] == "77" * 16


def test_a_command_that_we_fail_at_gets_a_reply(tmp_path, monkeypatch):
    """A mistake of ours: whoever asks learns of it; the next command is done."""
    monkeypatch.setattr(tables, "is_known", lambda *_: 1 // 0)

    (failed, done), _ = take(tmp_path, GOOD, {"command": "locate", "id": "c2", "pendant": PENDANT.id.hex()})

    assert (failed[1]["status"], failed[1]["reason"]) == ("refused", "the gateway fails at it; its log says why")
    assert done[1]["status"] == "done"
