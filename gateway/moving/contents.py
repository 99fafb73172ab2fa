"""Without this file an export could leave out the one file that the new box needs: names all that make a gateway.

The configuration, each file that it names, what systemd hands over, the list of pendants, the store, and whatever else
lies in data_dir (users of the page, the audit trail).
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gateway.config import Config
from gateway.configuration.secret_files import BESIDE, PREFIX
from gateway.errors import SetUpError

CONFIG, NAMED, PENDANTS, DATA, STORE = "config", "named", "pendants", "data", "store"
KINDS = (CONFIG, NAMED, PENDANTS, DATA, STORE)
FORMAT = 1
MOST_ENTRIES = 1_000
STORE_NAME = "store.db"
_NOT_MOVED = ("store", "reserve")  # by the beginning of the name: the store moves in its own way, damaged ones do not
_PASSING = (".lock", ".new", ".part", ".importing", "-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Entry:
    """One file of a gateway. written: its path as the configuration has it, from which the new box finds its place."""

    kind: str
    written: str
    mode: int

    @property
    def is_credential(self) -> bool:
        """Whether systemd hands it over: it belongs to root."""
        return self.written.startswith(PREFIX)

    def place(self, config: Path, data_dir: str) -> Path:
        """Where it belongs on a box whose configuration is there."""
        folder = config.absolute().parent
        if self.kind == CONFIG:
            return config.absolute()
        if self.kind in {DATA, STORE}:
            return _under(folder, data_dir) / self.written
        if self.is_credential:
            return folder / BESIDE / self.written.removeprefix(PREFIX)
        return _under(folder, self.written)


@dataclass(frozen=True)
class Manifest:
    """What an export says about itself, before anything else."""

    gateway: str
    site: str
    made: str
    data_dir: str
    entries: tuple[Entry, ...]

    def text(self) -> bytes:
        """As it is written."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False).encode()

    @classmethod
    def read(cls, text: bytes, name: str) -> "Manifest":
        """As it was written; SetUpError for another version."""
        said: dict[str, Any] = json.loads(text)
        if said.pop("format") != FORMAT:
            raise SetUpError(f"{name}: was made by another version; import it with that one.")
        entries = tuple(Entry(**entry) for entry in said.pop("entries"))
        return cls(entries=entries, **said)


def entries(config: Config) -> dict[Entry, Path]:
    """Every file of this gateway, the configuration first and the store last, and where it lies here."""
    found = {Entry(CONFIG, "", 0o644): config.path}
    for named in config.named_files:
        if named.path.is_file() and named.path != config.pendants_file:
            # Of what systemd hands over the group's bits are an access list's mask: there it is a plain file.
            mode = 0o600 if named.written.startswith(PREFIX) else named.path.stat().st_mode & 0o666
            found.setdefault(Entry(NAMED, named.written, mode), named.path)
    for named in config.named_files:
        if named.path == config.pendants_file:
            found[Entry(PENDANTS, named.written, 0o600)] = named.path
    taken = {path.resolve() for path in found.values()}
    for path in sorted(config.data_dir.glob("*")):
        if _is_moved(path) and path.resolve() not in taken:
            found[Entry(DATA, path.name, path.stat().st_mode & 0o666)] = path
    store = config.data_dir / STORE_NAME
    if store.exists():
        found[Entry(STORE, STORE_NAME, 0o600)] = store
    return found


def _is_moved(path: Path) -> bool:
    is_passing = path.name.startswith(_NOT_MOVED) or path.name.endswith(_PASSING)
    return path.is_file() and not path.is_symlink() and not is_passing


def _under(folder: Path, written: str) -> Path:
    return (folder / Path(written).expanduser()).absolute()
