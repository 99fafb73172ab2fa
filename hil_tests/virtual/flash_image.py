"""Without this module a virtual board would have an empty flash: it makes littlefs images out of lists of files."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hil_tests.virtual.stand_ins import wire

STAND_INS = Path(__file__).parent / "stand_ins"
BOOT = STAND_INS / "boot"
_CACHE = Path(__file__).resolve().parents[2] / "build" / "flash"
_CACHED_MAX = 100  # of half a megabyte each
_ERASED_BLOCK = b"\xff" * wire.FLASH_BLOCK_BYTES


def micropython():
    """Path of the MicroPython VM, or None where its package has no wheel."""
    beside = Path(sys.executable).parent / "micropython"
    return beside if beside.exists() else None


def make_image(path, files, blocks):
    """Write a littlefs image of so many blocks with files (BoardFile: path, data) to path.

    Images are cached by content, so that ten boards alike start at once.
    """
    key = hashlib.sha256(f"{blocks}".encode())
    for file in sorted(files, key=lambda file: file.path):
        key.update(f"{file.path}\0{len(file.data)}\0".encode() + file.data)
    kept = _CACHE / f"{key.hexdigest()}.img"
    while True:
        try:
            shutil.copyfile(kept, path)
            os.utime(kept)
        except FileNotFoundError:  # not made yet, or forgotten by another process just now
            _CACHE.mkdir(parents=True, exist_ok=True)
            _fill(kept, files, blocks)
            _forget_the_oldest()
        else:
            return


def write_folder(folder, files):
    """The same files in a plain folder, for a board that runs under CPython."""
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)


def _forget_the_oldest():
    images = sorted(_CACHE.glob("*.img"), key=lambda image: image.stat().st_mtime)
    for image in images[:-_CACHED_MAX]:
        image.unlink(missing_ok=True)


def _fill(kept, files, blocks):
    with tempfile.TemporaryDirectory(dir=kept.parent) as name:
        folder = Path(name)
        image = folder / "image"
        with image.open("wb") as empty:
            for _ in range(blocks):
                empty.write(_ERASED_BLOCK)
        lines = []
        for number, file in enumerate(files):
            source = folder / str(number)
            source.write_bytes(file.data)
            lines.append(f"{source}\t{file.path}\n")
        (folder / "list").write_text("".join(lines), encoding="utf-8")
        run = subprocess.run(
            [micropython(), BOOT / "fill.py", image, folder / "list"], capture_output=True, text=True, check=False
        )
        if run.returncode:
            raise RuntimeError(f"the flash image could not be filled ({blocks} blocks): {run.stdout}{run.stderr}")
        image.replace(kept)


def read_image(path):
    """{path: bytes} of all files in a littlefs image. Raises RuntimeError when it cannot be mounted."""
    run = subprocess.run([micropython(), BOOT / "dump.py", path], capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"{path} cannot be read as littlefs: {run.stdout}{run.stderr}")
    return {line["path"]: bytes.fromhex(line["data"]) for line in map(json.loads, run.stdout.splitlines())}
