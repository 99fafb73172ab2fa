"""Logs, status and metrics name no person, no key, no number and no password, whatever goes wrong."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from dataclasses import fields
from pathlib import Path

import pytest

from gateway.configuration.broker import BrokerConfig
from gateway.configuration.second_way import ModemConfig
from shared import words
from tests.gateway.rig import ID, FakeBridge, FakePendant, Platform, broker, config, wait_for
from tests.gateway.test_service import Manager
from tools.gateway_bench.twins import heard
from tools.home.broker import free_port

ROOT = Path(__file__).resolve().parents[2]
KEY = bytes.fromhex("feedfacecafe") * 2 + b"keys"
NEXT_KEY = bytes.fromhex("0badc0de") * 4
SECRETS = {
    "the wearer": "Wang-Xiuying",
    "the wearer's room": "room-behind-the-kitchen",
    "who answers": "Dr-Sonnenblume",
    "the password": "pw-Feuerwerk-1848",
    "a wrong password": "pw-Zaunkoenig-1849",
    "the PIN": "48151623",
    "a number": "13800138042",
    "a key": KEY.hex(),
    "a key to come": NEXT_KEY.hex(),
}


def listed(folder, tail=""):
    """The list, with a name, a key and a key to come; tail: what is wrong with it."""
    path = folder / "pendants.jsonl"
    entry = {
        "id": ID.hex(), "key": KEY.hex(), "next_key": NEXT_KEY.hex(), "name": SECRETS["the wearer"],
        "room": SECRETS["the wearer's room"],
    }  # fmt: skip
    path.write_text(json.dumps(entry) + "\n" + tail)
    path.chmod(0o600)


def private(path, text):
    """A file of secrets."""
    path.write_text(text)
    path.chmod(0o600)


def is_open(port):
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def provoke(folder, bridge, platform, pendant, password, log):
    """Everything that can go wrong in a few seconds, one after another; log() is what was told so far."""
    command = {"command": "answer", "id": "c", "alarm": pendant.name(1), "by": SECRETS["who answers"]}
    bridge.air(pendant.event(words.HELP_REQUESTED))
    platform.expect_event(pendant.name(1), 20)
    for wrong in ({}, {"eta_s": SECRETS["who answers"]}, {"name": SECRETS["the wearer"]}, {"command": "dance"}, {}):
        platform.send("tiexin/home/gw/command", json.dumps({**command, **wrong}))
    platform.send("tiexin/home/gw/command", SECRETS["who answers"].encode() + b"\xff{")
    wait_for(lambda: "answer-stored" in log(), 20)
    for rubbish in (
        heard(bytes(40)),
        b"\x00" * 50,
        heard(pendant.event(words.HELP_REQUESTED)[:-1] + b"x"),
        os.urandom(300),
    ):
        bridge.write(rubbish)
    for tail in (f'{{"id": "{ID.hex()}", "key": "{KEY.hex()}", "name": "{SECRETS["the wearer"]}', f'"{KEY.hex()}"\n',
                 f'{{"id": "{ID.hex()}", "key": "{KEY.hex()[:-1]}"}}\n', f'{{"id": "{KEY.hex()}"}}\n'):  # fmt: skip
        listed(folder, tail)
        wait_for(lambda: "about=registry" in log() or '"about": "registry"' in log(), 20)
    (folder / "pendants.jsonl").chmod(0o644)
    bridge.pull_out()
    wait_for(lambda: "the bridge is lost" in log(), 20)
    private(password, SECRETS["a wrong password"] + "\n")


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_private_is_told(tmp_path, form):
    """Good and bad commands, rubbish on every line, a broken list, a broker lost, a wrong password: none of it leaks,
    neither into the log at its most talkative, nor to the service manager, nor into status and metrics."""
    listed(tmp_path)
    password, pin = tmp_path / "password", tmp_path / "pin"
    private(password, SECRETS["the password"] + "\n")
    private(pin, SECRETS["the PIN"] + "\n")
    bridge = FakeBridge(tmp_path / "tty")
    made = broker(tmp_path, login={"gateway": SECRETS["the password"]})
    made.start()
    platform = Platform(made.port, login=("gateway", SECRETS["the password"]))
    manager = Manager(str(tmp_path / "notify"))
    modem = f'[modem]\nport = "{tmp_path}/none"\npin_file = "pin"\nnumbers = ["+86{SECRETS["a number"]}"]\n'
    page = free_port()
    modem += "tells_name = true\ntells_room = true\n[escalation]\nafter_s = 3\nanswer_s = 5\n"
    modem += f"[station]\nport = {page}\n[home_assistant]\n"
    path = config(tmp_path, made.port, bridge.link, 'username = "gateway"\npassword_file = "password"', modem)
    log = tmp_path / "log"
    environment = {**os.environ, "NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "400000"}
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "run", "--config", path, "--verbose", "--log", form],
            cwd=ROOT, env=environment, stderr=file, stdout=file,
        )  # fmt: skip
    pendant = FakePendant(key=KEY)
    try:
        wait_for(lambda: "serial-open" in log.read_text(), 30)
        provoke(tmp_path, bridge, platform, pendant, password, log.read_text)
        wait_for(lambda: is_open(page), 20)
        pages = [
            urllib.request.urlopen(f"http://127.0.0.1:{page}/{name}").read().decode() for name in ("metrics", "healthz")
        ]
        states = [m.payload.decode() for m in platform.messages if m.topic.endswith(("/status", "/metrics"))]
        platform.close()
        made.stop()
        wait_for(lambda: "connection lost" in log.read_text(), 30)
    finally:
        process.terminate()
        process.wait(timeout=30)
    doctor = [
        subprocess.run([sys.executable, "-m", "gateway", "doctor", "--config", path, "--language", language, *options],
                       cwd=ROOT, capture_output=True, text=True, check=False).stdout
        for language, options in (("en", ()), ("zh", ("--json",)))
    ]  # fmt: skip
    told = "\n".join([log.read_text(), *map(str, manager.told), *states, *pages, *doctor])

    assert len(states) >= 1
    assert "Traceback" not in told
    for what, secret in SECRETS.items():
        assert secret not in told, f"{what} was told: {told[max(0, told.index(secret) - 200) :][:300]}"
        assert secret.encode().hex() not in told, what


def test_what_was_configured_shows_no_secret():
    """Whoever prints a configuration, or a traceback with one in it, prints neither password nor PIN."""
    broker = BrokerConfig("host", 1883, "user", "the password", False, None, None, None, "auto", 20)
    pin = {one.name: one.repr for one in fields(ModemConfig)}["pin"]

    assert "the password" not in repr(broker)
    assert not pin
