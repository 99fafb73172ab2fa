"""Without this file the page would listen where nobody decided that it should: [station] of the one TOML file."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.configuration.table import Table

SECTION = "station"
LANGUAGES = ("zh", "en")
USERS_NAME = "users.jsonl"
_SHORTEST_TOKEN = 16
_LOCAL = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class StationConfig:
    """Where the page is served, and how it speaks."""

    host: str
    port: int
    cert_file: Path | None  # both or none: TLS
    key_file: Path | None
    behind_proxy: bool  # a proxy on this machine or network does TLS and tells who asks
    zone: ZoneInfo  # of the home: every time on a page is in it
    language: str  # where a browser asks for neither
    users_file: Path
    metrics_token: str | None = None  # who brings it may read /metrics from elsewhere
    room: str = ""  # where this gateway stands; an alarm says how near to it the pendant was heard

    @property
    def has_tls(self) -> bool:
        """Whether the page itself speaks TLS."""
        return self.cert_file is not None

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it through TLS, ours or the proxy's."""
        return self.has_tls or self.behind_proxy

    @property
    def address(self) -> str:
        """What to type into a browser on this machine."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.has_tls else 'http'}://{host}:{self.port}/"


def read(table: Table, data_dir: Path, certificate: tuple[Path | None, Path | None]) -> StationConfig | None:
    """The section as the file has it, None where it has none; table raises for what is wrong.

    certificate: the gateway's own, which `tls = true` takes unless other files are named.
    """
    if not table.has(SECTION):
        return None
    host = table.text(SECTION, "host", default="127.0.0.1")
    cert_file, key_file = _certificate(table, certificate)
    behind_proxy = table.flag(SECTION, "behind_proxy", default=False)
    if host not in _LOCAL and not (cert_file or behind_proxy):
        raise table.wrong(
            SECTION, "host", "passwords would cross the network in the clear; write tls = true, or behind_proxy = true"
        )
    return StationConfig(
        host=host,
        port=table.number(SECTION, "port", 1, 65_535, default=8398),
        cert_file=cert_file,
        key_file=key_file,
        behind_proxy=behind_proxy,
        zone=_zone(table),
        language=table.choice(SECTION, "language", LANGUAGES, default=LANGUAGES[0]),
        users_file=table.file(SECTION, "users_file") or data_dir / USERS_NAME,
        metrics_token=_token(table),
        room=table.text(SECTION, "room", default=""),
    )


def _certificate(table: Table, own: tuple[Path | None, Path | None]) -> tuple[Path | None, Path | None]:
    has_tls = table.flag(SECTION, "tls", default=False)
    cert_file = table.file(SECTION, "cert_file", must_exist=True)
    key_file = table.secret_file(SECTION, "key_file", is_for_a_group=True)
    if (cert_file is None) != (key_file is None):
        raise table.wrong(SECTION, "cert_file", "a certificate needs both cert_file and key_file; name the other")
    if not has_tls:
        if cert_file:
            raise table.wrong(SECTION, "cert_file", "a certificate is shown in TLS only; write tls = true")
        return None, None
    if cert_file is None:
        cert_file, key_file = own
    if cert_file is None:
        raise table.wrong(SECTION, "tls", "there is no certificate; name cert_file and key_file, here or in [broker]")
    return cert_file, key_file


def _token(table: Table) -> str | None:
    token = table.secret(SECTION, "metrics_token_file")
    if token is not None and len(token) < _SHORTEST_TOKEN:
        text = f"the token must have {_SHORTEST_TOKEN} characters or more; make one: openssl rand -hex 24"
        raise table.wrong(SECTION, "metrics_token_file", text)
    return token


def _zone(table: Table) -> ZoneInfo:
    name = table.text(SECTION, "zone", default="Asia/Shanghai")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a folder's name is an OSError
        raise table.wrong(SECTION, "zone", 'is not a time zone; write one like "Asia/Shanghai"') from None
