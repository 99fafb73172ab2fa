"""Without this file a box could be installed only from a developer's folder: `make package` makes what a box needs.

Into build/package/: the wheel; requirements.txt, which names it and everything it needs with hashes; constraints.txt,
the same versions for pipx, which takes no hashes. Built from a copy: nothing is left in the tree. Not into dist/, where
a release may lie whose SHA256SUMS would then be untrue.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path("build/package")
PARTS = ("gateway", "shared", "pyproject.toml", "README.md", "LICENSE")
_PINNED = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*==[^\s\\]+(?: ; [^\\]+)?", re.MULTILINE)
_UMASK = 0o022  # a wheel keeps the modes of its files: they must not be those of whoever builds it


def package(target: Path, source: Path = ROOT, built_s: int | None = None) -> Path:
    """Build into target; return the wheel. built_s: the time that its files are given, since 1970."""
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("tiexin-*.whl"):
        old.unlink()
    time = {} if built_s is None else {"SOURCE_DATE_EPOCH": str(built_s)}
    with tempfile.TemporaryDirectory() as folder:
        _copy(source, Path(folder))
        subprocess.run(
            # With the pinned setuptools of this environment: an isolated build would take today's.
            [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-build-isolation",
             "--no-deps", "--wheel-dir", target, folder],
            check=True, umask=_UMASK, env=os.environ | time,
        )  # fmt: skip
    (wheel,) = target.glob("tiexin-*.whl")
    locked = (source / "locks" / "gateway.txt").read_text("utf-8")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (target / "requirements.txt").write_text(f"./{wheel.name} --hash=sha256:{digest}\n{locked}", "utf-8")
    (target / "constraints.txt").write_text("\n".join(m[0].strip() for m in _PINNED.finditer(locked)) + "\n", "utf-8")
    return wheel


def _copy(source: Path, folder: Path) -> None:
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, folder / part, ignore=ignore)
        else:
            shutil.copy(source / part, folder / part)


if __name__ == "__main__":
    print(package(Path(sys.argv[1] if len(sys.argv) > 1 else TARGET)))
