"""Without this file every journey would have one gateway, as no large home has."""

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hil_tests.virtual.air import Air
from hil_tests.virtual.board import VirtualBoard
from tools.board_files import BoardFile, board_files
from tools.home.gateway_process import GatewayProcess
from tools.home.house import CHANNEL, Home

_FIRST_BRIDGE = 0xA0B1C2D3E400
_FIRST_PENDANT = 0x7C9EBD000001
_READY_WITHIN_S = 60


class Wing(Home):
    """A home with several gateways: real processes, each with a bridge of its own on its channel, one broker, one air.

    Every gateway has the keys of every pendant. `bridges` and `gateways` are in the order of `channels`.
    """

    def __init__(self, directory: Path, channels: Sequence[int] = (CHANNEL, CHANNEL), **home: Any) -> None:
        super().__init__(directory, **home)
        self._channels = channels
        self.bridges: list[Any] = []
        self.gateways: list[GatewayProcess] = []

    def _start(self) -> None:
        enter = self._stack.enter_context
        self.air = enter(Air(seed=self._seed, clock=self.clock))
        enter(self.broker)
        enter(self.internet)
        enter(self.platform)
        records = [self._enrol(number, profile) for number, profile in enumerate(self._boards)]
        for number, channel in enumerate(self._channels):
            mac = (_FIRST_BRIDGE + number).to_bytes(6, "big")
            self.bridges.append(enter(self._bridge(mac, channel)))
            self.bridges[-1].power_on()
            name = f"gateway{number + 1}"
            port = self.bridges[-1].serial_port
            self.gateways.append(enter(GatewayProcess(self.directory / name, name, port, self.internet.port, records)))
        for gateway in self.gateways:
            gateway.expect("bridge", within_s=_READY_WITHIN_S)
            gateway.expect("connected", within_s=_READY_WITHIN_S)
        self.bridge, self.gateway = self.bridges[0], self.gateways[0]

    def _enrol(self, number: int, profile: str) -> dict[str, str]:
        mac = (_FIRST_PENDANT + number).to_bytes(6, "big")
        key = secrets.token_hex(16)
        self.pendants.append(self._stack.enter_context(self._board(profile, "pendant", mac, key)))
        return {"id": mac.hex(), "key": key, "name": f"wearer {number + 1}", "room": "living room"}

    def _bridge(self, mac: bytes, channel: int) -> Any:
        identity = {"id": mac.hex(), "key": "", "role": "bridge", "board": "bridge_esp32", "channel": channel}
        files = board_files("bridge", "bridge_esp32", compiled=self.runtime == "micropython")
        files.append(BoardFile("identity.json", json.dumps(identity).encode()))
        return VirtualBoard(
            "bridge_esp32", mac, self.directory / mac.hex(), self.air, clock=self.clock, files=files,
            runtime=self.runtime,
        )  # fmt: skip

    def place(self, pendant: int, *strengths_dbm: int) -> None:
        """How strongly each gateway hears a pendant, and it them."""
        for bridge, dbm in zip(self.bridges, strengths_dbm, strict=True):
            self.air.set_link(self.pendants[pendant].mac, bridge.mac, rssi_dbm=dbm)
            self.air.set_link(bridge.mac, self.pendants[pendant].mac, rssi_dbm=dbm)

    def kill(self, number: int) -> None:
        """A gateway and its bridge lose their power."""
        self.gateways[number].kill()
        self.bridges[number].unplug()
