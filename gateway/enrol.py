"""Without this file a new pendant would call and nobody would know it: takes a flashed board's record into the list.

`enrol` reads what `make flash` wrote; `forget` removes a pendant and its key; `lock` encrypts the list at rest,
`unlock` undoes that; their commands are in cli/. A running gateway reads the list again within two seconds.
"""

import contextlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gateway import vault
from gateway.config import refuse_open_secret
from gateway.errors import SetUpError
from gateway.keys import alone, begin_file, replace_file

NEW, CHANGED, SAME = "new", "changed", "same"
NO_RECORD, EARLIER_FLASH, OTHER_VERSION, NO_PENDANT, WRONG_FIELD, OLD_BOOT = REASONS = (
    "no_record", "earlier_flash", "other_version", "no_pendant", "wrong_field", "old_boot",
)  # fmt: skip
_KEPT = ("id", "key", "name", "room", "site", "board", "boot", "when", "who", "self_test")


class WrongRecord(SetUpError):
    """What it says cannot be enrolled, now or later; `reason` and `facts` are for who says it in another language."""

    def __init__(self, reason: str, text: str, **facts: object) -> None:
        super().__init__(text)
        self.reason = reason
        self.facts = facts


def enrol(record: Path, registry: Path, key_file: Path | None = None, store: Path | None = None) -> str:
    """Take a record into the list: "new", "changed" (another key or name) or "same". Raises SetUpError.

    A name, a room, an address and a telephone that the list has and the record has not are kept. With store, a boot
    number that the gateway has passed already is refused: everything the pendant says would be taken for a replay.
    """
    return take(str(record), read_record(record), registry, key_file, store)


def take(
    where: str, said: Any, registry: Path, key_file: Path | None = None, store: Path | None = None,
    *, is_newer_only: bool = False,
) -> str:  # fmt: skip
    """The same with what the record says; WrongRecord if that is no record of a pendant, or not one to be taken."""
    entry = checked(where, said)
    if store is not None:
        _refuse_old_boot(where, entry, store)
    verdict = [NEW]

    def change(lines: list[str]) -> list[str]:
        old = [line for line in lines if _id_of(line) == entry["id"]]
        known: dict[str, Any] = json.loads(old[-1]) if old else {}
        if is_newer_only and str(known.get("when", "")) > str(entry.get("when", "")):
            text = f"{where}: is of an earlier flash than what the list has; flash the board again."
            raise WrongRecord(EARLIER_FLASH, text)
        for name in ("name", "room", "address", "phone"):
            if not entry.get(name) and known.get(name):
                entry[name] = known[name]
        verdict[0] = NEW if not known else SAME if known == entry else CHANGED
        return [line for line in lines if _id_of(line) != entry["id"]] + [json.dumps(entry, ensure_ascii=False)]

    _change(registry, change, key_file)
    return verdict[0]


def forget(pendant: str, registry: Path, key_file: Path | None = None) -> bool:
    """Remove a pendant and its key; False if the list did not have it. Raises SetUpError."""
    found: list[str] = []

    def change(lines: list[str]) -> list[str]:
        found.extend(line for line in lines if _id_of(line) == pendant.lower())
        return [line for line in lines if _id_of(line) != pendant.lower()]

    _change(registry, change, key_file)
    return bool(found)


def lock(registry: Path, key_file: Path | None = None, new_key_file: Path | None = None) -> None:
    """Encrypt the list, or encrypt it anew under another secret. Raises SetUpError."""
    with _locked(registry):
        _write(registry, vault.lock(registry, vault.read_list(registry, key_file), new_key_file or key_file))


def unlock(registry: Path, key_file: Path | None = None) -> None:
    """Write the list in the clear. Raises SetUpError."""
    with _locked(registry):
        _write(registry, vault.read_list(registry, key_file))


# ---- inside


def read_record(path: Path) -> Any:
    """What a record file says; SetUpError if it cannot be read or is no JSON."""
    try:
        refuse_open_secret(path)
        said: Any = json.loads(path.read_text("utf-8"))
    except OSError as fault:
        raise SetUpError(f"{path}: cannot be read ({fault.strerror}); name the record that make flash wrote.") from None
    except ValueError:
        text = f"{path}: is not a record; name the file in flashed/records that make flash wrote."
        raise WrongRecord(NO_RECORD, text) from None
    return said


def checked(where: str, said: Any) -> dict[str, Any]:
    """The entry for the list that a record makes; WrongRecord says what is wrong with it."""
    if not isinstance(said, dict) or said.get("format") != 1:
        text = f"{where}: is a record of another version of make flash; flash the board again."
        raise WrongRecord(OTHER_VERSION, text)
    if said.get("role") != "pendant":
        raise WrongRecord(NO_PENDANT, f"{where}: is the record of a {said.get('role')}; only pendants are enrolled.")
    for name, digits in (("id", 12), ("key", 32)):
        if not re.fullmatch(rf"[0-9a-f]{{{digits}}}", str(said.get(name))):
            text = f'{where}: "{name}" must have {digits} hex digits; flash the board again.'
            raise WrongRecord(WRONG_FIELD, text, field=name)
    if not isinstance(said.get("boot", 0), int):
        text = f'{where}: "boot" must be a whole number; flash the board again.'
        raise WrongRecord(WRONG_FIELD, text, field="boot")
    return {name: said[name] for name in _KEPT if said.get(name) not in (None, "", {})}


def _refuse_old_boot(where: str, entry: dict[str, Any], store: Path) -> None:
    if not store.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as db:
            row = db.execute("SELECT boot FROM heard WHERE sender = ?", (bytes.fromhex(entry["id"]),)).fetchone()
    except sqlite3.Error:
        return  # a store of another format, or a new one: the gateway itself will say so
    if row and int(entry.get("boot", 0)) < row[0]:
        boot = entry.get("boot", 0)
        text = (
            f"{where}: the board would begin with boot {boot}, but {row[0]} was heard of it already; "
            "set the clock of the flashing computer and flash it again with ERASE=1 and then make flash."
        )
        raise WrongRecord(OLD_BOOT, text, boot=boot, heard=row[0])


def _change(registry: Path, change: Callable[[list[str]], list[str]], key_file: Path | None) -> None:
    with _locked(registry):
        lines = [line for line in vault.read_lines(registry, key_file) if line.strip()]
        text = "".join(line + "\n" for line in change(lines))
        _write(registry, vault.rewritten(registry, text, key_file))


@contextlib.contextmanager
def _locked(registry: Path) -> Iterator[None]:
    """One writer at a time; the list is begun if it is not there."""
    try:
        registry.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            begin_file(registry)
        refuse_open_secret(registry)
        with alone(registry):
            yield
    except (OSError, ValueError) as fault:
        raise SetUpError(
            f"{registry}: cannot be rewritten ({fault}); give yourself write access to the file and its folder."
        ) from None


def _write(registry: Path, text: str) -> None:
    replace_file(registry, text)


def _id_of(line: str) -> str:
    try:
        return str(json.loads(line)["id"]).lower()
    except (ValueError, KeyError, TypeError):
        return ""
