"""Without this file a wrong line in the one TOML file would show itself hours later, as a silent pendant.

`load(path)` gives a Config, or raises SetUpError with one sentence: which file and line, what is wrong, what to do.
Relative paths are meant from the folder of the file itself. Each group of sections is a file in configuration/.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.configuration import broker, home_assistant, second_way, serial_line, station, storage
from gateway.configuration.broker import BrokerConfig
from gateway.configuration.home_assistant import HomeAssistantConfig
from gateway.configuration.second_way import SecondWayConfig
from gateway.configuration.secret_files import refuse_open_secret
from gateway.configuration.serial_line import SerialConfig
from gateway.configuration.station import StationConfig
from gateway.configuration.storage import StoreConfig
from gateway.configuration.table import NamedFile, Table

__all__ = [
    "BrokerConfig", "Config", "SecondWayConfig", "SerialConfig", "StationConfig", "StoreConfig", "load",
    "refuse_open_secret",
]  # fmt: skip


@dataclass(frozen=True)
class Config:
    """The whole file, checked."""

    path: Path
    site: str
    gateway: str
    base: str
    data_dir: Path
    serial: SerialConfig
    broker: BrokerConfig
    pendants_file: Path
    desks_file: Path | None  # the public keys of the desks that may enrol over MQTT; None: none may
    store: StoreConfig
    clock: str  # "auto": as the kernel says; "always": the system's time is taken as it is
    answers_keep_h: int
    station: StationConfig | None  # None: no page is served
    second_way: SecondWayConfig
    home_assistant: HomeAssistantConfig | None  # None: nothing is announced to it
    named_files: list[NamedFile]  # every path in the file: what belongs to this gateway beside it


def load(path: Path, *, has_secrets: bool = True, waiting: Mapping[Path, Path] | None = None) -> Config:
    """Read and check the file; every fault is a SetUpError of one sentence.

    has_secrets: False for what is asked at a shell, where the service's credentials are not: they are then left out.
    waiting: files that are not in their places yet, the configuration itself among them, and where they lie.
    """
    table = Table(path, has_secrets=has_secrets, waiting=waiting)
    way = second_way.read(table)
    config = Config(
        path=path,
        site=table.name("gateway", "site"),
        gateway=table.name("gateway", "id", default=_host_name()),
        base=table.name("gateway", "base", default="tiexin"),
        data_dir=(data_dir := table.file("gateway", "data_dir", required=True)),
        serial=replace(serial_line.read(table), avoid=way.modem.port if way.modem else ""),
        broker=(platform := broker.read(table)),
        pendants_file=table.file("pendants", "file", required=True),
        desks_file=table.file("pendants", "desks", must_exist=True),
        store=storage.read(table),
        clock=table.choice("clock", "trust", ("auto", "always"), default="auto"),
        answers_keep_h=table.number("gateway", "answers_keep_h", 1, 24 * 31, default=72),
        station=station.read(table, data_dir, (platform.cert_file, platform.key_file)),
        second_way=way,
        home_assistant=home_assistant.read(table),
        named_files=table.named_files,
    )
    table.refuse_unread()
    return config


def _host_name() -> str:
    """The machine's own name, as far as a topic can carry it."""
    import socket

    return re.sub(r"[^A-Za-z0-9_.-]", "-", socket.gethostname()).strip("-._")[:64] or "gateway"
