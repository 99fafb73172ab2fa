"""docs/asyncapi.yaml and the code agree about every command, in both directions."""

import json
import re
from datetime import datetime
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import command_fields as fields
from gateway.errors import UNKNOWN_COMMAND, UNKNOWN_FIELD, WRONG_FIELD, CommandRefused

DOCUMENT = yaml.safe_load((Path(__file__).resolve().parents[2] / "docs/asyncapi.yaml").read_text())
SCHEMA = jsonschema.Draft202012Validator({"$ref": "#/components/schemas/command", "components": DOCUMENT["components"]})
PENDANT = "a0b1c2d3e4f5"
ABOUT = {"id": "c", "pendant": PENDANT}
GOOD = [
    {"command": "answer", "id": "c", "alarm": f"{PENDANT}-1-2", "by": "operator"},
    {"command": "answer", "id": "c", "alarm": f"{PENDANT}-1-2", "by": "o", "eta_s": 0, "reply_to": "a/b"},
    {"command": "locate", **ABOUT},
    {"command": "test", **ABOUT, "expires": "2026-11-22T12:00:00Z"},
    {"command": "rotate-key", **ABOUT, "expires": "2026-11-22T12:00:00.5+08:00"},
    {"command": "revoke", **ABOUT, "by": "操作员"},
    {"command": "configure", **ABOUT, "settings": {"beat_s": 60}},
    {"command": "enrol", **ABOUT, "sealed": "abc-_"},
    {"command": "close", "id": "c", "alarm": f"{PENDANT}-1-2", "by": "operator", "outcome": "true"},
]
NAMES = (
    "command",
    "id",
    "alarm",
    "by",
    "eta_s",
    "expires",
    "reply_to",
    "pendant",
    "settings",
    "sealed",
    "expire",
    "outcome",
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=140)
near = st.sampled_from([
    "", "x" * 64, "x" * 65, "x" * 128, "x" * 129, "x" * 256, "x" * 257, "x" * 12_000, "x" * 12_001, "a/+", "a#", "\0",
    PENDANT, PENDANT.upper(), f"{PENDANT}-1-2", f"{PENDANT}-123456789-1", "answer", "enrol", "revoke", "dance", "close",
    "false",
    "2026-11-22T12:00:00Z", "2026-11-22 12:00:00Z", "2026-11-22T12:00:00", "2026-11-22T24:00:00Z", "1999-01-01T0:0:0Z",
    "20261122T120000Z", "2026-11-22T12:00:00+0800", "2026-11-22T12:00:00-23:59", "2026-11-22T12:00:00.1234567Z",
])  # fmt: skip
numbers = st.one_of(
    st.sampled_from([0, -1, 65_534, 65_535, 2**31 - 1, 2**31, -(2**31) + 1, -(2**31), 60.0, 60.5, 1e300]),
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
)  # fmt: skip
settings_like = st.dictionaries(
    st.one_of(st.sampled_from(["beat_s", "x", "A", "_x", "x" * 32, "x" * 33, ""]), texts), numbers, max_size=18
)
values = st.one_of(st.none(), near, texts, numbers, settings_like, st.lists(near, max_size=2))


def is_taken(command):
    """Whether the code takes its form, after a trip through JSON."""
    try:
        fields.check(fields.parse(json.dumps(command).encode()))
    except CommandRefused:
        return False
    return True


def is_beyond_a_schema(command):
    """What a pattern cannot say: that a date exists; and what Python's `$` lets through, a newline at the end."""
    said = command.get("expires")
    if isinstance(said, str) and re.fullmatch(r"2\d{3}-\d\d-\d\dT.*", said):
        try:
            datetime.fromisoformat(said)
        except ValueError:
            return True
    return any(isinstance(value, str) and value.endswith("\n") for value in [*command.values(), *_inner(command)])


def _inner(command):
    return [name for value in command.values() if isinstance(value, dict) for name in value]


@pytest.mark.parametrize("command", GOOD, ids=lambda command: command["command"])
def test_each_command_has_an_example_that_both_take(command):
    """And without any field that it needs both refuse it."""
    assert SCHEMA.is_valid(command)
    assert is_taken(command)
    for name in {"command", "id", "alarm", "pendant", "settings", "sealed"} & command.keys():
        less = {key: value for key, value in command.items() if key != name}
        assert not SCHEMA.is_valid(less)
        assert not is_taken(less)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(GOOD), st.dictionaries(st.sampled_from(NAMES), values, max_size=3), st.sampled_from(["", *NAMES])
)
def test_what_the_schema_refuses_is_refused_and_what_it_allows_is_taken(good, changes, left_out):
    """Whatever fields are changed, added or left out."""
    command = {name: value for name, value in {**good, **changes}.items() if name != left_out}
    if not is_beyond_a_schema(command):
        assert SCHEMA.is_valid(command) == is_taken(command)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.one_of(st.sampled_from(NAMES), texts), values, max_size=6))
def test_any_object_is_judged_alike(command):
    """Also one that has little to do with a command."""
    if not is_beyond_a_schema(command):
        assert SCHEMA.is_valid(command) == is_taken(command)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_make_a_command_or_nothing(payload):
    """Parsing never raises; checking raises one kind of error."""
    command = fields.parse(payload)
    assert isinstance(fields.id_of(command), str)
    assert isinstance(fields.about(command), str)
    with pytest.raises(CommandRefused):
        fields.check(command)


def test_what_no_disk_would_take_is_no_command():
    """A lone surrogate is legal in JSON's letters and in no text; a command has a size."""
    assert fields.parse(b'{"command": "locate", "id": "\\ud800"}') == {}
    assert fields.parse(b'{"x": "' + b"x" * fields.MOST_COMMAND_BYTES + b'"}') == {}


def test_a_date_must_exist():
    """The pattern cannot know February."""
    assert not is_taken({**GOOD[2], "expires": "2026-02-30T00:00:00Z"})


def test_the_document_offers_what_the_code_knows():
    """No command more, none less, and the same bounds in the words of the refusals."""
    offered = {
        name
        for part in DOCUMENT["components"]["schemas"]["command"]["oneOf"]
        for schema in [DOCUMENT["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]]]
        for name in schema["properties"]["command"].get("enum", [schema["properties"]["command"].get("const")])
    }
    assert offered == fields.NAMES


@pytest.mark.parametrize(
    ("change", "reason", "said"),
    [
        ({"expire": "x"}, UNKNOWN_FIELD, '"expire" is no field of locate'),
        ({"pendant": None}, WRONG_FIELD, '"pendant" must be the id of a pendant'),
        ({"expires": "tomorrow"}, WRONG_FIELD, "like 2026-11-22T13:45:07Z"),
        ({"command": "dance"}, UNKNOWN_COMMAND, '"command" must be one of'),
    ],
)
def test_the_text_names_the_field(change, reason, said):
    """Whoever reads it can mend it."""
    with pytest.raises(CommandRefused, match=re.escape(said)) as met:
        fields.check({**GOOD[2], **change})
    assert met.value.reason == reason
