"""The service manager hears that we are ready and alive, and hears nothing from a gateway that hangs."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest

from gateway.service import Service, Watchdog
from gateway.trace import Trace, silent_sink
from shared import words
from tests.gateway.helpers import opened
from tests.gateway.rig import FakeBridge, FakePendant, config, registry, wait_for
from tools.home.broker import free_port

ROOT = Path(__file__).resolve().parents[2]


class Manager:
    """What systemd is to a service: a datagram socket that keeps what it is told."""

    def __init__(self, address):
        self.address = address
        self.told = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while text := self._socket.recv(4096):
            self.told.append(dict(line.split("=", 1) for line in text.decode().splitlines()))

    def count(self, name):
        """How often that was told."""
        return sum(name in told for told in list(self.told))

    def service(self, watchdog_s=0.2):
        """A service of this manager."""
        return Service({"NOTIFY_SOCKET": self.address, "WATCHDOG_USEC": str(int(watchdog_s * 1e6))})


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    """With either kind of socket."""
    return Manager(str(tmp_path / "notify") if request.param == "path" else f"@tiexin-test-{uuid.uuid4()}")


def watchdog(service, *, store_answers, serial_turned_s=time.monotonic, status=lambda: "well"):
    """A watchdog over these parts."""
    return Watchdog(
        service, store_answers=store_answers, serial_turned_s=serial_turned_s, status=status, trace=Trace(silent_sink)
    )


async def until(look):
    """Back when look() is true."""
    async with asyncio.timeout(20):
        while not look():
            await asyncio.sleep(0.01)


def test_what_is_told_arrives(manager):
    """One message, a line each; a status is one line whatever is in it."""
    manager.service().tell(READY="1", STATUS="two\nlines " + "x" * 1_000)

    wait_for(lambda: manager.told)
    assert manager.told[0]["READY"] == "1"
    assert manager.told[0]["STATUS"].startswith("two lines xxx")
    assert len(manager.told[0]["STATUS"]) == 500


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "rubbish", "@nobody-listens-here", "/" + "x" * 300])
def test_nobody_listens(address):
    """That is nobody's fault."""
    Service({"NOTIFY_SOCKET": address}).tell(READY="1")


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
    ],
)
def test_whether_we_are_watched(environment, watchdog_s):
    """As sd_watchdog_enabled(3) reads it."""
    assert Service(environment).watchdog_s == watchdog_s


def test_a_hung_writer_is_not_covered_up(manager, tmp_path):
    """While the store's writer hangs the watchdog is not fed and the status says why; afterwards it is again."""
    release = threading.Event()

    async def trip():
        async with opened(tmp_path / "store.db") as store:
            running = asyncio.create_task(watchdog(manager.service(), store_answers=store.settled).run())
            await until(lambda: manager.count("WATCHDOG") >= 2)
            store.ask(lambda db: release.wait(60), lambda outcome: None)
            await until(lambda: any("has not answered" in told["STATUS"] for told in manager.told))
            fed = manager.count("WATCHDOG")
            looks = manager.count("STATUS")
            await until(lambda: manager.count("STATUS") >= looks + 3)
            assert manager.count("WATCHDOG") == fed
            release.set()
            await until(lambda: manager.count("WATCHDOG") > fed)
            running.cancel()

    asyncio.run(trip())


def test_a_store_that_refuses_is_not_a_store_that_hangs(tmp_path, monkeypatch):
    """A full or read-only disk is not healed by a new start."""
    manager = Manager(str(tmp_path / "notify"))

    def refuse(_group):
        fault = sqlite3.OperationalError("attempt to write a readonly database")
        fault.sqlite_errorcode = sqlite3.SQLITE_READONLY
        raise fault

    async def trip():
        async with opened(tmp_path / "store.db") as store:
            monkeypatch.setattr(store._writer, "_transact", refuse)
            running = asyncio.create_task(watchdog(manager.service(), store_answers=store.settled).run())
            await until(lambda: manager.count("WATCHDOG") >= 2)
            running.cancel()

    asyncio.run(trip())


def test_a_hung_serial_line_is_not_covered_up(tmp_path):
    """A driver that never comes back from opening a port."""
    manager = Manager(str(tmp_path / "notify"))
    long_ago_s = time.monotonic() - 31

    async def answers():
        pass

    async def trip():
        hung = watchdog(manager.service(), store_answers=answers, serial_turned_s=lambda: long_ago_s)
        running = asyncio.create_task(hung.run())
        await until(lambda: len(manager.told) >= 3)
        running.cancel()

    asyncio.run(trip())
    assert manager.count("WATCHDOG") == 0
    assert all("serial line hangs for 31 s" in told["STATUS"] for told in manager.told)


def test_a_gateway_tells_its_life(tmp_path):
    """READY with the store open, WATCHDOG while it serves, STOPPING at the end; not ready without a serial port."""
    registry(tmp_path, FakePendant())
    manager = Manager(str(tmp_path / "notify"))
    bridge = FakeBridge(tmp_path / "tty")
    environment = {**os.environ, "NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "400000"}

    def started(port):
        path = config(tmp_path, free_port(), port)
        return subprocess.Popen(
            [sys.executable, "-m", "gateway", "run", "--config", path],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
        )

    assert started(tmp_path / "none").wait(timeout=30) == 2
    assert manager.told == []
    process = started(bridge.link)
    wait_for(lambda: manager.count("READY"), 30)
    assert (tmp_path / "data" / "store.db").exists()
    wait_for(lambda: any("bridge there; broker away" in told.get("STATUS", "") for told in manager.told), 30)
    bridge.air(FakePendant().event(words.HELP_REQUESTED))
    wait_for(lambda: any("waiting: 1 alarm" in told.get("STATUS", "") for told in manager.told), 30)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)

    assert process.returncode == 0
    assert manager.count("WATCHDOG") >= 2
    assert "STOPPING" in manager.told[-1]
    bridge.pull_out()


_HANGS = """
import sys, time
from gateway.__main__ import main

def through(sink):
    def tell(step, facts):
        sink(step, facts)
        if step == "committing":  # told by the store's writer, in its own thread
            time.sleep(3600)
    return tell

main(sys.argv[1:], through=through)
"""


def test_a_hung_store_is_started_anew_and_the_call_is_kept(tmp_path):
    """A real gateway whose writer hangs in the middle of a commit: the service manager ends it for want of a WATCHDOG,
    the traceback says where it hung, and the next one stores what the pendant repeats."""
    pendant = FakePendant()
    registry(tmp_path, pendant)
    bridge = FakeBridge(tmp_path / "tty")
    manager = Manager(str(tmp_path / "notify"))
    environment = {**os.environ, "NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "1000000"}
    arguments = ["run", "--verbose", "--config", config(tmp_path, free_port(), bridge.link)]

    def started(program):
        return subprocess.Popen(
            [sys.executable, *program, *arguments], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
        )

    def is_hung():
        """As systemd sees it: fed before, and not for longer than agreed (and some more, on a busy machine)."""
        fed = manager.count("WATCHDOG")
        time.sleep(3)
        return manager.count("WATCHDOG") == fed

    hanging = started(["-c", _HANGS])
    wait_for(lambda: manager.count("WATCHDOG") >= 2, 30)
    frame = pendant.event(words.HELP_REQUESTED)
    bridge.air(frame)
    wait_for(is_hung, 30)
    assert bridge.sent == []
    assert any("store's writer has not answered" in told.get("STATUS", "") for told in manager.told)
    hanging.send_signal(signal.SIGABRT)
    _, said = hanging.communicate(timeout=30)
    assert "_transact" in said

    again = started(["-m", "gateway"])
    wait_for(lambda: bridge.air(pendant.event(words.HELP_REQUESTED, seq=1)) or time.sleep(0.2) or bridge.sent, 30)
    kind, ack = pendant.read(bridge.sent[0])
    again.terminate()
    again.communicate(timeout=30)
    bridge.pull_out()

    assert (kind, ack.seq, ack.status) == (words.ACK, 1, words.STORED)
