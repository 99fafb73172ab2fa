# ruff: noqa: RUF001 - Chinese has its own punctuation
"""The broker is away and somebody has fallen: a telephone rings, the siren sounds, and nothing is told twice."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway import case_tables, tables
from gateway.case import Dates, picture
from gateway.config import load
from hil_tests.virtual.modem import VirtualModem
from shared import words
from tests.gateway.rig import FakeBridge, FakePendant, Platform, broker, config, registry, wait_for
from tools.gateway_bench.net import Net

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = ["+8613800138000", "+8613900139000"]


class House:
    """A gateway in a process of its own, with a modem, a siren, a broker that is away and another that is not."""

    def __init__(self, directory, after_s=3, answer_s=600, second=None, siren=False):
        self.directory = directory
        self.pendant = FakePendant()
        registry(directory, self.pendant)
        self.bridge = FakeBridge(directory / "tty")
        self.broker = broker(directory)
        self.broker.start()
        self.platform = Platform(self.broker.port)  # from the beginning: this broker keeps nothing for who comes later
        self.net = Net(self.broker.port)
        self.net.__enter__()
        self.net.refuse()
        self.modem = VirtualModem(directory / "modem")
        self.modem.plug()
        self.log = directory / "log"
        extra = [f"[escalation]\nafter_s = {after_s}\nanswer_s = {answer_s}"] if after_s else []
        extra.append(f'[modem]\nport = "{self.modem.path}"\nnumbers = {json.dumps(NUMBERS)}')
        if second:
            extra.append(f'[second_broker]\nhost = "127.0.0.1"\nport = {second}')
        if siren:
            noise = ["/bin/sh", "-c", f"echo x >> {directory / 'noise'}"]
            extra.append(f"[siren]\ncommand = {json.dumps(noise)}\nevery_s = 1")
        self.path = config(directory, self.net.port, self.bridge.link, extra="\n".join(extra))
        self.process = None

    def start(self):
        """Switch the gateway on."""
        command = [sys.executable, "-m", "gateway", "run", "--config", self.path, "--log", "json"]
        before = self._servings()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=log)
        wait_for(lambda: self._servings() > before, 20)

    def _servings(self):
        return self.log.read_text().count('"serving"') if self.log.exists() else 0

    def stop(self, how=signal.SIGTERM):
        """End the gateway's process."""
        self.process.send_signal(how)
        self.process.wait(20)

    def say(self, code, **rest):
        """The pendant says something, until it is acknowledged; the event's id."""
        before = len(self.bridge.sent)
        self.bridge.air(self.pendant.event(code, **rest))
        wait_for(lambda: len(self.bridge.sent) > before, 20)
        return self.pendant.name()

    def answer(self, name):
        """The platform's operator answers."""
        command = {"command": "answer", "id": "c", "alarm": name, "by": "operator"}
        wait_for(lambda: any(message.topic.endswith("/status") for message in self.platform.messages), 20)
        self.platform.send("tiexin/home/gw/command", json.dumps(command))

    def case(self, name):
        """The case as it stands on the disk."""
        db = sqlite3.connect(f"file:{self.directory / 'data' / 'store.db'}?mode=ro", uri=True)
        try:
            rows = case_tables.one(db, name)
            offsets = tables.offsets(db)
        finally:
            db.close()
        return picture(rows, Dates(max(offsets), offsets.get)) if rows else None

    def steps(self, name):
        """The names of the steps of a case."""
        case = self.case(name)
        return [step.name for step in case.steps] if case else []

    def close(self):
        """Clear up."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)
        self.modem.unplug()
        self.bridge.pull_out()
        self.net.__exit__()
        self.platform.close()
        self.broker.stop()


@pytest.fixture
def house(tmp_path):
    """A builder of houses."""
    built = []

    def build(**rest):
        built.append(House(tmp_path, **rest))
        return built[-1]

    yield build
    for one in built:
        one.close()


def test_the_default_is_ten_seconds(tmp_path):
    """Without a section [escalation]: 10 s for a broker, 30 s for a person."""
    registry(tmp_path, FakePendant())
    way = load(config(tmp_path, 1883, "auto")).second_way

    assert (way.after_s, way.answer_s) == (10, 30)
    assert (way.broker, way.modem, way.siren) == (None, None, None)


def test_an_outage_rings_a_telephone_in_chinese_once(house):
    """Broker away, alarm, a message to each number; broker back, the platform has it, and nobody a second message."""
    home = house()
    home.start()
    began_s = time.monotonic()
    name = home.say(words.FALL_SUSPECTED)
    wait_for(lambda: len(home.modem.messages) == 2, 20)

    assert sorted(message.number for message in home.modem.messages) == NUMBERS
    for message in home.modem.messages:
        assert message.text.startswith("贴心报警：疑似跌倒，吊坠a0b1c2d3e4f5，")
        assert message.text.endswith("请立即查看。[home/gw]")
    waited_s = min(message.at_s for message in home.modem.messages) - began_s
    assert 2.9 < waited_s < 13  # 3 s as configured, and what a busy machine adds
    confirmed = home.say(words.FALL_CONFIRMED, ref=(1, 1))

    home.net.accept()
    home.platform.expect_event(name, 20)
    home.platform.expect_event(confirmed, 20)
    home.answer(name)
    wait_for(lambda: "answered" in home.steps(name), 20)
    answered = wait_for(lambda: [e for _, _, e in home.platform.events if e["type"] == "tiexin.alarm.answered"], 20)
    time.sleep(1.5)
    home.stop()

    assert len(home.modem.messages) == 2
    assert answered[0]["data"]["alarm"] == name
    case = home.case(name)
    assert (case.state, case.is_open, case.answered_by, case.waiting_since_ms) == ("confirmed", True, "operator", None)
    assert sorted(home.steps(name)) == sorted(
        ["raised", "heard", "stored", "confirmed-by-broker"] * 2 + ["sms-sent"] * 2 + ["answered"]
    )
    assert {step.detail for step in case.steps if step.name == "sms-sent"} == {"…8000", "…9000"}


def test_a_restart_does_not_forget_to_tell(house):
    """Killed before the message: it goes after the restart, and its seconds count from when the alarm was stored."""
    home = house(after_s=6)
    home.start()
    name = home.say(words.HELP_REQUESTED)
    home.stop(signal.SIGKILL)
    time.sleep(6)
    home.start()
    serving_s = time.monotonic()
    wait_for(lambda: len(home.modem.messages) == 2, 20)
    assert home.modem.messages[0].at_s - serving_s < 5  # not 6 s again
    wait_for(lambda: home.steps(name).count("sms-sent") == 2, 20)
    home.stop()

    assert len(home.modem.messages) == 2
    assert "呼叫救援" in home.modem.messages[0].text


def test_a_second_broker_has_the_alarm_and_nobody_is_woken(house, tmp_path):
    """The same alarm under the same id; no message, no siren for it; the first broker gets it too, when it is back."""
    (tmp_path / "second").mkdir()
    second = broker(tmp_path / "second")
    second.start()
    other = Platform(second.port)
    home = house(second=second.port, siren=True)
    try:
        home.start()
        name = home.say(words.FALL_SUSPECTED)
        event = other.expect_event(name, 20)
        cancelled = home.say(words.FALL_CANCELLED, ref=(1, 1))
        wait_for(lambda: "second-broker" in home.steps(name), 20)
        time.sleep(4)
        home.net.accept()
        first = home.platform.expect_event(name, 20)
        home.platform.expect_event(cancelled, 20)
        wait_for(lambda: home.steps(name).count("confirmed-by-broker") == 2, 20)
        home.stop()
    finally:
        other.close()
        second.stop()

    assert (event["id"], event["source"], event["type"]) == (first["id"], first["source"], first["type"])
    assert {message.topic.split("/")[3] for message in other.messages} == {"alarm", "status"}
    assert home.modem.messages == []
    assert not (tmp_path / "noise").exists()


def test_the_siren_sounds_until_somebody_answers(house, tmp_path):
    """The broker has the alarm, but nobody answers: the station itself is heard, until the platform's answer."""
    home = house(answer_s=5, siren=True)
    home.net.accept()
    noise = tmp_path / "noise"
    home.start()
    name = home.say(words.HELP_REQUESTED)
    meals = home.say(words.HELP_REQUESTED, arg=words.MEALS)
    wait_for(lambda: noise.exists() and len(noise.read_text().split()) >= 2, 30)
    home.answer(name)
    wait_for(lambda: "siren-off" in home.steps(name), 20)
    heard = len(noise.read_text().split())
    time.sleep(2.2)
    assert len(noise.read_text().split()) <= heard + 1  # one may have begun just then
    home.stop()

    assert home.modem.messages == []
    on, off = (step for step in home.case(name).steps if step.name.startswith("siren"))
    assert (on.detail, off.by) == ("not answered", "operator")
    assert "siren-on" not in home.steps(meals)
