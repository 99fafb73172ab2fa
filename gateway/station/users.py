"""Without this file everybody in the house could answer in everybody's name: who may sign in, as what.

One JSON object a line: {"name": "...", "role": "carer" | "installer", "password": "scrypt$...", "since": unix seconds}.
There is nobody in it until `gateway user add` has put somebody there; no password is ever made up for a user by us.
"""

import contextlib
import json
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.config import refuse_open_secret
from gateway.errors import SetUpError
from gateway.keys import alone, begin_file, replace_file
from gateway.station import passwords
from gateway.trace import Trace, silent_sink

CARER, INSTALLER = "carer", "installer"
ROLES = (CARER, INSTALLER)
MOST_USERS = 200
MOST_NAME = 40  # characters; "by" of an answer takes 64


@dataclass(frozen=True)
class User:
    """One person who may sign in."""

    name: str
    role: str
    password: str  # its hash
    since: int  # when the password was set, for whoever reads the list


class Users:
    """The list, read again when its file has changed."""

    def __init__(self, path: Path, trace: Trace | None = None) -> None:
        self._path = path
        self._trace = trace or Trace(silent_sink)
        self._stamp: tuple[int, int, int] | None = None
        self._users: dict[str, User] = {}

    def __len__(self) -> int:
        self.refresh()
        return len(self._users)

    def __iter__(self) -> Iterator[User]:
        self.refresh()
        return iter(list(self._users.values()))

    def get(self, name: str) -> User | None:
        """Who has that name, or None."""
        self.refresh()
        return self._users.get(plain(name))

    def refresh(self) -> None:
        """Read the file if it has changed; no file is nobody. What is no list changes nothing, and is told."""
        try:
            status = self._path.stat()
        except OSError:
            self._users, self._stamp = {}, None
            return
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._users = {user.name: user for user in read(self._path)}
            self._trace.well("station-users", "the list of users is readable again")
        except SetUpError as fault:
            self._trace.trouble("station-users", f"{fault} The list read before stays in force.")


def plain(name: str) -> str:
    """A name as it is compared: composed characters, no spaces around it."""
    return unicodedata.normalize("NFC", name).strip()


def read(path: Path) -> list[User]:
    """Everybody on the list. SetUpError names file and line."""
    try:
        refuse_open_secret(path)
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise SetUpError(f"{path}: cannot be read ({fault}); make it a readable text file.") from None
    return [_user(f"{path}, line {number}", line) for number, line in enumerate(lines, 1) if line.strip()]


def put(path: Path, name: str, role: str, password: str) -> bool:
    """Add a person, or give another role and password to one that is there; True if new. SetUpError. Takes a while."""
    user = User(_checked_name(name), role, passwords.make_hash(_checked(password)), int(time.time()))
    new = [True]

    def change(users: list[User]) -> list[User]:
        new[0] = all(one.name != user.name for one in users)
        kept = [one for one in users if one.name != user.name]
        if len(kept) >= MOST_USERS:
            raise SetUpError(f"{path}: has {MOST_USERS} users already; remove one first.")
        return [*kept, user]

    _change(path, change)
    return new[0]


def remove(path: Path, name: str) -> bool:
    """Take a person off the list; False if nobody has that name."""
    found: list[User] = []

    def change(users: list[User]) -> list[User]:
        found.extend(one for one in users if one.name == plain(name))
        return [one for one in users if one.name != plain(name)]

    _change(path, change)
    return bool(found)


def _change(path: Path, change: Callable[[list[User]], list[User]]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            begin_file(path)
        with alone(path):
            lines = [json.dumps(asdict(user), ensure_ascii=False) for user in change(read(path))]
            replace_file(path, "".join(line + "\n" for line in lines))
    except OSError as fault:
        raise SetUpError(
            f"{path}: cannot be rewritten ({fault}); give yourself write access to the file and its folder."
        ) from None


def _checked_name(name: str) -> str:
    name = plain(name)
    if not 0 < len(name) <= MOST_NAME or not name.isprintable():
        raise SetUpError(f"A name has 1 to {MOST_NAME} printable characters; choose another.")
    return name


def _checked(password: str) -> str:
    least, most = passwords.LEAST_CHARACTERS, passwords.MOST_CHARACTERS
    if not least <= len(password) <= most:
        raise SetUpError(f"A password has {least} to {most} characters; choose another.")
    return password


def _user(where: str, line: str) -> User:
    try:
        entry = json.loads(line)
        user = User(plain(entry["name"]), entry["role"], entry["password"], int(entry["since"]))
        is_right = user.role in ROLES and passwords.is_hash(user.password) and 0 < len(user.name) <= MOST_NAME
    except (ValueError, KeyError, TypeError, AttributeError):
        is_right = False
    if not is_right:
        raise SetUpError(f"{where}: is not a user; remove the line and run: tiexin-gateway user add NAME --role carer.")
    return user
