"""The version stands in shared/words.py; what must repeat it says the same."""

import re
import tomllib
from pathlib import Path

import pytest

from gateway import vitals
from shared import words

_ROOT = Path(__file__).resolve().parents[2]
_VERSION = ".".join(map(str, words.VERSION))
_PAGES = [*_ROOT.glob("*.md"), *(_ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("part", ["gateway", "shared", "firmware", "tools"])
def test_no_other_file_says_it(part):
    """Neither as a text nor as numbers: it would be forgotten there."""
    numbers = ", ?".join(map(str, words.VERSION))
    for path in (_ROOT / part).rglob("*.py"):
        if path != _ROOT / "shared" / "words.py":
            said = re.search(rf'"{re.escape(_VERSION)}"|\({numbers}\)', path.read_text(encoding="utf-8"))

            assert not said, f"{path.relative_to(_ROOT)}: {said[0]}"


def test_the_wheel_takes_it_from_there():
    """The build reads it; pyproject.toml has none of its own."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert "version" not in project["project"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "shared.words.VERSION"}
    assert vitals.version() == _VERSION


def test_documents_say_the_same():
    """Names of a release's files, and the contract."""
    contract = (_ROOT / "docs" / "asyncapi.yaml").read_text(encoding="utf-8")

    assert f"\n  version: {_VERSION}\n" in contract
    for page in _PAGES:
        for said in re.findall(r"\btiexin-(\d+\.\d+\.\d+)", page.read_text(encoding="utf-8")):
            assert said == _VERSION, page.name
