"""Without this file a stopped service or a wrong clock would be looked for everywhere else first."""

import platform
import sqlite3
import ssl
import subprocess
from importlib import metadata
from pathlib import Path

from gateway.alone import Alone
from gateway.clock import Clock
from gateway.config import Config
from gateway.doctor.finding import Finding, note, well, wrong
from gateway.errors import SetUpError

SERVICE = "tiexin-gateway"
_SYSTEMD = Path("/run/systemd/system")
_WAIT_S = 5.0


def clock(said: Clock) -> Finding:
    """Whether the time is known."""
    return note("clock", "clock_unknown") if said.offset_ms() is None else well("clock", "clock_well")


def is_running(config: Config) -> bool:
    """Whether a gateway serves this store at this moment."""
    if not config.data_dir.is_dir():
        return False
    try:
        with Alone(config.data_dir):
            return False
    except SetUpError as fault:
        return "a gateway runs" in str(fault)


def service(*, runs: bool) -> Finding:
    """Whether the service runs, or a gateway without it."""
    state = _state()
    if state == "active":
        return well("service", "service_well")
    if runs:
        return well("service", "service_by_hand")
    if state:
        return wrong("service", "service_not_running", state=state)
    return note("service", "service_none")


def _state() -> str:
    """As systemd says; empty where there is none, or where it knows no such service."""
    if not _SYSTEMD.is_dir():
        return ""
    try:
        said = subprocess.run(
            ["systemctl", "show", "--property=LoadState,ActiveState", SERVICE],
            capture_output=True, text=True, timeout=_WAIT_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    facts = dict(line.split("=", 1) for line in said.stdout.splitlines() if "=" in line)
    return facts.get("ActiveState", "") if facts.get("LoadState") == "loaded" else ""


def versions() -> Finding:
    """What is installed."""
    try:
        gateway = metadata.version("tiexin")
    except metadata.PackageNotFoundError:
        gateway = "(from its sources)"
    return well(
        "versions", "versions", gateway=gateway, python=platform.python_version(), sqlite=sqlite3.sqlite_version,
        openssl=ssl.OPENSSL_VERSION,
    )  # fmt: skip
