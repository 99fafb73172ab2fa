"""Without this file nobody could say when and how an alarm leaves the house if no broker takes it.

The sections [escalation], [modem] and [siren]; [second_broker] has the keys of [broker].
"""

import re
from dataclasses import dataclass, field
from typing import Any

from gateway.configuration import broker
from gateway.configuration.broker import BrokerConfig
from gateway.configuration.table import Table
from shared import word_names

MOST_NUMBERS = 10
MOST_ARGUMENTS = 20
_NUMBER = re.compile(r"\+?[0-9]{3,20}")  # 20 digits: TS 23.040, 9.1.2.5
_PIN = re.compile(r"[0-9]{4,8}")  # TS 27.007, 8.3, and ISO 7816


@dataclass(frozen=True)
class ModemConfig:
    """A modem that sends text messages."""

    port: str
    baud: int
    pin: str | None = field(repr=False)  # in no traceback, in no log
    numbers: tuple[str, ...]
    language: str  # "zh" or "en"
    services: tuple[str, ...]  # the calls that are worth a message; falls always are
    tells_room: bool
    tells_name: bool
    most_per_hour: int  # messages to one number count one each


@dataclass(frozen=True)
class SirenConfig:
    """A command that makes a noise."""

    command: tuple[str, ...]
    off_command: tuple[str, ...]  # run once when it shall be silent; may be empty
    every_s: int
    limit_s: int  # what the command may take
    most_min: int  # for one alarm
    services: tuple[str, ...]


@dataclass(frozen=True)
class SecondWayConfig:
    """How long the broker and a person are waited for, and what comes then."""

    after_s: int = 10  # without a broker's confirmation
    answer_s: int = 30  # without a person's answer
    broker: BrokerConfig | None = None
    modem: ModemConfig | None = None
    siren: SirenConfig | None = None


def read(table: Table) -> SecondWayConfig:
    """All of it; each section may be left out."""
    return SecondWayConfig(
        after_s=table.number("escalation", "after_s", 3, 600, default=SecondWayConfig.after_s),
        answer_s=table.number("escalation", "answer_s", 5, 3_600, default=SecondWayConfig.answer_s),
        broker=broker.read(table, "second_broker") if table.has("second_broker") else None,
        modem=_modem(table),
        siren=_siren(table),
    )


def _modem(table: Table) -> ModemConfig | None:
    """The section [modem], if there is one."""
    if not table.has("modem"):
        return None
    pin = table.secret("modem", "pin_file")
    if pin is not None and not _PIN.fullmatch(pin):
        raise table.wrong("modem", "pin_file", "must hold the SIM's PIN in its first line: 4 to 8 digits")
    port = table.text("modem", "port")
    if port == table.text("serial", "port", default=None):
        raise table.wrong("modem", "port", "is the port of the bridge ([serial]); write the modem's own")
    return ModemConfig(
        port=port,
        baud=table.number("modem", "baud", 1_200, 3_000_000, default=115_200),
        pin=pin,
        numbers=_numbers(table),
        language=table.choice("modem", "language", ("zh", "en"), default="zh"),
        services=_services(table, "modem", word_names.SERVICE_NAMES),
        tells_room=table.flag("modem", "tells_room", default=False),
        tells_name=table.flag("modem", "tells_name", default=False),
        most_per_hour=table.number("modem", "most_per_hour", 1, 200, default=20),
    )


def _siren(table: Table) -> SirenConfig | None:
    """The section [siren], if there is one."""
    if not table.has("siren"):
        return None
    command = table.texts("siren", "command", most=MOST_ARGUMENTS)
    if not command:
        raise table.wrong("siren", "command", 'is missing; add command = ["/path/of/a/program", "an argument"]')
    off_command = table.texts("siren", "off_command", most=MOST_ARGUMENTS)
    for key, argv in (("command", command), ("off_command", off_command)):
        if argv and not argv[0].startswith("/"):
            raise table.wrong("siren", key, "must begin with the whole path of a program, like /usr/bin/aplay")
    return SirenConfig(
        command=command,
        off_command=off_command,
        every_s=table.number("siren", "every_s", 1, 300, default=5),
        limit_s=table.number("siren", "limit_s", 1, 60, default=10),
        most_min=table.number("siren", "most_min", 1, 24 * 60, default=30),
        services=_services(table, "siren", ("rescue", "medical")),
    )


def _numbers(table: Table) -> tuple[str, ...]:
    numbers = table.texts("modem", "numbers", most=MOST_NUMBERS)
    if not numbers:
        raise table.wrong("modem", "numbers", 'is missing; add numbers = ["+8613800138000"]')
    for place, number in enumerate(numbers, 1):
        if not _NUMBER.fullmatch(number):  # it is somebody's, nearly: its place says enough in a log
            said = f"entry {place} is no number; write digits only, + before a country's"
            raise table.wrong("modem", "numbers", said)
    if len(set(numbers)) < len(numbers):
        raise table.wrong("modem", "numbers", "names a number twice; leave one of the two")
    return numbers


def _services(table: Table, section: str, default: Any) -> tuple[str, ...]:
    services = table.texts(section, "services", most=len(word_names.SERVICE_NAMES))
    for service in services:
        if service not in word_names.SERVICE_NAMES:
            names = ", ".join(word_names.SERVICE_NAMES)
            raise table.wrong(section, "services", f"{service!r} is no service; there are {names}")
    return services or tuple(default)
