"""Home Assistant: pendants appear, show what they should, are answered by a fresh press only, and leave again."""

import asyncio
import json
import re
import sqlite3
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import jinja2
import jsonschema
import pytest

from gateway import home_assistant, home_discovery
from gateway.clock import Clock
from gateway.config import load
from gateway.configuration.home_assistant import HomeAssistantConfig
from gateway.events import Renderer
from gateway.home_assistant import HomeAssistant
from gateway.mqtt_session import Inbound
from gateway.record import Record
from gateway.registry import Registry
from gateway.topics import Topics
from gateway.trace import Trace, silent_sink
from shared import frames, words
from tests.gateway.helpers import NOON_MS, P, booked
from tests.gateway.home_assistant_schema import DEVICE_DOCUMENT, DEVICE_TOPIC
from tests.gateway.rig import FakePendant, config, registry

TOPICS = Topics("tiexin", "home", "gw")
NAME = P.hex()
DOCUMENT = home_discovery.device_topic("homeassistant", NAME)
ANSWER = TOPICS.home_answer(NAME)


class Broker:
    """Keeps what is retained."""

    def __init__(self):
        self.subscriptions = []
        self.kept = {}
        self.puts = []

    def put_state(self, topic, render):
        """As the uplink."""
        self.kept[topic] = render()
        self.puts.append(topic)


class House:
    """One pendant, its gateway, and a broker."""

    def __init__(self, directory, book, *, with_names=False):
        self.book, self.broker = book, Broker()
        self.path = registry(directory, FakePendant(P))
        self.registry = Registry(self.path)
        self.registry.refresh()
        self.clock = Clock(
            is_trusted=lambda: True, wall_s=lambda: NOON_MS / 1_000, stamp_s=lambda: book.stamp_ms / 1_000
        )
        self.state = SimpleNamespace(presence="unknown", firmware=None)
        self.home = HomeAssistant(
            config=HomeAssistantConfig("homeassistant", with_names), gateway="home-gw", topics=TOPICS,
            uplink=self.broker, registry=self.registry, cases=book.cases, state_of=lambda pendant: self.state,
            clock=self.clock,
            data_dir=directory, trace=Trace(silent_sink),
        )  # fmt: skip

    def shown(self):
        """What home/<pendant> says."""
        return json.loads(self.broker.kept.get(TOPICS.home(NAME)) or b"null")

    def press(self, at_s=NOON_MS // 1_000, *, payload=None, is_retained=False):
        """Somebody presses the button in Home Assistant."""
        said = json.dumps({"at": at_s}).encode() if payload is None else payload
        return self.home.takes(Inbound(ANSWER, said, None, None, 1, is_retained))


@asynccontextmanager
async def running(tmp_path, **rest):
    """A house whose Home Assistant part runs."""
    async with booked(tmp_path) as book:
        house = House(tmp_path, book, **rest)
        task = asyncio.create_task(house.home.run())
        await book.until(lambda: DOCUMENT in house.broker.kept)
        try:
            yield house
        finally:
            task.cancel()
            await asyncio.wait([task])


def test_a_document_is_what_the_documentation_asks_for(tmp_path):
    """Of the pendant and of the gateway: every option known, every required one there, every id the only one."""

    async def scene():
        async with running(tmp_path) as house:
            return {topic: body for topic, body in house.broker.kept.items() if "/device/" in topic}

    documents = asyncio.run(scene())

    assert len(documents) == 2
    ids = []
    for topic, body in documents.items():
        assert re.fullmatch(DEVICE_TOPIC, topic)
        made = json.loads(body)
        jsonschema.validate(made, DEVICE_DOCUMENT, jsonschema.Draft202012Validator)
        ids += [component["unique_id"] for component in made["cmps"].values()]
    assert len(ids) == len(set(ids))
    pendant = json.loads(documents[DOCUMENT])
    assert {"battery", "present", "alarm", "answer"} <= set(pendant["cmps"])
    assert pendant["device"]["name"] == f"Pendant {NAME[-4:]}"
    assert "suggested_area" not in pendant["device"]


def test_the_schema_refuses_what_is_wrong():
    """It is no schema that lets everything pass."""
    made = json.loads(home_discovery.pendant(TOPICS, "home-gw", NAME, "x", None, ""))
    jsonschema.validate(made, DEVICE_DOCUMENT)
    del made["cmps"]["alarm"]["unique_id"]
    made["cmps"]["battery"]["vlaue_template"] = "x"
    found = list(jsonschema.Draft202012Validator(DEVICE_DOCUMENT).iter_errors(made))

    assert len(found) == 2


def rendered(component, key, **facts):
    """What Home Assistant makes of a template, with its own words for time."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    environment.globals.update(
        now=lambda: datetime.fromtimestamp(NOON_MS / 1_000, UTC), as_timestamp=datetime.timestamp
    )
    return environment.from_string(component[key]).render(**facts)


def test_the_templates_read_what_we_publish():
    """Beats' states, the status online and as last will, every alarm, the press of the button."""
    made = json.loads(home_discovery.pendant(TOPICS, "home-gw", NAME, "x", None, ""))
    cmps = made["cmps"]
    state = {"data": {"battery_percent": 80, "worn": True, "charging": False, "rssi_dbm": -61}}
    assert rendered(cmps["battery"], "value_template", value_json=state) == "80"
    assert rendered(cmps["worn"], "value_template", value_json=state) == "ON"
    assert rendered(cmps["charging"], "value_template", value_json=state) == "OFF"
    for is_online in (True, False):
        status = {"data": {"online": is_online}}
        said = rendered(made["availability"][0], "value_template", value_json=status)
        assert said == ("online" if is_online else "offline")
    render = Renderer("home", "gw", lambda switch_on: None)
    for code in words.ALARM_CODES:
        body = frames.pack_event(frames.Event(1, 2, code, 0, 0, 1, 0, 0, 0))
        event = json.loads(render.event(Record(1, 0, P, 1, 2, words.ALARM, body, -50, 1, 5, 6)))
        said = json.loads(rendered(cmps["event"], "value_template", value_json=event))
        assert said["event_type"] in cmps["event"]["event_types"]
    assert json.loads(rendered(cmps["answer"], "command_template")) == {"at": NOON_MS // 1_000}


def test_an_alarm_is_shown_and_answered_by_a_press(tmp_path):
    """ON at once, attributes say what it is, the press answers it, and that is shown too; a meal rings nowhere."""

    async def scene():
        async with running(tmp_path) as house:
            await house.book.say(words.HELP_REQUESTED, 1, arg=words.MEALS)
            await house.book.say(words.FALL_SUSPECTED, 2)
            await house.book.until(lambda: house.shown()["alarm"] == "ON")
            before = house.shown()
            assert house.press()
            await house.book.until(lambda: house.shown()["is_answered"])
            return before, house.book.cases.get(f"{NAME}-1-2"), house.book.cases.get(f"{NAME}-1-1")

    before, fall, meal = asyncio.run(scene())

    assert (before["kind"], before["id"], before["is_answered"]) == ("fall", f"{NAME}-1-2", False)
    assert (fall.answered_by, fall.answered_via) == ("Home Assistant", "home-assistant")
    assert meal.answered_by is None


def test_an_answer_that_cannot_be_stored_ends_nothing(tmp_path, monkeypatch):
    """The disk fails under a press: the gateway goes on, and the next press answers."""
    refused = []

    async def refuse(*_):
        refused.append(1)
        raise sqlite3.OperationalError("disk I/O error")

    async def scene():
        async with running(tmp_path) as house:
            await house.book.say(words.FALL_SUSPECTED)
            await house.book.until(lambda: house.shown()["alarm"] == "ON")
            with monkeypatch.context() as failing:
                failing.setattr(house.book.cases, "answer", refuse)
                house.press()
                await house.book.until(lambda: refused)
            house.press()
            await house.book.until(lambda: house.shown()["is_answered"])

    asyncio.run(scene())


@pytest.mark.parametrize(
    "how",
    [
        {"at_s": NOON_MS // 1_000 - 3_600},
        {"at_s": NOON_MS // 1_000 + 3_600},
        {"is_retained": True},
        {"payload": b"PRESS"},
        {"payload": b"[" * 5_000},
        {"payload": b'{"at": "now"}'},
    ],
    ids=["an hour ago", "from the future", "kept by the broker", "without a time", "rubbish", "a word"],
)
def test_a_press_that_was_meant_for_another_alarm_answers_nothing(tmp_path, how):
    """What lay at the broker for an hour, or forever, must not comfort anybody."""

    async def scene():
        async with running(tmp_path) as house:
            await house.book.say(words.FALL_SUSPECTED)
            await house.book.until(lambda: house.shown()["alarm"] == "ON")
            assert house.press(**how)
            await asyncio.sleep(0.05)
            return house.book.cases.open()[0].answered_by

    assert asyncio.run(scene()) is None


def test_it_is_told_again_when_home_assistant_has_started(tmp_path):
    """homeassistant/status says online: every document and state once more. Offline changes nothing."""

    async def scene():
        async with running(tmp_path) as house:
            assert house.broker.subscriptions == ["homeassistant/status", TOPICS.home_answer("+")]
            await house.book.until(lambda: len(house.broker.puts) >= 3)
            first = sorted(house.broker.puts)
            house.broker.puts.clear()
            assert house.home.takes(Inbound("homeassistant/status", b"offline", None, None, 1))
            assert house.home.takes(Inbound("homeassistant/status", b"online", None, None, 1))
            await house.book.until(lambda: len(house.broker.puts) >= 3)
            return first, sorted(house.broker.puts)

    first, again = asyncio.run(scene())

    assert first == again == sorted({*first})


def test_who_is_revoked_or_forgotten_leaves_also_while_we_were_away(tmp_path, monkeypatch):
    """An empty document and an empty state take it back; the list of who was announced outlives a restart."""
    monkeypatch.setattr(home_assistant, "LOOK_S", 0.02)
    announced = tmp_path / home_assistant.ANNOUNCED_NAME

    async def scene():
        async with running(tmp_path) as house:
            path = house.path
            await house.book.until(lambda: announced.exists() and NAME in announced.read_text())
        path.write_text("")
        async with booked(tmp_path) as book:
            house = House(tmp_path, book)
            house.path.write_text("")
            house.registry.refresh()
            task = asyncio.create_task(house.home.run())
            await book.until(lambda: house.broker.kept.get(DOCUMENT) == b"")
            await book.until(lambda: json.loads(announced.read_text()) == [])
            task.cancel()
            return house.broker.kept

    kept = asyncio.run(scene())

    assert kept[TOPICS.home(NAME)] == b""


def test_in_reach_or_not(tmp_path, monkeypatch):
    """As the roll call has it: unknown, here, missing."""
    monkeypatch.setattr(home_assistant, "LOOK_S", 0.02)

    async def scene():
        async with running(tmp_path) as house:
            said = [house.shown()["present"]]
            for presence in ("here", "missing"):
                house.state.presence, before = presence, said[-1]
                await house.book.until(lambda before=before: house.shown()["present"] != before)
                said.append(house.shown()["present"])
            return said

    assert asyncio.run(scene()) == ["None", "ON", "OFF"]


def test_it_is_off_unless_it_is_asked_for(tmp_path):
    """No section: nothing. An empty section: the prefix that everybody has, and no names."""
    FakePendant()
    registry(tmp_path, FakePendant())

    assert load(config(tmp_path, 1883, "/dev/ttyX")).home_assistant is None
    found = load(config(tmp_path, 1883, "/dev/ttyX", extra="[home_assistant]"))
    assert found.home_assistant == HomeAssistantConfig("homeassistant", with_names=False)


def test_begun_anew_it_watches_once(tmp_path):
    """After a fault it is begun anew, for years: what it has asked for before is given back."""

    async def scene():
        async with running(tmp_path) as house:
            for _ in range(3):
                task = asyncio.create_task(house.home.run())
                await asyncio.sleep(0.01)
                task.cancel()
                await asyncio.wait([task])
            return len(house.book.cases._watchers)

    assert asyncio.run(scene()) == 1


def test_it_ends_also_in_the_moment_in_which_something_changes(tmp_path):
    """With asyncio.wait_for() of Python 3.11 it went on, and the gateway did not end."""

    async def scene():
        async with running(tmp_path) as house:
            for turns in range(6):
                task = asyncio.create_task(house.home.run())
                await asyncio.sleep(0.05)
                house.home._has_changed.set()
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                _, still_there = await asyncio.wait([task], timeout=2)
                assert not still_there, f"not ended {turns} turns after a change"

    asyncio.run(scene())
