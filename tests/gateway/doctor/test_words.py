"""Every sentence exists in both languages, with the same facts in it."""

import re
import string
from pathlib import Path

import pytest

from gateway.doctor.words import TEXTS

SOURCES = "\n".join(
    path.read_text() for path in (Path(__file__).resolve().parents[3] / "gateway").rglob("*octor*/*.py")
)


def fields(text):
    """The facts in a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", TEXTS)
def test_both_languages_say_the_same(code):
    """The same facts; each in its script; every code is used."""
    chinese, english = TEXTS[code]

    assert fields(chinese) == fields(english)
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert english.isascii()
    assert f'"{code}"' in SOURCES or code.startswith("sum_")
