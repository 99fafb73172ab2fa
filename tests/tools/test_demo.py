"""The demo's picture: what people see of it in the README."""

import io
import re

from rich.console import Console

from tools.demo import whole_trip


def test_chinese_is_as_wide_as_it_is_in_a_terminal():
    """Two cells a character: else the words would lie on top of each other. And nothing is loaded from elsewhere."""
    console = Console(record=True, width=40, file=io.StringIO())
    console.print("stored\n已存盘")
    svg = whole_trip._as_svg(console)
    width = {text: float(length) for length, text in re.findall(r'textLength="([\d.]+)"[^>]*>([^<]+)<', svg)}

    assert width["已存盘"] == width["stored"]
    assert "@font-face" not in svg
