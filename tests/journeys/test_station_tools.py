"""What installers and monitors use, on a gateway that runs: its numbers, a fall's motion, the way there and back."""

import asyncio
import re
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from gateway.station import users
from shared import waves, words
from tests.gateway.rig import FakeBridge, FakePendant, Platform, broker, config, registry, wait_for
from tools.home.broker import free_port

pytestmark = pytest.mark.journey
ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a long password"
ENGLISH = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def house(tmp_path):
    """A gateway with its page, and a pendant that has fallen and sent its motion: (address of the page, alarm)."""
    pendant, bridge, made = FakePendant(), FakeBridge(tmp_path / "tty"), broker(tmp_path)
    registry(tmp_path, pendant)
    made.start()
    platform = Platform(made.port)
    port = free_port()
    (tmp_path / "data").mkdir()
    users.put(tmp_path / "data" / "users.jsonl", "Wang", "installer", PASSWORD)
    path = config(tmp_path, made.port, bridge.link, extra=f"[station]\nport = {port}\n")
    command = [sys.executable, "-m", "gateway", "run", "--config", path]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: [m for m in platform.messages if m.topic.endswith("/status")], 30)
        wait_for(lambda: answers(port), 30)  # the page comes after what alarms need
        for air in (pendant.beat(), pendant.event(words.FALL_SUSPECTED), *(pendant.wave(1, n) for n in range(3))):
            bridge.air(air)
        wait_for(lambda: [event for _, _, event in platform.events if event["type"] == "tiexin.fall.motion"], 20)
        yield f"http://127.0.0.1:{port}", pendant.name(1)
    finally:
        process.terminate()
        process.wait(20)
        platform.close()
        bridge.pull_out()
        made.stop()


def answers(port):
    """Whether somebody listens there."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


async def text(answer):
    """Status and text of an answer."""
    async with answer as got:
        return got.status, await got.text()


async def walk_through(address, alarm):
    """One visit of an installer, and what a monitor sees: everything by name."""
    found = {}
    async with aiohttp.ClientSession(
        address, cookie_jar=aiohttp.CookieJar(unsafe=True), headers=ENGLISH, timeout=aiohttp.ClientTimeout(60)
    ) as client:
        found["fit"] = await text(client.get("/healthz"))
        for _ in range(100):  # what is seen is up to a second old
            found["numbers"] = await text(client.get("/metrics"))
            if "tiexin_alarms_unanswered 1.0" in found["numbers"][1]:
                break
            await asyncio.sleep(0.1)
        token = re.search(r'name="token" value="([^"]+)"', (await text(client.get("/sign-in")))[1])[1]
        fields = {"name": "Wang", "password": PASSWORD, "token": token}
        page = (await text(client.post("/sign-in", data=fields)))[1]
        token = re.search(r'name="token" value="([^"]+)"', page)[1]
        found["board"] = page
        found["motion"] = await text(client.get(f"/cases/{alarm}/motion.svg"))
        found["test"] = await text(client.post("/installer/test", data={"token": token}))
        found["health"] = await text(client.get("/installer"))
    return found


def test_an_installer_and_a_monitor_find_what_is(house):
    """All of it real: the store, the broker, the bridge's line, the page."""
    address, alarm = house
    found = asyncio.run(walk_through(address, alarm))

    assert found["fit"] == (200, '{"status": "ok", "reasons": []}')
    status, numbers = found["numbers"]
    assert status == 200
    for line in ('tiexin_link_up{link="bridge"} 1.0', "tiexin_alarms_unanswered 1.0", "tiexin_bridge_channel 6.0"):
        assert line in numbers
    assert f'tiexin_frames_total{{outcome="motion"}} {waves.PARTS}.0' in numbers
    assert f"/cases/{alarm}/motion.svg" in found["board"]
    assert found["motion"][0] == 200 and "<polyline" in found["motion"][1]
    assert "It works" in found["test"][1] and len(re.findall(r"[\d.]+ ms<", found["test"][1])) == 3
    assert "a0b1c2d3e4f5" in found["health"][1] and "-50 dBm" in found["health"][1]
