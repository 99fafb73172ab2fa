"""`gateway check` says before the first outage whether the second ways would work."""

import asyncio
from pathlib import Path

import pytest

from gateway.check import check
from gateway.config import load
from gateway.errors import SetUpError
from gateway.second_way import modem as modem_module
from hil_tests.virtual.modem import VirtualModem
from tests.gateway.rig import FakeBridge, FakePendant, broker, config, registry
from tools.home.broker import free_port


@pytest.fixture
def home(tmp_path):
    """A bridge and a broker that are there; a builder that checks with more in the configuration."""
    registry(tmp_path, FakePendant())
    bridge = FakeBridge(tmp_path / "tty")
    made = broker(tmp_path)
    made.start()

    def found(extra):
        return asyncio.run(check(load(config(tmp_path, made.port, bridge.link, extra=extra))))

    yield found
    bridge.pull_out()
    made.stop()


def modem_section(path, more=""):
    """A section [modem]."""
    return f'[modem]\nport = "{path}"\nnumbers = ["10086"]\n{more}\n'


def test_a_modem_that_would_work(home, tmp_path):
    """It answers, the SIM takes its PIN, the network has it; no message goes."""
    (tmp_path / "pin").write_text("0042\n")
    (tmp_path / "pin").chmod(0o600)
    with VirtualModem(tmp_path / "modem", pin="0042") as sim:
        assert home(modem_section(sim.path, 'pin_file = "pin"')) == []
        assert sim.messages == []


def test_a_modem_that_would_not(home, tmp_path, monkeypatch):
    """One sentence with its port and what to do."""
    monkeypatch.setattr(modem_module, "REGISTER_S", 0.1)
    with VirtualModem(tmp_path / "modem", pin="0042") as sim:
        (said,) = home(modem_section(sim.path))
        assert said.startswith(f"[modem] {sim.path}: the SIM wants its PIN; write it into the file")
        sim.is_unlocked, sim.registration = True, 2
        assert home(modem_section(sim.path)) == [
            f"[modem] {sim.path}: there is no network; look at the aerial and the place."
        ]
    (said,) = home(modem_section(tmp_path / "modem"))
    assert "plug the modem in" in said


def test_a_second_broker_that_is_not_there_and_a_siren_that_is_none(home):
    """Both are named by their own sections; nothing is sounded."""
    said = home(
        f'[second_broker]\nhost = "127.0.0.1"\nport = {free_port()}\n[siren]\ncommand = ["/nowhere/siren", "-x"]\n'
    )

    assert len(said) == 2
    assert "/nowhere/siren: is no program" in said[0]
    assert "[second_broker]" in said[1]


def test_a_broker_of_another_age(tmp_path):
    """It is there and says that it does not speak our version: that is told, in words."""
    registry(tmp_path, FakePendant())
    bridge = FakeBridge(tmp_path / "tty")

    async def refuse(reader, writer):
        await reader.read(1_000)
        writer.write(b"\x20\x03\x00\x84\x00")  # CONNACK: unsupported protocol version
        await writer.drain()
        writer.close()

    async def found():
        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await check(load(config(tmp_path, port, bridge.link, extra_broker='version = "5"')))

    said = asyncio.run(found())
    bridge.pull_out()

    assert len(said) == 1
    assert "no broker (it does not speak MQTT 5)" in said[0]


GOOD = 'port = "p"\nnumbers = ["10086"]\n'


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("[escalation]\nafter_s = 2", "after_s: must be a whole number from 3 to 600"),
        ("[escalation]\nanswer_s = 0", "answer_s: must be a whole number from 5 to 3600"),
        ("[modem]\nnumbers = ['10086']", "[modem] port: is missing"),
        ("[modem]\nport = 'p'", "numbers: is missing"),
        ("[modem]\nport = 'auto'\nnumbers = ['123']", "is the port of the bridge"),
        ("[modem]\nport = 'p'\nnumbers = ['12 34']", "is no number; write digits only"),
        ("[modem]\nport = 'p'\nnumbers = ['123', '123']", "names a number twice"),
        ("[modem]\n" + GOOD + "language = 'fr'", 'one of "zh", "en"'),
        ("[modem]\n" + GOOD + "services = ['pizza']", "there are rescue, shopping"),
        ("[modem]\n" + GOOD + "most_per_hour = 0", "from 1 to 200"),
        ("[modem]\n" + GOOD + "pin = '0042'", "is not known (do you mean pin_file?)"),
        ("[modem]\n" + GOOD + "pin_file = 'pin'", "4 to 8 digits"),
        ("[siren]\nevery_s = 5", "command: is missing"),
        ("[siren]\ncommand = ['aplay']", "must begin with the whole path"),
        ("[siren]\ncommand = ['/bin/true']\noff_command = ['x']", "off_command: must begin with the whole path"),
        ("[second_broker]\nport = 1883", "[second_broker] host: is missing"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, extra, words):
    """With its section, key and remedy."""
    (tmp_path / "pin").write_text("12\n")
    (tmp_path / "pin").chmod(0o600)
    with pytest.raises(SetUpError, match=r"gateway\.toml, line \d+: ") as caught:
        load(config(tmp_path, 1883, "auto", extra=extra))

    assert words in str(caught.value)
    assert Path(str(caught.value).split(",")[0]).name == "gateway.toml"
