"""Without this file asking for help would mean sending a memory card, with every key and every name on it.

What a stranger may see to help: how the gateway is, its counts, its configuration without secrets, its versions, the
end of its log. No key, no password, no token, no name of a person, no room, no address, no telephone; what is known to
be one of these is struck out of what others have written, too. Blocks: call it off the loop.
"""

import io
import json
import platform
import re
import subprocess
import time
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

STRUCK = "(removed)"
UNIT = "tiexin-gateway.service"
MOST_LOG_LINES = 2_000
MOST_LOG_BYTES = 2_000_000
_LOG_S = 5.0
_LEAST_WORD = 2  # characters: striking single letters out would leave nothing
_PERSONAL = re.compile(r"(?i)(pass|secret|token|key|user|login|phone|numbers|name|room)")  # in the name of a setting
_LONG_HEX = re.compile(r"\b[0-9a-fA-F]{24,}\b")  # a key has 32 digits; an id has 12
_OTHERS = ("gateway.toml", "log.txt")
_PACKAGES = ("tiexin", "aiohttp", "cryptography", "jinja2", "paho-mqtt", "prometheus-client", "pyserial", "tzdata")


def bundle(*, config_path: Path, vital: dict[str, Any], counts: dict[str, Any], names: Iterable[str]) -> bytes:
    """A zip file. names: of people, rooms, addresses, telephones: whatever must not be in it."""
    words = _to_strike(names)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _files(config_path, vital, counts).items():
            # What we have written ourselves names nobody, and must stay JSON.
            archive.writestr(name, strike(text, words if name in _OTHERS else None))
    return made.getvalue()


def _files(config_path: Path, vital: dict[str, Any], counts: dict[str, Any]) -> dict[str, str]:
    return {
        "README.txt": _README,
        "health.json": json.dumps(vital, indent=1),
        "counters.json": json.dumps(counts, indent=1),
        "versions.json": json.dumps(versions(), indent=1),
        "gateway.toml": configuration(config_path),
        "log.txt": log(),
    }


_README = f"""What a Tiexin gateway tells whoever helps: its health, counters, versions,
configuration and the end of its log.
Keys, passwords, tokens, names, rooms, addresses and telephones are left out or replaced by {STRUCK}.
Pendants are named by the id on their label. Look through it before you send it.
"""


def configuration(path: Path) -> str:
    """What the file sets, without the values of what may be secret or of somebody. Comments may hold anything: none."""
    try:
        sections = tomllib.loads(path.read_text("utf-8", "replace"))
    except OSError as fault:
        return f"{path.name}: cannot be read ({fault.strerror})\n"
    except (ValueError, RecursionError) as fault:
        return f"{path.name}: is not valid TOML ({fault})\n"
    return "\n".join(_settings(sections, "")) + "\n"


def _settings(values: dict[str, Any], section: str) -> Iterator[str]:
    if section:
        yield f"[{section}]"
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    yield from (f"{key} = {_shown(key, value)}" for key, value in values.items() if key not in tables)
    for key, table in tables.items():
        yield from _settings(table, f"{section}.{key}".removeprefix("."))


def _shown(key: str, value: Any) -> str:
    """The value, unless it may be secret or somebody's; a path of such a thing is neither, nor is a yes or no."""
    is_plain = isinstance(value, bool) or key.endswith("_file") or not _PERSONAL.search(key)
    return json.dumps(value, ensure_ascii=False, default=str) if is_plain else STRUCK


def versions() -> dict[str, Any]:
    """What runs here."""
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "when": int(time.time()),
    }
    for package in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    with suppress(OSError):
        found["board"] = Path("/proc/device-tree/model").read_text("utf-8", "replace").strip("\0\n")
    return found


def log() -> str:
    """The end of the service's log, where systemd keeps one that we may read."""
    command = [
        "journalctl",
        "--unit",
        UNIT,
        "--lines",
        str(MOST_LOG_LINES),
        "--no-pager",
        "--output",
        "short-iso",
        "--quiet",
    ]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_LOG_S, check=True)
    except (OSError, subprocess.SubprocessError) as fault:
        return f"there is no log that can be read ({type(fault).__name__})\n"
    return done.stdout[-MOST_LOG_BYTES:].decode("utf-8", "replace") or "the log is empty\n"


def strike(text: str, words: re.Pattern[str] | None) -> str:
    """The text without these words, and without anything as long as a key."""
    text = _LONG_HEX.sub(STRUCK, text)
    return words.sub(STRUCK, text) if words else text


def _to_strike(names: Iterable[str]) -> re.Pattern[str] | None:
    """The longest first: "Li" must not spoil "Li Ming" for being struck out."""
    known = sorted({name.strip() for name in names if len(name.strip()) >= _LEAST_WORD}, key=len, reverse=True)
    forms = [re.escape(form) for name in known for form in dict.fromkeys((name, json.dumps(name)[1:-1]))]
    return re.compile("|".join(forms), re.IGNORECASE) if forms else None
