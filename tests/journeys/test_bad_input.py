"""What a new user can get wrong is answered in one clear sentence, never with a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import iotcore
import pytest
import serial

from tools.home.broker import free_port

pytestmark = pytest.mark.journey

_ROOT = Path(__file__).resolve().parents[2]
_TIMEOUT_S = 30


def run(*command):
    """Run a module of ours as a user would; return (exit code, everything that was said)."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=_ROOT, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    return done.returncode, done.stdout + done.stderr


def refused(said, *parts):
    """Whether run() ended with an error that names all the parts, and without a traceback."""
    code, text = said
    flat = " ".join(text.split())
    return code != 0 and "Traceback" not in text and all(part in flat for part in parts)


@pytest.fixture
def config(tmp_path):
    """Writes a configuration whose serial port and broker can be chosen."""

    def write(port="/dev/null", broker_port=1, extra=""):
        registry = tmp_path / "pendants.jsonl"
        registry.touch(mode=0o600)
        path = tmp_path / "gateway.toml"
        path.write_text(
            f'[gateway]\nsite = "home"\nid = "gw1"\ndata_dir = "data"\n[serial]\nport = "{port}"\n'
            f'[broker]\nhost = "127.0.0.1"\nport = {broker_port}\n{extra}[pendants]\nfile = "pendants.jsonl"\n',
            encoding="utf-8",
        )
        return path

    return write


def test_a_configuration_that_is_no_toml(tmp_path):
    """File, line and what to do."""
    path = tmp_path / "gateway.toml"
    path.write_text('[gateway]\nsite = "home\n', encoding="utf-8")

    assert refused(run("gateway", "run", "--config", str(path)), "gateway.toml", "line 2")


def test_a_configuration_that_is_not_there(tmp_path):
    """The path and what to do."""
    assert refused(run("gateway", "run", "--config", str(tmp_path / "none.toml")), "none.toml", "--config")


def test_a_value_that_cannot_be(config):
    """Line, section, key and the values that would do."""
    path = config(broker_port=99_999)

    assert refused(run("gateway", "run", "--config", str(path)), "line 9", "[broker] port", "65535")


def test_a_serial_port_that_is_not_there(config):
    """The path that was tried."""
    path = config(port="/dev/ttyNOTHING")

    assert refused(run("gateway", "run", "--config", str(path)), "/dev/ttyNOTHING")


def test_a_serial_port_that_is_in_use(config):
    """Another program has it: that is said."""
    controller, device = os.openpty()
    name = os.ttyname(device)
    with serial.Serial(name, exclusive=True):
        said = run("gateway", "run", "--config", str(config(port=name)))
    os.close(controller)
    os.close(device)

    assert refused(said, name, "another program")


def test_a_broker_that_refuses_the_password(config, tmp_path):
    """Broker, user and where the password is kept."""
    port = free_port()
    broker_config = tmp_path / "broker.toml"
    broker_config.write_text(
        "id = 0\n[router]\nid = 0\nmax_connections = 10\nmax_outgoing_packet_count = 200\n"
        "max_segment_size = 10485760\nmax_segment_count = 10\n"
        f'[v5.1]\nname = "v5"\nlisten = "127.0.0.1:{port}"\nnext_connection_delay_ms = 1\n'
        "[v5.1.connections]\nconnection_timeout_ms = 5000\nmax_payload_size = 20480\nmax_inflight_count = 100\n"
        '[v5.1.connections.auth]\ngateway = "right"\n',
        encoding="utf-8",
    )
    password = tmp_path / "password"
    password.write_text("wrong\n", encoding="utf-8")
    password.chmod(0o600)
    controller, device = os.openpty()
    with iotcore.Broker(config_path=str(broker_config)):
        extra = 'username = "gateway"\npassword_file = "password"\n'
        said = run("gateway", "run", "--config", str(config(os.ttyname(device), port, extra)))
    os.close(controller)
    os.close(device)

    assert refused(said, "127.0.0.1", "password")


@pytest.mark.parametrize("name", ["none.npz", "broken.npz", "broken.csv", "picture.png"])
def test_a_recording_that_cannot_be_read(tmp_path, name):
    """The demo names the file and what is wrong with it, before it starts anything."""
    path = tmp_path / name
    if name != "none.npz":
        path.write_bytes(b"\x00\x01 not a recording")

    assert refused(run("tools.demo", "--trace", str(path)), name)


def test_keys_without_a_keyboard():
    """KEEP=1 where no terminal is says so at once."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.demo", "--keep"],
        cwd=_ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False,
    )  # fmt: skip

    assert refused((done.returncode, done.stdout + done.stderr), "terminal")
