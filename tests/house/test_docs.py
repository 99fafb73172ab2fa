"""The documents are true where a machine can tell: links lead somewhere, commands exist, both READMEs say the same."""

import re
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_PAGES = sorted([*_ROOT.glob("*.md"), *(_ROOT / "docs").rglob("*.md"), *_ROOT.glob("firmware/**/*.md")])
_TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (_ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(_ROOT).as_posix())
def test_links_lead_somewhere(page):
    """Every relative link and picture of a page is a file of the project."""
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", link):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(_ROOT).as_posix())
def test_commands_exist(page):
    """Every `make target` that a page names is a target of the Makefile."""
    text = page.read_text(encoding="utf-8")
    code = "\n".join([*re.findall(r"`([^`\n]+)`", text), *re.findall(r"```(?:sh)?\n(.*?)```", text, re.DOTALL)])
    for target in re.findall(r"\bmake ([a-z][a-z-]*)", code):
        assert target in _TARGETS, f"{page.name} names make {target}"


def test_every_target_is_explained():
    """`make help` lists every target that is not a file."""
    shown = subprocess.run(["make", "help"], cwd=_ROOT, capture_output=True, text=True, check=True).stdout

    assert set(re.findall(r"^  make ([a-z-]+)", shown, re.MULTILINE)) == _TARGETS


def test_both_readmes_have_the_same_first_screen():
    """The Chinese README has the same commands, pictures and promises as the English one."""
    english, chinese = ((_ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
    for pattern in (r"make (?:demo|test|help)[^#`\n]*", r"!\[[^\]]*\]\(([^)]*)\)", r"(?m)^\d\. "):
        assert len(re.findall(pattern, english)) == len(re.findall(pattern, chinese)), pattern
