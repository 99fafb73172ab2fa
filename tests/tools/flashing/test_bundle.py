"""The firmware of a release goes onto the board that it is for, as it was released, or not at all."""

import dataclasses
import hashlib
import json
import zipfile

import pytest

from tests.tools.flashing.bench import VERSION, Watcher, make_job
from tools.board_files import BoardFile, board_files
from tools.flashing import bundle, many
from tools.flashing.faults import Fault

_FILES = [BoardFile("main.py", b"print(1)\n"), BoardFile("firmware/a.mpy", bytes(range(256)))]


def _released(folder, board="xiao_c3", role="pendant", files=_FILES, micropython=VERSION, version="9.8.7"):
    """A release's folder with one bundle; returns the bundle's path."""
    folder.mkdir(exist_ok=True)
    path = folder / bundle.name_of(version, board)
    bundle.pack(bundle.Bundle(version, role, board, micropython, files), path)
    with (folder / bundle.SUMS).open("a") as sums:
        sums.write(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    return path


def _refused(named, role="pendant", board="xiao_c3"):
    with pytest.raises(Fault) as refusal:
        bundle.read(named, role, board)
    assert str(refusal.value) != refusal.value.text("zh")
    return refusal.value.key


def test_what_is_packed_is_what_is_read(tmp_path):
    """By its file or by the release's folder: version, board and every file."""
    path = _released(tmp_path / "dist")
    for named in (path, path.parent):
        read = bundle.read(named, "pendant", "xiao_c3")

        assert (read.version, read.micropython) == ("9.8.7", VERSION)
        assert sorted(read.files, key=lambda file: file.path) == sorted(_FILES, key=lambda file: file.path)


def test_the_same_files_make_the_same_bytes(tmp_path):
    """Whatever their order, and whenever."""
    one, other = _released(tmp_path / "one"), _released(tmp_path / "other", files=_FILES[::-1])

    assert one.read_bytes() == other.read_bytes()


def test_a_bundle_that_was_changed_is_refused(tmp_path):
    """One byte of a file in it, though the zip file is whole."""
    path = _released(tmp_path / "dist")
    changed = [dataclasses.replace(_FILES[0], data=b"print(2)\n"), _FILES[1]]
    bundle.pack(bundle.Bundle("9.8.7", "pendant", "xiao_c3", VERSION, changed), path)

    assert _refused(path) == "bundle_wrong"


def test_a_bundle_without_its_sums_is_refused(tmp_path):
    """Nobody could say whether it is the one that was released."""
    path = _released(tmp_path / "dist")
    (path.parent / bundle.SUMS).unlink()

    assert _refused(path) == "bundle_wrong"


def test_a_bundle_for_another_board_is_refused(tmp_path):
    """Also under the right name: what counts is what it says inside."""
    path = _released(tmp_path / "dist", board="m5stickc_plus2")
    assert _refused(path) == "bundle_other"
    posing = path.with_name(bundle.name_of("9.8.7", "xiao_c3"))
    path.rename(posing)
    (path.parent / bundle.SUMS).write_text(f"{hashlib.sha256(posing.read_bytes()).hexdigest()}  {posing.name}\n")

    assert _refused(posing.parent) == "bundle_other"


def test_bytecode_for_another_micropython_is_refused(tmp_path):
    """It would not load, or load wrongly."""
    assert _refused(_released(tmp_path / "dist", micropython="1.0.0")) == "bundle_wrong"


def test_two_releases_in_one_folder_are_a_question(tmp_path):
    """Which of them is meant must be said; and a folder without one says so too."""
    _released(tmp_path / "dist")
    _released(tmp_path / "dist", version="9.9.0")
    (tmp_path / "empty").mkdir()

    assert _refused(tmp_path / "dist") == _refused(tmp_path / "empty") == "bundle_missing"


@pytest.mark.parametrize("data", [b"", b"no zip file", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_bundle_is_refused(tmp_path, data):
    """Though its hash is the one that was released."""
    path = tmp_path / bundle.name_of("1.0.0", "xiao_c3")
    path.write_bytes(data)
    (tmp_path / bundle.SUMS).write_text(f"{hashlib.sha256(data).hexdigest()}  {path.name}\n")

    assert _refused(path) == "bundle_wrong"


def test_a_board_gets_the_release_and_not_what_lies_here(plug, tmp_path):
    """Its files stand on the board, its version in the record; and it verifies against the same release."""
    files = [file for file in board_files("pendant", "xiao_c3") if file.path != "firmware/logring.mpy"]
    logring = next(file for file in board_files("pendant", "xiao_c3", compiled=False) if "logring" in file.path)
    files.append(dataclasses.replace(logring, data=logring.data + b"\nRELEASED = True\n"))
    path = _released(tmp_path / "dist", files=files)
    (board,) = plug("xiao_c3")
    (outcome,) = many.run(make_job(tmp_path, bundle=path.parent), [board.port], Watcher(board))
    assert (outcome.result, outcome.fault) == ("done", {})
    assert json.loads((tmp_path / "flashed" / "records" / f"{outcome.id}.json").read_text())["firmware"] == "9.8.7"
    (outcome,) = many.run(make_job(tmp_path, "verify", bundle=path.parent), [board.port], Watcher(board))
    assert outcome.result == "done"
    board.unplug()
    there = board.read_flash()

    assert b"RELEASED" in there["firmware/logring.py"]
    assert "firmware/logring.mpy" not in there


def test_a_refused_bundle_leaves_the_board_as_it_was(plug, tmp_path):
    """It is looked at before anything is erased."""
    path = _released(tmp_path / "dist")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.py", "1")
    (board,) = plug("xiao_c3")
    before = bytes(board.chip_flash.data)
    (outcome,) = many.run(make_job(tmp_path, bundle=path), [board.port], Watcher(board))

    assert (outcome.result, outcome.fault["key"], outcome.code) == ("failed", "bundle_wrong", 6)
    assert bytes(board.chip_flash.data) == before
