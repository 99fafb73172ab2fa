"""Without this file a board would have some of its files: copies the manifest, compares, updates in one step.

A fresh board gets its files in the root. An update goes into a folder of its own, "a" or "b", whichever is not in
force, is compared and tried there, and comes into force by one rename of the file "slot", which main.py reads at every
start. Until that rename the board starts the version before.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

from tools.board_files import BoardFile
from tools.flashing.faults import Fault
from tools.flashing.programs import FOLDERS, HASHES, REMOVE, RENAME, TRY
from tools.flashing.repl import BoardError, Repl

SLOT = "slot"
_OTHER = {"": "a", "a": "b", "b": "a"}
_ROOT = ("firmware", "shared")
_TRY_S = 30.0


def wanted(files: Iterable[BoardFile]) -> dict[str, str]:
    """SHA-256 by path."""
    return {file.path: hashlib.sha256(file.data).hexdigest() for file in files}


def differences(repl: Repl, files: Sequence[BoardFile], slot: str) -> list[str]:
    """The paths that are not on the board as they should be: missing, or different."""
    there = repl.ask(HASHES.format(folder=slot), within_s=60)
    before = slot + "/" if slot else ""
    return sorted(path for path, digest in wanted(files).items() if there.get(before + path) != digest)


def copy(repl: Repl, files: Sequence[BoardFile], folder: str, progress: Callable[[float], None]) -> None:
    """Put all of them under a folder ("" is the root), main.py last, and compare. Raises Fault."""
    before = folder + "/" if folder else ""
    ordered = sorted(files, key=lambda file: (file.path == "main.py", file.path))
    repl.run(FOLDERS.format(folders=_folders(before + file.path for file in ordered)))
    total = sum(len(file.data) for file in ordered) or 1
    done = 0
    for file in ordered:
        start = done
        repl.put(before + file.path, file.data, lambda size, start=start: progress((start + size) / total))  # type: ignore[misc]
        done += len(file.data)
    wrong = differences(repl, files, folder)
    if wrong:
        raise Fault("copy_wrong", port=repl.port, path=before + wrong[0])


def update(repl: Repl, files: Sequence[BoardFile], slot: str, progress: Callable[[float], None]) -> str:
    """Bring other files into force in one step; return the folder in which they stand. Raises Fault."""
    folder = _OTHER.get(slot, "a")
    # A flash has room for two versions: the one in force and the one to come. Of the root only main.py is still needed.
    repl.run(REMOVE.format(paths=(folder, *_ROOT) if slot else (folder,)), within_s=60)
    repl.run(FOLDERS.format(folders=(folder,)))
    copy(repl, files, folder, progress)
    repl.soft_reset()  # what is tried must come from the new folder, not from what is loaded
    modules = [name for name in map(_module, files) if name]
    try:
        repl.run(TRY.format(folder=folder, modules=modules), within_s=_TRY_S)
    except BoardError as why:
        raise Fault("does_not_start", port=repl.port, why=why) from None
    put_slot(repl, folder)
    return folder


def put_slot(repl: Repl, folder: str) -> None:
    """Name the folder that is in force: the one step by which an update happens, or is taken back."""
    repl.put(SLOT + ".new", folder.encode())
    repl.run(RENAME.format(source=SLOT + ".new", target=SLOT))


def _module(file: BoardFile) -> str:
    """The name under which it is imported; "" for main.py, which is not."""
    stem, _, kind = file.path.rpartition(".")
    return "" if stem == "main" or kind not in {"py", "mpy"} else stem.replace("/", ".")


def _folders(paths: Iterable[str]) -> list[str]:
    found: set[str] = set()
    for path in paths:
        parts = path.split("/")[:-1]
        found.update("/".join(parts[: i + 1]) for i in range(len(parts)))
    return sorted(found)
