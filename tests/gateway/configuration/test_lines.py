"""Where a key stands in the file, however it is written."""

import pytest

from gateway.configuration.lines import Lines

TEXT = """\
# [broker] is not here
[gateway]
site = "home"

[ "broker" ]
"host" = "x"  # host = 5
port=1883
[[siren]]
name = "a"
"""


@pytest.mark.parametrize(
    ("section", "key", "line"),
    [
        ("gateway", "site", 3),
        ("gateway", "", 2),
        ("gateway", "id", 2),  # missing: where its section begins
        ("broker", "host", 6),
        ("broker", "port", 7),
        ("siren", "name", 9),
        ("store", "max_mb", 9),  # no such section: at the end, where it would be added
    ],
)
def test_a_key_has_a_line(section, key, line):
    """Quoted, spaced, missing, in a list of tables."""
    assert Lines(TEXT).of(section, key) == line


@pytest.mark.parametrize("text", ['\nbroker.host = "x"', '\nbroker = { host = "x" }', '\n[broker.more]\nhost = "x"'])
def test_short_forms_have_a_line(text):
    """What TOML allows is found too."""
    assert Lines(text).of("broker", "host") == 2


def test_a_fault_of_the_parser_has_a_line():
    """Its place is cut out of the sentence; "at end of document" is the last line."""
    assert Lines(TEXT).of_fault("Invalid value (at line 4, column 8)") == (4, "Invalid value")
    assert Lines(TEXT).of_fault("Unclosed array (at end of document)") == (9, "Unclosed array at the end")
