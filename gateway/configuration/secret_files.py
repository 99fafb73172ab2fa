"""Without this file a password would stand in the configuration, or in a file that every program may read.

A secret is named by a path, or by `credential:NAME`: then it is what systemd handed over (LoadCredential=NAME:PATH),
which no other service can see. A file that others may read is refused; what systemd hands over it guards itself.
"""

import os
from pathlib import Path

from gateway.errors import SetUpError

FOLDER_VARIABLE = "CREDENTIALS_DIRECTORY"
PREFIX = "credential:"
BESIDE = "secrets"  # the folder beside the configuration
OF_THE_SERVICE = Path("/run/credentials/tiexin-gateway.service")  # where root finds them while it runs
_MOST_BYTES = 64 * 1024
_OTHERS = 0o077
_WORLD = 0o007  # a TLS key may belong to a group, as Debian's ssl-cert does


def handed_over(name: str, beside: Path) -> Path:
    """The file of a systemd credential; SetUpError if systemd has handed over no such thing.

    Who asks at a shell has none: then the service's own are taken, as root sees them while it runs, or the file of
    that name in `beside`, the folder that docs/install.md lets the service load them from.
    """
    places = [place for place in (folder(), beside) if place]
    for place in places if "/" not in name else ():
        if _is_file(place / name):
            if place == beside:
                refuse_open_secret(place / name)
            return place / name
    raise SetUpError(
        f"{PREFIX}{name}: systemd has handed over no credential of that name, nor is {beside / name} there; write"
        f" LoadCredential={name}:{beside / name} into the service, or name a file instead"
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # no access, or no name of a file at all
        return False


def folder() -> Path | None:
    """Where systemd's credentials lie: those of this process, or (for root at a shell) of the running service."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    return OF_THE_SERVICE if os.access(OF_THE_SERVICE, os.X_OK) else None


def refuse_open_secret(path: Path, *, is_for_a_group: bool = False) -> None:
    """Raise SetUpError if others than the owner may read a file of keys or passwords. OSError if it is not there."""
    handed = folder()
    if handed and path.resolve().is_relative_to(handed.resolve()):
        return  # its folder is closed to others; the file's group bits are the mask of an access list
    if path.stat().st_mode & (_WORLD if is_for_a_group else _OTHERS):
        raise SetUpError(f"{path}: holds secrets, but others may read it; run: chmod 600 {path}")


def first_line(path: Path) -> str:
    """The password in a file; ValueError says what is wrong with the file, OSError that it cannot be read."""
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"{path} is longer than {_MOST_BYTES} bytes; write the password into its first line")
    try:
        lines = content.decode("utf-8-sig").splitlines()  # an editor elsewhere may have put a mark before it
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text; write the password into its first line") from None
    if not lines or not lines[0]:
        raise ValueError(f"{path} is empty; write the password into its first line")
    return lines[0]
