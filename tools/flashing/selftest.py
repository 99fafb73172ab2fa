"""Without this file a board would leave the desk untried: leads the installer through firmware/selftest.py.

What a person must see or feel is confirmed by a press of the board's own button, so that eight boards can be tried at
once and nobody types.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tools.flashing.faults import Fault
from tools.flashing.repl import BoardError, Repl

HAND_S = 25  # for an installer with eight boards before him
_RADIO_TRIES = 3
_GATEWAY_TRIES = 24  # six seconds: a gateway reads its registry every two

_BEGIN = """
import json
from firmware.selftest import Trials
trials = Trials()
print('{}')
"""
_ONE = "print(json.dumps(trials.{name}({argument})))"
_TRIALS = ("imu", "rest", "battery", "button", "light", "feel", "radio")
_BY_HAND = ("button", "light", "feel")


@dataclass
class Report:
    """What each trial said, by name; notes for the installer (keys of words.py)."""

    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def failed(self) -> list[str]:
        """Names of the trials that failed."""
        return [name for name, result in self.results.items() if not result["ok"]]


def run(
    repl: Repl,
    role: str,
    *,
    hands: bool,
    needs_gateway: bool,
    ask: Callable[[str], None],
    progress: Callable[[float], None],
    channel: int = 0,
) -> Report:
    """Try everything; ask(key of words.py) tells the installer what to do now. Raises Fault at a missing sensor.

    hands: somebody is there to press. needs_gateway: the gateway knows this pendant and must answer.
    """
    report = Report()
    names = ["radio"] if role == "bridge" else [name for name in _TRIALS if hands or name not in _BY_HAND]
    _on_board(repl, _BEGIN)
    for number, name in enumerate(names):
        progress(number / len(names))
        if name in {"button", "light", "feel", "rest"}:
            ask(f"ask_{name}")
        report.results[name] = result = _try(repl, name, needs_gateway)
        if result.get("missing"):
            raise Fault("imu_missing", port=repl.port, why=result.get("why"))
    _weigh_radio(repl, report, needs_gateway and role == "pendant", channel)
    progress(1.0)
    return report


def _try(repl: Repl, name: str, needs_gateway: bool) -> dict[str, Any]:
    arguments = {
        **dict.fromkeys(_BY_HAND, HAND_S * 1_000),
        "radio": _GATEWAY_TRIES if needs_gateway else _RADIO_TRIES,
    }
    result = _on_board(repl, _ONE.format(name=name, argument=arguments.get(name, "")), within_s=HAND_S + 10)
    if name == "rest" and not result["ok"]:  # the table was bumped
        result = _on_board(repl, _ONE.format(name=name, argument=""))
    return result


def _weigh_radio(repl: Repl, report: Report, must_be_heard: bool, channel: int) -> None:
    """That no gateway answers is a fault only where one must."""
    radio = report.results["radio"]
    if radio["ok"]:
        return
    if must_be_heard:
        raise Fault("gateway_gone", port=repl.port, channel=channel)
    if radio.get("sent"):
        report.results["radio"] = {**radio, "ok": True, "gateway": None}
        report.notes.append("radio_not_tried")


def _on_board(repl: Repl, program: str, within_s: float = 15) -> dict[str, Any]:
    try:
        return dict(repl.ask(program, within_s))
    except BoardError as why:
        raise Fault("board_says", port=repl.port, why=why) from None
