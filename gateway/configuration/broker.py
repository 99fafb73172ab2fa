"""Without this file nobody would know where the platform listens: the sections that name a broker."""

from dataclasses import dataclass, field
from pathlib import Path

from gateway.configuration.table import Table


@dataclass(frozen=True)
class BrokerConfig:
    """Where the platform listens and how it is convinced that we are we."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)  # in no traceback, in no log
    tls: bool
    ca_file: Path | None
    cert_file: Path | None
    key_file: Path | None
    version: str  # "auto", "5" or "3.1.1"
    keepalive_s: int


def read(table: Table, section: str = "broker") -> BrokerConfig:
    """The broker that this section describes."""
    has_tls = table.flag(section, "tls", default=False)
    cert_file = table.file(section, "cert_file", must_exist=True)
    key_file = table.secret_file(section, "key_file", is_for_a_group=True)
    if (cert_file is None) != (key_file is None):
        raise table.wrong(
            section, "cert_file", "a client certificate needs both cert_file and key_file; name the other"
        )
    if cert_file and not has_tls:
        raise table.wrong(section, "cert_file", "a client certificate is shown in TLS only; write tls = true")
    return BrokerConfig(
        host=table.text(section, "host"),
        port=table.number(section, "port", 1, 65_535, default=8883 if has_tls else 1883),
        username=table.text(section, "username", default=None),
        password=table.secret(section, "password_file"),
        tls=has_tls,
        ca_file=table.file(section, "ca_file", must_exist=True),
        cert_file=cert_file,
        key_file=key_file,
        version=table.choice(section, "version", ("auto", "5", "3.1.1"), default="auto"),
        keepalive_s=table.number(section, "keepalive_s", 5, 3_600, default=15),
    )
