"""The documents are true where a machine can tell: links lead somewhere, commands exist, both READMEs say the same."""

import re
import subprocess
from pathlib import Path

import pytest

from gateway.cli import COMMANDS

_ROOT = Path(__file__).resolve().parents[2]
_PAGES = sorted([*_ROOT.glob("*.md"), *(_ROOT / "docs").rglob("*.md"), *_ROOT.glob("firmware/**/*.md")])
_MAKEFILE = (_ROOT / "Makefile").read_text(encoding="utf-8")
_TARGETS = set(re.findall(r"^([a-z][a-z-]*):", _MAKEFILE, re.MULTILINE))
_VARIABLES = set(re.findall(r"\$\((?:if |or |filter \w+,)*(?:\$\()?([A-Z_]+)", _MAKEFILE)) | {"PYTHON"}


def _code(page):
    """What a page shows as code, in a line or in a block."""
    text = page.read_text(encoding="utf-8")
    return "\n".join([*re.findall(r"`([^`\n]+)`", text), *re.findall(r"```(?:sh)?\n(.*?)```", text, re.DOTALL)])


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(_ROOT).as_posix())
def test_links_lead_somewhere(page):
    """Every relative link and picture of a page is a file of the project."""
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", link):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(_ROOT).as_posix())
def test_commands_exist(page):
    """Every `make target` that a page names is a target of the Makefile."""
    for target in re.findall(r"\bmake ([a-z][a-z-]*)", _code(page)):
        assert target in _TARGETS, f"{page.name} names make {target}"


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(_ROOT).as_posix())
def test_headings_that_are_linked_exist(page):
    """What stands behind the # of a link is a heading of the page that is linked."""
    for link, heading in re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", page.read_text(encoding="utf-8")):
        there = (page.parent / link if link else page).read_text(encoding="utf-8")
        headings = [
            re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in re.findall(r"(?m)^#+ (.+)$", there)
        ]
        assert heading in headings, f"{page.name}: {link}#{heading}"


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(_ROOT).as_posix())
def test_programs_and_their_verbs_exist(page):
    """Every verb of the gateway, module and variable of make that a page names is one."""
    for line in _code(page).splitlines():
        for verb in re.findall(r"(?:tiexin-gateway|python -m gateway) ([a-z][a-z-]*)", line):
            assert verb in COMMANDS, f"{page.name} names tiexin-gateway {verb}"
        assert not re.match(rf"gateway ({'|'.join(COMMANDS)})\b", line), f"{page.name}: write tiexin-{line}"
        for module in re.findall(r"python -m ((?:tools|hil_tests)[\w.]*)", line):
            path = _ROOT / module.replace(".", "/")
            assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), f"{page.name} names {module}"
        if re.search(r"\bmake [a-z]", line):
            for variable in re.findall(r"\b([A-Z][A-Z_]+)=", line):
                assert variable in _VARIABLES, f"{page.name}: make {variable}="


def test_every_target_is_explained():
    """`make help` lists every target that is not a file."""
    shown = subprocess.run(["make", "help"], cwd=_ROOT, capture_output=True, text=True, check=True).stdout

    assert set(re.findall(r"^  make ([a-z-]+)", shown, re.MULTILINE)) == _TARGETS


def test_both_readmes_have_the_same_first_screen():
    """The Chinese README has the same commands, pictures and promises as the English one."""
    english, chinese = ((_ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
    for pattern in (r"make (?:demo|test|help)[^#`\n]*", r"!\[[^\]]*\]\(([^)]*)\)", r"(?m)^\d\. "):
        assert len(re.findall(pattern, english)) == len(re.findall(pattern, chinese)), pattern
