"""Without this file a typing error in a command would be done as something else: what each command may carry.

The same rules stand in docs/asyncapi.yaml as a JSON Schema for each command, and a test holds the two together in both
directions. A field that no rule names is refused, not ignored: who writes "expire" would else be obeyed a day too late.
"""

import json
import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from gateway.case import OUTCOMES
from gateway.errors import MISSING_FIELD, UNKNOWN_COMMAND, UNKNOWN_FIELD, WRONG_FIELD, CommandRefused
from shared import frames, word_names, words

ANSWER, CLOSE, ENROL, REVOKE = "answer", "close", "enrol", "revoke"
VERBS = {name: verb for verb, name in word_names.VERB_NAMES.items()}  # what a pendant is told by an order
MOST_COMMAND_BYTES = 64 * 1024
MOST_ID = 128
MOST_NAME = 64
MOST_TOPIC = 256
MOST_SEALED = 12_000
MOST_SETTINGS = 16
MOST_ETA_S = int(frames.ETA_UNKNOWN_S) - 1
_MOST_SETTING = 2**31 - 1

EVENT_ID = re.compile(r"([0-9a-f]{12})-([0-9]{1,8})-([0-9]{1,8})")
TOPIC = re.compile(rf"[^+#\x00]{{1,{MOST_TOPIC}}}", re.DOTALL)
_PENDANT = re.compile(r"[0-9a-f]{12}")
_SEALED = re.compile(r"[A-Za-z0-9_-]+")
_SETTING = re.compile(r"[a-z][a-z0-9_]{0,31}")
_DATE = re.compile(
    r"2[0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)

Command = dict[str, Any]


def parse(payload: bytes) -> Command:
    """The command in a message; an empty one for what is no JSON object. Never raises."""
    if len(payload) > MOST_COMMAND_BYTES:
        return {}
    try:
        command = json.loads(payload)
        json.dumps(command, ensure_ascii=False).encode()  # a lone surrogate is no text: no disk would take it
    except (ValueError, RecursionError):
        return {}
    return command if isinstance(command, dict) else {}


def check(command: Command) -> None:
    """Raise CommandRefused with the first thing that is wrong with the form of a command."""
    kind = command.get("command")
    if not isinstance(kind, str) or kind not in _FIELDS:
        raise CommandRefused(UNKNOWN_COMMAND, f'"command" must be one of {", ".join(sorted(_FIELDS))}')
    needed, allowed = _FIELDS[kind]
    for name in sorted(needed - command.keys()):
        raise CommandRefused(MISSING_FIELD, f'"{name}" is missing: it must be {_RULES[name][0]}')
    for name in sorted(command.keys() - allowed):
        text = f'"{name[:MOST_NAME]}" is no field of {kind}; there are {", ".join(sorted(allowed))}'
        raise CommandRefused(UNKNOWN_FIELD, text)
    for name in sorted(command):
        rule, is_right = _RULES[name]
        if not is_right(command[name]):
            raise CommandRefused(WRONG_FIELD, f'"{name}" must be {rule}')


def id_of(command: Command) -> str:
    """Its id, or nothing where it has none that could be used."""
    name = command.get("id")
    return str(name) if _is_text(name, MOST_ID) else ""


def about(command: Command) -> str:
    """What it is about, for a log: the alarm or the pendant as far as it looks like one."""
    named = command.get("alarm", command.get("pendant", ""))
    return named[:MOST_ID] if isinstance(named, str) else ""


def expires_s(command: Command) -> float | None:
    """The unix second from which on it shall not be done any more."""
    said = command.get("expires")
    return None if said is None else datetime.fromisoformat(said).timestamp()


# ---- the rules


def _is_text(value: Any, most: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= most


def _is_whole(value: Any, least: int, most: int) -> bool:
    """JSON has one kind of number: 60.0 is as whole as 60."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    return value == int(value) and least <= value <= most


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_date(value: Any) -> bool:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:  # the 30th of February
        return False
    return True


def _is_settings(value: Any) -> bool:
    if not isinstance(value, dict) or not 0 < len(value) <= MOST_SETTINGS:
        return False
    return all(
        _SETTING.fullmatch(name) and _is_whole(number, -_MOST_SETTING, _MOST_SETTING) for name, number in value.items()
    )


_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "command": ("the name of a command", lambda value: True),  # was looked up before
    "id": (f"a text of 1 to {MOST_ID} characters", lambda value: _is_text(value, MOST_ID)),
    "by": (f"a text of 1 to {MOST_NAME} characters", lambda value: _is_text(value, MOST_NAME)),
    "expires": ("a date that exists, with its zone, like 2026-11-22T13:45:07Z", _is_date),
    "reply_to": (f"a topic of 1 to {MOST_TOPIC} characters, without + and #", _matches(TOPIC)),
    "alarm": ("the id of the alarm, like a0b1c2d3e4f5-2-7", _matches(EVENT_ID)),
    "outcome": (f"one of {', '.join(OUTCOMES)}", lambda value: isinstance(value, str) and value in OUTCOMES),
    "eta_s": (f"whole seconds, at most {MOST_ETA_S}", lambda value: _is_whole(value, 0, MOST_ETA_S)),
    "pendant": ("the id of a pendant, 12 hex digits", _matches(_PENDANT)),
    "settings": (f"an object of 1 to {MOST_SETTINGS} names and whole numbers", _is_settings),
    "sealed": (
        f"a record as tools.seal_record made it, at most {MOST_SEALED} characters",
        lambda value: _matches(_SEALED)(value) and len(value) <= MOST_SEALED,
    ),
}

_COMMON = frozenset({"command", "id", "by", "expires", "reply_to"})


def _fields(*needed: str, optional: tuple[str, ...] = ()) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset({"command", "id", *needed}), _COMMON | {*needed, *optional}


_FIELDS = {
    ANSWER: _fields("alarm", "by", optional=("eta_s",)),
    CLOSE: _fields("alarm", "by", "outcome"),
    ENROL: _fields("pendant", "sealed"),
    REVOKE: _fields("pendant"),
    **{name: _fields("pendant", *(("settings",) if verb == words.CONFIGURE else ())) for name, verb in VERBS.items()},
}
NAMES = frozenset(_FIELDS)
