"""A release is all that an installer takes, the same bytes whoever builds it, and its list of parts is true."""

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import zipfile

import pytest

from shared import words
from tools.board_files import board_files
from tools.flashing import bundle
from tools.flashing.profile import CHIP_OF, ROLE_OF
from tools.package import ROOT

_VERSION = ".".join(map(str, words.VERSION))

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("cyclonedx") is None, reason="cyclonedx-python-lib is not installed: run `make extras`"
)


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A release of the last commit; the command itself builds it twice and compares."""
    folder = tmp_path_factory.mktemp("release") / "dist"
    folder.mkdir()
    for old in ("tiexin-0.0.9-xiao_c3.zip", "another's.txt"):
        (folder / old).write_text("of before")
    done = subprocess.run(
        [sys.executable, "-m", "tools.release", folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert "built twice, the same bytes" in done.stdout
    return folder


def test_a_release_is_whole(released):
    """Wheel, pinned needs, a bundle for every board, source, list of parts; nothing of the release before."""
    names = {path.name for path in released.iterdir()}
    bundles = {bundle.name_of(_VERSION, board) for board in CHIP_OF}

    assert names == bundles | {
        f"tiexin-{_VERSION}-py3-none-any.whl", "requirements.txt", "constraints.txt", f"tiexin-{_VERSION}.tar",
        f"tiexin-{_VERSION}.cdx.json", bundle.SUMS, "another's.txt",
    }  # fmt: skip


def test_every_file_has_its_hash(released):
    """As sha256sum -c reads them."""
    said = dict(line.split("  ")[::-1] for line in (released / bundle.SUMS).read_text().splitlines())
    made = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in released.iterdir()}
    del made[bundle.SUMS], made["another's.txt"]

    assert said == made


def test_a_bundle_is_what_the_commit_puts_onto_a_board(released):
    """Compared with this tree, where nothing of it was changed since the commit."""
    changed = subprocess.run(
        ["git", "status", "--porcelain", "firmware", "shared"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for board in CHIP_OF:
        read = bundle.read(released, ROLE_OF[board], board)

        assert read.version == _VERSION
        assert changed.stdout or {f.path: f.data for f in read.files} == {
            f.path: f.data for f in board_files(ROLE_OF[board], board)
        }


def test_the_parts_are_the_locked_ones(released):
    """Each package of the lock with version, hashes and purl, reachable from the release, in CycloneDX's schema."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = (released / f"tiexin-{_VERSION}.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    parts = json.loads(text)
    packages = {part["purl"]: part for part in parts["components"] if "purl" in part}
    lock = (ROOT / "locks" / "gateway.txt").read_text()
    assert set(packages) == {
        f"pkg:pypi/{name}@{version}" for name, version in re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", lock)
    }
    hashes = [
        digest["content"]
        for part in packages.values()
        for ref in part["externalReferences"]
        for digest in ref["hashes"]
    ]
    assert sorted(hashes) == sorted(re.findall(r"--hash=sha256:(\w+)", lock))
    below = {each["ref"]: each.get("dependsOn", []) for each in parts["dependencies"]}
    reached, ahead = set(), ["tiexin"]
    while ahead:
        ref = ahead.pop()
        if ref not in reached:
            reached.add(ref)
            ahead += below[ref]
    assert reached >= set(packages)


def test_the_parts_name_the_files_of_the_release(released):
    """Wheel and bundles by hash, MicroPython as it is pinned."""
    parts = json.loads((released / f"tiexin-{_VERSION}.cdx.json").read_text())
    by_name = {part["name"]: part for part in parts["components"]}
    for path in [*released.glob("*.whl"), *released.glob("tiexin-*.zip")]:
        assert by_name[path.name]["hashes"][0]["content"] == hashlib.sha256(path.read_bytes()).hexdigest()
    pins = (ROOT / "tools" / "flashing" / "images.toml").read_text()
    for file, digest in re.findall(r'file = "(.+)"\n.*\nsha256 = "(\w+)"', pins):
        assert by_name[file]["hashes"][0]["content"] == digest


def test_the_version_is_said_once(released):
    """shared/words.py says it; wheel, firmware and gateway repeat it."""
    with zipfile.ZipFile(next(released.glob("*.whl"))) as archive:
        assert f"\nVersion: {_VERSION}\n" in archive.read(f"tiexin-{_VERSION}.dist-info/METADATA").decode()


def test_a_release_that_comes_out_differently_is_none(tmp_path, monkeypatch):
    """One byte, one file too many: it is named, and nothing is put out."""
    from tools import release

    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / "same").write_bytes(b"1")
        (folder / "differs").write_text(folder.name)
    (other / "more").write_bytes(b"")
    assert release.differences(one, other) == ["differs", "more"]
    monkeypatch.setattr(release, "build", lambda target: target.mkdir())
    monkeypatch.setattr(release.subprocess, "run", lambda *_, **__: None)
    monkeypatch.setattr(release, "_git", lambda *_: "")
    monkeypatch.setattr(release, "differences", lambda *_: ["tiexin.whl"])
    with pytest.raises(SystemExit, match=r"differ: tiexin\.whl"):
        release.main(tmp_path / "dist")

    assert not (tmp_path / "dist").exists()


def test_without_a_commit_there_is_no_release(tmp_path, monkeypatch):
    """Unpacked source is no clone: one sentence, and nothing is written."""
    from tools import release

    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(SystemExit, match="in a clone of the project"):
        release.main(tmp_path / "dist")

    assert not (tmp_path / "dist").exists()
