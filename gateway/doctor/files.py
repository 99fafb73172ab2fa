"""Without this file a list that the service cannot read would look like a home without pendants."""

import os
import pwd
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

from gateway.config import Config
from gateway.doctor.finding import Finding, note, well, wrong
from gateway.errors import SetUpError
from gateway.health import CERTIFICATE_WARN_DAYS, certificate_days
from gateway.registry import Registry

USER = "tiexin"  # as the service runs


def look(config: Config) -> Iterator[Finding]:
    """The list of pendants, who owns what, certificates."""
    yield _pendants(config)
    yield from _owners(config)
    pairs: list[tuple[str, Path | None, Path | None]] = []
    for name, broker in (("[broker]", config.broker), ("[second_broker]", config.second_way.broker)):
        if broker:
            pairs += [(name, broker.cert_file, broker.key_file), (f"{name} ca_file", broker.ca_file, None)]
    if config.station:
        pairs.append(("[station]", config.station.cert_file, config.station.key_file))
    for name, certificate, key in pairs:
        if certificate:
            yield _certificate(name, certificate, key)


def _pendants(config: Config) -> Finding:
    registry = Registry(config.pendants_file)
    try:
        registry.refresh()
    except SetUpError as fault:
        return wrong("pendants", "pendants_wrong", text=str(fault))
    except OSError as fault:
        return wrong("pendants", "pendants_wrong", text=f"{config.pendants_file}: {fault.strerror}")
    if not len(registry):
        return wrong("pendants", "pendants_empty", path=config.pendants_file)
    return well("pendants", "pendants_well", count=len(registry), revoked=sum(p.is_revoked for p in registry))


def _owners(config: Config) -> Iterator[Finding]:
    """Root can read all; whether the service can is a question of who owns it."""
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        return  # not installed as a service of that name
    for path in (config.data_dir, config.pendants_file, *sorted(config.data_dir.glob("*"))):
        owner = _owner(path)
        if owner is not None and owner != user.pw_uid:
            yield wrong("files", "owner_wrong", path=path, owner=_name(owner), user=USER)
    if config.data_dir.exists() and config.data_dir.stat().st_mode & 0o077:
        yield note("files", "open_to_others", path=config.data_dir, mode="700")


def _owner(path: Path) -> int | None:
    """None for what is not there, or lies where this user may not look."""
    try:
        return path.stat().st_uid
    except OSError:
        return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _certificate(name: str, path: Path, key: Path | None) -> Finding:
    try:
        days = certificate_days(path, time.time())
        if key and os.access(key, os.R_OK):
            ssl.create_default_context().load_cert_chain(path, key)
    except ssl.SSLError as fault:
        return wrong("certificate", "key_does_not_match", name=name, text=fault.reason or str(fault))
    except (OSError, ValueError) as fault:
        return wrong("certificate", "certificate_unreadable", name=name, path=path, text=str(fault).splitlines()[0])
    if days < 0:
        return wrong("certificate", "certificate_over", name=name, days=-days, path=path)
    if days < CERTIFICATE_WARN_DAYS:
        return note("certificate", "certificate_soon", name=name, days=days, path=path)
    return well("certificate", "certificate_well", name=name, days=days)
