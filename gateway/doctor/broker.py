"""Without this file a wrong name, a closed port, an old certificate and a wrong password would all be "no broker"."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from gateway.clock import Clock, rfc3339
from gateway.config import BrokerConfig
from gateway.doctor import login
from gateway.doctor.finding import WELL, Finding, note, well, wrong
from gateway.health import CERTIFICATE_WARN_DAYS
from gateway.mqtt_session import tls_context
from gateway.topics import Topics

WAIT_S = 5.0
_NOT_YET, _EXPIRED = 9, 10  # X509_V_ERR_CERT_NOT_YET_VALID, ..._HAS_EXPIRED
_WRONG_NAME = (62, 64)  # ..._HOSTNAME_MISMATCH, ..._IP_ADDRESS_MISMATCH
_TOLD_AFTER_S = 0.5  # TLS 1.3 refuses a client's certificate only after the handshake


def look(section: str, config: BrokerConfig, topics: Topics, clock: Clock) -> Iterator[Finding]:
    """How far one comes with this broker: name, port, TLS, login, rights; and for how long, if its certificate ends."""
    about = section.replace("_", " ")

    def fault(code: str, **facts: Any) -> Finding:
        said = {"where": f"{config.host}:{config.port}", "section": section, "host": config.host, "port": config.port}
        return wrong(about, code, **said, **facts)

    found = _line(config, clock, fault) or _login(config, topics, about, fault)
    yield found
    if config.tls and found.level == WELL and (shown := _shown(config)):
        days = (shown.not_valid_after_utc - datetime.now(UTC)).days
        if days < CERTIFICATE_WARN_DAYS:
            yield note(about, "tls_soon", where=f"{config.host}:{config.port}", days=days)


def _line(config: BrokerConfig, clock: Clock, fault: Callable[..., Finding]) -> Finding | None:
    """What stands in the way before a word of MQTT; None: nothing."""
    try:
        socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as met:
        return fault("broker_no_name", text=getattr(met, "strerror", None) or str(met))
    try:
        line = socket.create_connection((config.host, config.port), WAIT_S)
    except ConnectionRefusedError as met:
        return fault("broker_closed", text=met.strerror)
    except OSError as met:
        return fault("broker_no_way", text=met.strerror or str(met), waited_s=round(WAIT_S))
    with line:
        return _tls(config, clock, line, fault) if config.tls else None


def _tls(config: BrokerConfig, clock: Clock, line: socket.socket, fault: Callable[..., Finding]) -> Finding | None:
    try:
        with tls_context(config).wrap_socket(line, server_hostname=config.host) as spoken:
            spoken.settimeout(_TOLD_AFTER_S)
            try:
                spoken.recv(1)
            except TimeoutError:
                return None  # it waits for us, as it should
            except ssl.SSLError as met:
                return fault("tls_wants_ours", text=met.reason or str(met))
        return None
    except ssl.SSLCertVerificationError as met:
        return _not_trusted(config, clock, met, fault)
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        return fault("broker_no_tls")  # it hung up, or answered in another language: Pythons tell it differently
    except ssl.SSLError as met:
        if met.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF_WHILE_READING"}:
            return fault("broker_no_tls")
        if "ALERT" in (met.reason or "") and "CERTIFICATE" in (met.reason or ""):
            return fault("tls_wants_ours", text=met.reason)
        return fault("tls_other", text=met.reason or str(met))
    except (TimeoutError, ConnectionError):
        return fault("broker_no_tls")
    except OSError as met:
        return fault("tls_other", text=met.strerror or str(met))


def _not_trusted(
    config: BrokerConfig, clock: Clock, met: ssl.SSLCertVerificationError, fault: Callable[..., Finding]
) -> Finding:
    shown = _shown(config)
    now = rfc3339(int(time.time() * 1_000))[:10]
    if met.verify_code in {_NOT_YET, _EXPIRED}:
        if clock.offset_ms() is None:
            return fault("tls_clock", now=now)
        if met.verify_code == _EXPIRED:
            return fault("tls_expired", until=_day(shown, "not_valid_after_utc"))
        return fault("tls_not_yet", since=_day(shown, "not_valid_before_utc"), now=now)
    if met.verify_code in _WRONG_NAME:
        return fault("tls_wrong_name", names=_names(shown))
    return fault("tls_wrong_ca", text=met.verify_message)


def _shown(config: BrokerConfig) -> x509.Certificate | None:
    """The certificate that is not trusted, to say what is wrong with it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        if config.cert_file and config.key_file:
            context.load_cert_chain(config.cert_file, config.key_file)
        with (
            socket.create_connection((config.host, config.port), WAIT_S) as line,
            context.wrap_socket(line, server_hostname=config.host) as spoken,
        ):
            shown = spoken.getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(shown) if shown else None
    except (OSError, ValueError):
        return None


def _day(shown: x509.Certificate | None, which: str) -> str:
    day: datetime | None = getattr(shown, which, None)
    return "?" if day is None else day.astimezone(UTC).date().isoformat()


def _names(shown: x509.Certificate | None) -> str:
    try:
        assert shown
        names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (AssertionError, x509.ExtensionNotFound):
        return shown.subject.rfc4514_string() if shown else "?"
    found = [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]
    return ", ".join(found[:5]) or "?"


def _login(config: BrokerConfig, topics: Topics, about: str, fault: Callable[..., Finding]) -> Finding:
    for version in ("5", "3.1.1") if config.version == "auto" else (config.version,):
        answer = login.attempt(config, version, topics)
        if answer.outcome not in {login.WRONG_VERSION, login.HUNG_UP}:
            break
    rights = {"prefix": topics.prefix, "topic": topics.command}
    if answer.outcome == login.REFUSED:
        return fault("broker_refused", user=config.username or "-")
    if answer.outcome == login.HUNG_UP:
        return fault("broker_hangs_up" if config.tls or config.username else "broker_needs_tls")
    if answer.outcome != login.TAKEN:
        return fault("broker_not_mqtt", text=answer.text)
    if answer.may_publish is False:
        return fault("broker_no_publish", **rights)
    if not answer.may_subscribe:
        return fault("broker_no_subscribe", **rights)
    code = "broker_well_all" if answer.may_publish else "broker_well"
    return well(about, code, where=f"{config.host}:{config.port}", version=answer.version)
