"""Without this file a release would be whatever lay on somebody's disk: `make release`, from the commit, into dist/.

The gateway's wheel with its pinned requirements, a bundle for each kind of board (`make flash BUNDLE=`), the source,
the list of parts, and the hash of each. It is built twice, the second time as somebody else would, and compared.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tools.board_files import board_files
from tools.flashing import bundle
from tools.flashing.image import pin
from tools.flashing.profile import CHIP_OF, ROLE_OF
from tools.package import ROOT, package
from tools.sbom import sbom

_OURS = ("tiexin-*", "requirements.txt", "constraints.txt", bundle.SUMS)
_OTHER_PLACE = {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
_OTHER_UMASK = 0o077


def main(target: Path) -> None:
    """Build twice, compare, and put it there."""
    if _git("status", "--porcelain"):
        print("There are changes that are not committed; they are not in this release.", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        made, again = Path(folder) / "made", Path(folder) / "again"
        build(made)
        subprocess.run(
            [sys.executable, "-m", "tools.release", "--once", again],
            cwd=ROOT, check=True, env=os.environ | _OTHER_PLACE, umask=_OTHER_UMASK,
        )  # fmt: skip
        if differing := differences(made, again):
            raise SystemExit(f"Built twice, these differ: {', '.join(differing)}. Nothing was put into {target}.")
        _put(made, target)
    print(f"{target}: built twice, the same bytes.\n{(target / bundle.SUMS).read_text('utf-8')}", end="")


def build(target: Path) -> None:
    """All of a release, once, into an empty folder."""
    target.mkdir(parents=True)
    built_s = int(os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct"))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        with tarfile.open(_archive(source / "source.tar")) as archive:
            if hasattr(tarfile, "data_filter"):  # Debian 12's Python has none; later ones want it said
                archive.extraction_filter = tarfile.data_filter
            archive.extractall(source)
        wheel = package(target, source, built_s)
        version = wheel.name.split("-")[1]
        _archive(target / f"tiexin-{version}.tar", f"--prefix=tiexin-{version}/")
        bundles = [_bundle(board, version, source, target) for board in sorted(CHIP_OF)]
        pins = [pin(chip, source / "tools/flashing/images.toml") for chip in sorted(set(CHIP_OF.values()))]
        lock = (source / "locks/gateway.txt").read_text("utf-8")
    parts = sbom(version, lock, [wheel, *bundles], pins, built_s)
    (target / f"tiexin-{version}.cdx.json").write_text(parts, "utf-8")
    sums = [f"{_sha256(path)}  {path.name}\n" for path in sorted(target.iterdir())]
    (target / bundle.SUMS).write_text("".join(sums), "utf-8")


def differences(one: Path, other: Path) -> list[str]:
    """The names of the files that are not the same in both folders."""
    names = {path.name for folder in (one, other) for path in folder.iterdir()}
    return sorted(name for name in names if _bytes(one / name) != _bytes(other / name))


def _archive(path: Path, *options: str) -> Path:
    """What is committed, in a tar file that no setting of this computer alters."""
    _git("-c", "tar.umask=0022", "archive", "--output", str(path), *options, "HEAD")
    return path


def _bundle(board: str, version: str, source: Path, target: Path) -> Path:
    path = target / bundle.name_of(version, board)
    role = ROLE_OF[board]
    micropython = pin(CHIP_OF[board], source / "tools/flashing/images.toml").version
    files = board_files(role, board, manifest=source / "firmware/manifest.py", root=source, cache=source / "bytecode")
    bundle.pack(bundle.Bundle(version, role, board, micropython, files), path)
    return path


def _put(made: Path, target: Path) -> None:
    """In place of the release before; the sums last, so that half a release is known as one."""
    target.mkdir(parents=True, exist_ok=True)
    for pattern in _OURS:
        for old in target.glob(pattern):
            old.unlink()
    for path in sorted(made.iterdir(), key=lambda path: path.name == bundle.SUMS):
        shutil.copy(path, target / path.name)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"A release is built from a commit, in a clone of the project. git: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        build(Path(sys.argv[2]))
    else:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist"))
