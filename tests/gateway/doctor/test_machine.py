"""The clock, the service, and whether a gateway runs: each can be well, and each can be wrong."""

import subprocess
from types import SimpleNamespace

import pytest

from gateway.alone import Alone
from gateway.clock import Clock
from gateway.doctor import machine


@pytest.mark.parametrize(
    ("is_trusted", "code", "level"), [(True, "clock_well", "well"), (False, "clock_unknown", "note")]
)
def test_the_clock(is_trusted, code, level):
    """Known or not."""
    found = machine.clock(Clock(is_trusted=lambda: is_trusted))

    assert (found.code, found.level) == (code, level)


@pytest.mark.parametrize(
    ("said", "runs", "code", "level"),
    [
        ("LoadState=loaded\nActiveState=active\n", True, "service_well", "well"),
        ("LoadState=loaded\nActiveState=failed\n", False, "service_not_running", "wrong"),
        ("LoadState=loaded\nActiveState=inactive\n", True, "service_by_hand", "well"),
        ("LoadState=not-found\nActiveState=inactive\n", False, "service_none", "note"),
        (None, False, "service_none", "note"),
    ],
)
def test_the_service(monkeypatch, tmp_path, said, runs, code, level):
    """As systemd says, where there is one."""

    def run(*_args, **_options):
        if said is None:
            raise subprocess.TimeoutExpired("systemctl", 5)
        return SimpleNamespace(stdout=said)

    monkeypatch.setattr(machine, "_SYSTEMD", tmp_path)
    monkeypatch.setattr(machine.subprocess, "run", run)
    found = machine.service(runs=runs)

    assert (found.code, found.level) == (code, level)


def test_whether_a_gateway_runs(tmp_path):
    """While it holds the lock, and not a moment longer."""
    config = SimpleNamespace(data_dir=tmp_path / "data")
    assert not machine.is_running(config)
    with Alone(config.data_dir):
        assert machine.is_running(config)
    assert not machine.is_running(config)
