"""Without this file every test and the demo would wire broker, platform, gateway, air, bridge and pendants anew.

One home: everything starts in one place and ends in the reverse order; nothing is left behind.
"""

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self

from hil_tests.virtual.air import Air
from hil_tests.virtual.board import VirtualBoard
from hil_tests.virtual.clock import Clock
from hil_tests.virtual.flash_image import micropython
from tools.board_files import BoardFile, board_files
from tools.home.broker import EmbeddedBroker, free_port
from tools.home.gateway_process import GatewayProcess
from tools.home.internet import Internet
from tools.home.platform import Arrival, Platform

CHANNEL = 6
GATEWAY = "gateway1"
_BRIDGE_MAC = bytes.fromhex("a0b1c2d3e400")
_FIRST_PENDANT = 0x7C9EBD000001
_AT_ONCE = 4
_APART_S = 0.5
_READY_WITHIN_S = 60  # a busy machine starts twenty boards one after another


def best_runtime() -> str:
    """What runs the firmware here: the MicroPython VM, or CPython where the VM has no package."""
    return "micropython" if micropython() else "cpython"


class Home:
    """boards: the profile of each pendant. Its parts: broker, internet, platform, air, bridge, pendants, gateway."""

    def __init__(
        self,
        directory: Path,
        boards: Sequence[str] = ("m5stickc_plus2",),
        seed: int = 0,
        runtime: str | None = None,
        clock: Any = None,
        extra_files: Sequence[BoardFile] = (),
        carers: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.clock = clock or Clock()
        self._seed = seed
        self.runtime = runtime or best_runtime()
        self._boards = boards
        self._carers = dict(carers or {})  # name and password; with somebody to sign in there is a station page
        self._station_port = free_port() if self._carers else 0
        self._extra_files = extra_files  # onto every pendant, beside what the manifest names
        self._stack = ExitStack()
        self._enter = self._stack.enter_context
        self.broker = EmbeddedBroker(directory)
        self.internet = Internet(self.broker.port)  # between gateway and broker; the platform has a line of its own
        self.platform = Platform(self.broker.port)
        self.pendants: list[Any] = []
        self.air: Any = None
        self.bridge: Any = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        records = self._start_world()
        self.bridge = self._enter(self._board("bridge_esp32", "bridge", _BRIDGE_MAC))
        self.bridge.power_on()
        self.gateway = GatewayProcess(
            self.directory / "gateway", GATEWAY, self.bridge.serial_port, self.internet.port, records,
            self._station_port,
        )  # fmt: skip
        for name, password in self._carers.items():
            self.gateway.add_user(name, "installer", password)
        self._enter(self.gateway)
        self._wait_for_gateway(self.gateway)

    def _start_world(self) -> list[dict[str, str]]:
        """All that is there before a gateway is, pendants without power too; what a gateway must know of each."""
        self.air = self._enter(Air(seed=self._seed, clock=self.clock))
        for part in (self.broker, self.internet, self.platform):
            self._enter(part)
        return [self._enrol(number, profile) for number, profile in enumerate(self._boards)]

    def _enrol(self, number: int, profile: str) -> dict[str, str]:
        mac = (_FIRST_PENDANT + number).to_bytes(6, "big")
        key = secrets.token_hex(16)
        self.pendants.append(self._enter(self._board(profile, "pendant", mac, key)))
        return {"id": mac.hex(), "key": key, "name": f"wearer {number + 1}", "room": "living room"}

    def _wait_for_gateway(self, gateway: GatewayProcess) -> None:
        gateway.expect("bridge", within_s=_READY_WITHIN_S)
        gateway.expect("connected", within_s=_READY_WITHIN_S)

    def power_on(self) -> None:
        """Switch the pendants on, and wait until the platform has heard of each."""
        for pendant in self.pendants:
            pendant.power_on()
            if len(self.pendants) > _AT_ONCE:
                time.sleep(_APART_S)  # an M5StickC must hold its own power within 2 s of the bench, however many start
        started = partial(self._has_started, {pendant.mac.hex() for pendant in self.pendants})
        self.platform.expect(started, _READY_WITHIN_S)

    def _has_started(self, waited_for: set[str], arrival: Arrival) -> bool:
        """Strike the pendant of an arrival off the set; whether that was the last one."""
        if arrival.type == "tiexin.pendant.started":
            waited_for.discard(arrival.pendant)
        return not waited_for

    def _board(self, profile: str, role: str, mac: bytes, key: str = "", channel: int = CHANNEL) -> Any:
        identity = {
            "id": mac.hex(),
            "key": key,
            "site": "home",
            "role": role,
            "board": profile,
            "channel": channel,
            "language": "zh",
        }
        files = board_files(role, profile, compiled=self.runtime == "micropython")
        files.append(BoardFile("identity.json", json.dumps(identity).encode()))
        if role == "pendant":
            files.extend(self._extra_files)
        return VirtualBoard(
            profile,
            mac,
            self.directory / mac.hex(),
            self.air,
            clock=self.clock,
            files=files,
            runtime=self.runtime,
        )
