"""Without this file a drill that root holds would leave root's gateway behind, and files its own user may not write.

A gateway that was started by hand is started again by the drill, as the user it was: the kernel says who that is, not
the gateway, so that what a gateway says of itself is never run with more rights than it has.
"""

import os
import pwd
import subprocess
from pathlib import Path
from typing import Any


def start(command: list[str], folder: Path, log: Path, owner: tuple[int, int]) -> None:
    """Start it, as owner (uid, gid) where that is another, and leave it running; what it says goes to log."""
    said = _open(log, owner)
    try:
        subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
            start_new_session=True, **_as(owner),
        )  # fmt: skip
    finally:
        if said >= 0:
            os.close(said)


def _as(owner: tuple[int, int]) -> dict[str, Any]:
    """What Popen needs to become owner; nothing where we are that already, or may not become anybody."""
    uid, gid = owner
    if os.geteuid() != 0 or uid == 0:
        return {}
    try:
        person = pwd.getpwuid(uid)
    except KeyError:  # a number without a name has no groups and no home
        return {"user": uid, "group": gid, "extra_groups": []}
    groups = os.getgrouplist(person.pw_name, gid)  # dialout, for the bridge
    return {"user": uid, "group": gid, "extra_groups": groups, "env": os.environ | {"HOME": person.pw_dir}}


def _open(log: Path, owner: tuple[int, int]) -> int:
    """A descriptor to append by; its file is owner's. A log that cannot be had keeps no gateway down."""
    ways = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC  # data_dir may be another's than ours
    try:
        made = os.open(log, ways | os.O_CREAT | os.O_EXCL, 0o640)
    except FileExistsError:
        pass
    except OSError:
        return subprocess.DEVNULL
    else:
        if _as(owner):
            os.fchown(made, *owner)
        return made
    try:
        return os.open(log, ways)
    except OSError:
        return subprocess.DEVNULL
