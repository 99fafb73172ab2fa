"""The service file: systemd understands it, it gives away little, and the gateway can live under it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.__main__ import main
from gateway.cli.unit import unit
from shared import words
from tests.gateway.rig import FakeBridge, FakePendant, config, registry, wait_for
from tools.home.broker import free_port

ROOT = Path(__file__).resolve().parents[3]
MOST_EXPOSURE = 20  # tenths: "OK" of systemd-analyze ends at 40, a service without any care has 96
_has_analyze = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed: apt install systemd"
)


@pytest.fixture
def service(tmp_path):
    """The unit of this Python, in a file of its name."""
    path = tmp_path / "tiexin-gateway.service"
    path.write_text(unit(f"{sys.executable} -m gateway", Path("/etc/tiexin/gateway.toml")))
    return path


def test_the_unit_names_this_installation(capsys):
    """The program as it was started, and the configuration that was named."""
    assert main(["unit", "--config", "/srv/other.toml"]) == 0
    said = capsys.readouterr()

    assert re.search(r"(?m)^ExecStart=/.+ run --config /srv/other\.toml$", said.out)
    assert "Type=notify" in said.out


def _analyze(*arguments):
    """Run systemd-analyze on a file; it looks through the system's units too, which not every user may everywhere."""
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)
    if "Permission denied" in done.stderr:
        pytest.skip(f"this user may not look at this system's units: run it as root ({done.stderr.strip()[:80]})")
    return done


@_has_analyze
def test_systemd_understands_the_unit(service):
    """No unknown key, no value that is ignored."""
    done = _analyze("verify", service)
    said = [line for line in done.stderr.splitlines() if "tiexin" in line and "modprobe@" not in line]

    assert (done.returncode, said) == (0, [])


@_has_analyze
def test_the_unit_exposes_little(service):
    """Below the threshold that docs/install.md names."""
    done = _analyze("security", "--offline=true", f"--threshold={MOST_EXPOSURE}", service)
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze cannot look at a file: run it with systemd 250 or newer")

    assert done.returncode == 0, done.stdout[-300:]


def test_only_serial_ports_are_let_in(service):
    """A modem and a bridge may hang on one box: both kinds of USB port, nothing else, and not PrivateDevices=."""
    text = service.read_text()

    assert re.findall(r"(?m)^DeviceAllow=(.*)$", text) == ["char-ttyACM rw", "char-ttyUSB rw"]
    assert "\nDevicePolicy=closed\n" in text
    assert "\nPrivateDevices=" not in text


def allowed_calls(text):
    """The names of the system calls that the unit's filters let through."""
    allowed = set()
    for line in re.findall(r"(?m)^SystemCallFilter=(.*)$", text):
        names = {call for name in line.lstrip("~").split() for call in expanded(name)}
        allowed = allowed - names if line.startswith("~") else allowed | names
    return allowed


def expanded(name):
    """A group as systemd knows it, with the groups in it."""
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
    return {call for line in said.stdout.splitlines()[1:] if (inner := line.strip()) and not inner.startswith("#")
            for call in expanded(inner)}  # fmt: skip


@_has_analyze
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed: apt install strace")
def test_a_gateway_makes_no_call_that_the_unit_forbids(service, tmp_path):
    """Start, bridge, alarm, commit, end: every system call is one that the filter lets through."""
    registry(tmp_path, FakePendant())
    bridge = FakeBridge(tmp_path / "tty")
    path = config(tmp_path, free_port(), bridge.link)
    path.write_text(path.read_text().replace('"always"', '"auto"'))
    trace = tmp_path / "calls"
    process = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", trace, sys.executable, "-m", "gateway", "run", "--config", path],
        cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ, "NOTIFY_SOCKET": "@nobody"},
    )  # fmt: skip
    try:
        line = process.stderr.readline()
        if "ptrace" in line:
            pytest.skip("no process may be traced here: run it outside a container, or with SYS_PTRACE")
        pendant = FakePendant()
        while "bridge " not in line:
            line = process.stderr.readline()
            assert line, "it ended"
        bridge.air(pendant.event(words.HELP_REQUESTED))
        bridge.expect(pendant.read, 60)
        gateway_pid = int(trace.read_text().split(maxsplit=1)[0])
        os.kill(gateway_pid, 15)
        process.communicate(timeout=60)
    finally:
        process.kill()
        bridge.pull_out()
    wait_for(lambda: process.returncode is not None)
    made = set(re.findall(r"(?m)^\d+ +(\w+)\(", trace.read_text()))

    only_as_root = {"fchown"}  # SQLite gives its log to the database's owner, if it may
    assert made - allowed_calls(service.read_text()) <= only_as_root
