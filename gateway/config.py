"""Without this file a wrong line in the one TOML file would show itself hours later, as a silent pendant.

`load(path)` gives a Config, or raises SetUpError with one sentence: which file and line, what is wrong, what to do.
Relative paths are meant from the folder of the file itself.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.errors import SetUpError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")  # goes into topics: no slash, no + or #


@dataclass(frozen=True)
class SerialConfig:
    """Where the bridge is plugged in."""

    port: str  # a path, or "auto": whichever USB port says hello
    wait: bool  # at start, wait for a port that is not there yet
    baud: int
    channel: int = 0  # the radio channel that the bridge is told; 0: as it was flashed


@dataclass(frozen=True)
class BrokerConfig:
    """Where the platform listens and how it is convinced that we are we."""

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool
    ca_file: Path | None
    cert_file: Path | None
    key_file: Path | None
    version: str  # "auto", "5" or "3.1.1"
    keepalive_s: int


@dataclass(frozen=True)
class StoreConfig:
    """How much of the disk may be used."""

    max_mb: int
    reserve_mb: int  # the part of max_mb that only alarms may fill


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
    store: StoreConfig
    clock: str  # "auto": as the kernel says; "always": the system's time is taken as it is
    answers_keep_h: int


def load(path: Path) -> Config:
    """Read and check the file; every fault is a SetUpError of one sentence."""
    table = _Table(path)
    config = Config(
        path=path,
        site=table.name("gateway", "site"),
        gateway=table.name("gateway", "id", default=_host_name()),
        base=table.name("gateway", "base", default="tiexin"),
        data_dir=table.path("gateway", "data_dir", required=True),
        serial=_serial(table),
        broker=_broker(table),
        pendants_file=table.path("pendants", "file", required=True),
        store=_store(table),
        clock=table.choice("clock", "trust", ("auto", "always"), default="auto"),
        answers_keep_h=table.number("gateway", "answers_keep_h", 1, 24 * 31, default=72),
    )
    table.refuse_unread()
    return config


def _serial(table: "_Table") -> SerialConfig:
    return SerialConfig(
        port=table.text("serial", "port"),
        wait=table.flag("serial", "wait", default=False),
        baud=table.number("serial", "baud", 9_600, 3_000_000, default=115_200),
        channel=table.number("serial", "channel", 0, 13, default=0),
    )


def _broker(table: "_Table") -> BrokerConfig:
    has_tls = table.flag("broker", "tls", default=False)
    cert_file = table.path("broker", "cert_file", must_exist=True)
    key_file = table.path("broker", "key_file", must_exist=True)
    if (cert_file is None) != (key_file is None):
        raise table.wrong(
            "broker", "cert_file", "a client certificate needs both cert_file and key_file; name the other"
        )
    if cert_file and not has_tls:
        raise table.wrong("broker", "cert_file", "a client certificate is shown in TLS only; write tls = true")
    return BrokerConfig(
        host=table.text("broker", "host"),
        port=table.number("broker", "port", 1, 65_535, default=8883 if has_tls else 1883),
        username=table.text("broker", "username", default=None),
        password=table.secret("broker", "password_file"),
        tls=has_tls,
        ca_file=table.path("broker", "ca_file", must_exist=True),
        cert_file=cert_file,
        key_file=key_file,
        version=table.choice("broker", "version", ("auto", "5", "3.1.1"), default="auto"),
        keepalive_s=table.number("broker", "keepalive_s", 5, 3_600, default=15),
    )


def _store(table: "_Table") -> StoreConfig:
    store = StoreConfig(
        max_mb=table.number("store", "max_mb", 4, 1_000_000, default=512),
        reserve_mb=table.number("store", "reserve_mb", 1, 100_000, default=16),
    )
    if store.reserve_mb > store.max_mb // 2:
        raise table.wrong(
            "store", "reserve_mb", f"the reserve for alarms may be half of max_mb ({store.max_mb}) at most"
        )
    return store


def _host_name() -> str:
    """The machine's own name, as far as a topic can carry it."""
    import socket

    return re.sub(r"[^A-Za-z0-9_.-]", "-", socket.gethostname()).strip("-._")[:64] or "gateway"


class _Table:
    """The file's values by section and key; remembers which were asked for, and finds lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._lines = path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            raise SetUpError(f"{path}: there is no such file; name the configuration with --config FILE.") from None
        except (OSError, UnicodeDecodeError) as fault:
            raise SetUpError(f"{path}: cannot be read ({fault}); make it a readable text file.") from None
        try:
            self._sections: dict[str, Any] = tomllib.loads("\n".join([*self._lines, ""]))
        except tomllib.TOMLDecodeError as fault:
            raise SetUpError(f"{path}: not valid TOML: {fault}; correct that line.") from None
        self._read: dict[str, set[str]] = {}

    def wrong(self, section: str, key: str, text: str) -> SetUpError:
        """The error that names the file, the line if the key is there, the key, and the remedy."""
        line = self._line_of(section, key)
        where = f"{self._path}, line {line}" if line else f"{self._path}"
        what = f"[{section}] {key}".rstrip()
        return SetUpError(f"{where}: {what}: {text}.")

    def _line_of(self, section: str, key: str) -> int:
        current = ""
        for number, line in enumerate(self._lines, 1):
            header = re.match(r"\s*\[\s*([\w.-]+)\s*\]", line)
            if header:
                current = header[1]
                if not key and current == section:
                    return number
            elif current == section and key and re.match(rf"\s*{re.escape(key)}\s*=", line):
                return number
        return 0

    def _value(self, section: str, key: str) -> Any:
        self._read.setdefault(section, set()).add(key)
        values = self._sections.get(section, {})
        if not isinstance(values, dict):
            raise self.wrong(section, "", f"must be a section; write [{section}] on a line of its own")
        return values.get(key)

    def text(self, section: str, key: str, *, default: Any = ...) -> Any:
        """A text that is not empty; without a default it is required."""
        value = self._value(section, key)
        if value is None:
            if default is ...:
                raise self.wrong(section, key, f'is missing; add {key} = "..." under [{section}]')
            return default
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(section, key, f'must be a text in quotes, like {key} = "..."')
        return value

    def name(self, section: str, key: str, *, default: Any = ...) -> str:
        """A text that may stand in a topic."""
        value = self.text(section, key, default=default)
        if not _NAME.fullmatch(value):
            raise self.wrong(
                section, key, "becomes part of MQTT topics; use letters, digits, - _ . and at most 64 of them"
            )
        return str(value)

    def choice(self, section: str, key: str, among: tuple[str, ...], *, default: str) -> str:
        """One of a few words."""
        value = self.text(section, key, default=default)
        if value not in among:
            raise self.wrong(section, key, "must be one of " + ", ".join(f'"{word}"' for word in among))
        return str(value)

    def number(self, section: str, key: str, least: int, most: int, *, default: int) -> int:
        """A whole number between least and most."""
        value = self._value(section, key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(section, key, f"must be a whole number from {least} to {most}")
        return value

    def flag(self, section: str, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._value(section, key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(section, key, "must be true or false, without quotes")
        return value

    def path(self, section: str, key: str, *, required: bool = False, must_exist: bool = False) -> Any:
        """A path, from the configuration's own folder; None if it may be left out and is."""
        value = self.text(section, key, default=... if required else None)
        if value is None:
            return None
        path = (self._path.parent / Path(value).expanduser()).absolute()
        if must_exist and not path.is_file():
            raise self.wrong(section, key, f"there is no file {path}; put it there or correct the path")
        return path

    def secret(self, section: str, key: str) -> str | None:
        """The first line of a file that only its owner can read."""
        path = self.path(section, key, must_exist=True)
        if path is None:
            return None
        refuse_open_secret(path)
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as fault:
            raise self.wrong(section, key, f"{path} cannot be read ({fault}); make it a readable text file") from None
        if not lines or not lines[0]:
            raise self.wrong(section, key, f"{path} is empty; write the password into its first line")
        return str(lines[0])

    def refuse_unread(self) -> None:
        """A key that nobody asked for is a typing error that would be ignored for years."""
        for section, values in self._sections.items():
            known = self._read.get(section)
            if known is None:
                names = ", ".join(f"[{name}]" for name in sorted(self._read))
                raise self.wrong(section, "", f"is not a section of this file; there are {names}")
            for key in values:
                if key not in known:
                    raise self.wrong(section, key, "is not known; there are " + ", ".join(sorted(known)))


def refuse_open_secret(path: Path) -> None:
    """Raise SetUpError if others than the owner may read a file of keys or passwords."""
    if path.stat().st_mode & 0o077:
        raise SetUpError(f"{path}: holds secrets, but others may read it; run: chmod 600 {path}")
