"""Without this file every journey would have one gateway, as no large home has."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.home.gateway_process import GatewayProcess
from tools.home.house import CHANNEL, Home

_FIRST_BRIDGE = 0xA0B1C2D3E400


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
        records = self._start_world()
        for number, channel in enumerate(self._channels):
            mac = (_FIRST_BRIDGE + number).to_bytes(6, "big")
            bridge = self._enter(self._board("bridge_esp32", "bridge", mac, channel=channel))
            bridge.power_on()
            name = f"gateway{number + 1}"
            gateway = GatewayProcess(self.directory / name, name, bridge.serial_port, self.internet.port, records)
            self.bridges.append(bridge)
            self.gateways.append(self._enter(gateway))
        for gateway in self.gateways:
            self._wait_for_gateway(gateway)
        self.bridge, self.gateway = self.bridges[0], self.gateways[0]

    def place(self, pendant: int, *strengths_dbm: int) -> None:
        """How strongly each gateway hears a pendant, and it them."""
        for bridge, dbm in zip(self.bridges, strengths_dbm, strict=True):
            self.air.set_link(self.pendants[pendant].mac, bridge.mac, rssi_dbm=dbm)
            self.air.set_link(bridge.mac, self.pendants[pendant].mac, rssi_dbm=dbm)

    def kill(self, number: int) -> None:
        """A gateway and its bridge lose their power."""
        self.gateways[number].kill()
        self.bridges[number].unplug()
