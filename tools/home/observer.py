"""Without this file the demo would believe what each part says of itself: it watches all of them from outside.

Listens to the gateway's log, the platform's arrivals and the motor of every pendant, puts it all on one timeline, and
makes the row of each alarm.
"""

import threading
import time
from typing import Any, Self

from tools.home import feelings
from tools.home.gateway_process import Step
from tools.home.house import Home
from tools.home.platform import Arrival
from tools.home.timeline import AlarmRow, Moment, Timeline

_LOOK_S = 0.05
_NOT_SHOWN = {"tick", "counting"}  # felt, but too many to print
_STEPS_SHOWN = {
    "heard": "hears {event} ({what}, attempt {attempt})",
    "stored": "has {event} on disk",
    "acknowledged": "acknowledges {event}",
    "confirmed": "hears from the broker that it has {event}",
    "answer-sent": "tells the pendant that {event} is {stage}",
}
_FALLS_END = ("tiexin.fall.confirmed", "tiexin.fall.cancelled", "tiexin.fall.recovered")
_RAISES = ("tiexin.fall.suspected", "tiexin.help.requested")


class Observer:
    """Watches a home while it is entered."""

    def __init__(self, home: Home, timeline: Timeline) -> None:
        self._home = home
        self._timeline = timeline
        self._causes: list[tuple[Any, str, float]] = []
        self._shown = {pendant.mac.hex(): 0 for pendant in home.pendants}
        self._names = {pendant.mac.hex(): f"wearer {number}" for number, pendant in enumerate(home.pendants, 1)}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch_motors, daemon=True)
        self.felt: dict[str, list[feelings.Felt]] = {name: [] for name in self._shown}

    def __enter__(self) -> Self:
        self._home.gateway.listeners.append(self._step)
        self._home.platform.listeners.append(self._arrived)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._home.gateway.listeners.remove(self._step)
        self._home.platform.listeners.remove(self._arrived)

    def cause(self, pendant: Any, kind: str, at_s: float) -> None:
        """Tell that something has just been done to a pendant which must raise an alarm."""
        self._causes.append((pendant, kind, at_s))

    def rows(self) -> list[AlarmRow]:
        """One row for each cause, as far as its alarm has come."""
        return [self._row(*cause) for cause in self._causes]

    def wait_until_settled(self, within_s: float) -> None:
        """Wait until every alarm is answered and felt and every fall has come to its end, or within_s are over."""
        end_s = time.monotonic() + within_s
        while time.monotonic() < end_s and not self._is_settled():
            time.sleep(_LOOK_S)

    def _is_settled(self) -> bool:
        if not all(row.is_complete for row in self.rows()):
            return False
        said = {(one.pendant, one.type) for one in self._home.platform.in_order()}
        falls = [pendant.mac.hex() for pendant, kind, _ in self._causes if kind == "fall"]
        are_over = all(any((name, kind) in said for kind in _FALLS_END) for name in falls)
        are_felt = all((pendant.mac.hex(), "tiexin.answer.felt") in said for pendant, _, _ in self._causes)
        return are_over and are_felt

    def _row(self, pendant: Any, kind: str, cause_s: float) -> AlarmRow:
        name = pendant.mac.hex()
        alarm = next(
            (
                one
                for one in self._home.platform.in_order()
                if one.pendant == name and one.type in _RAISES and one.at_s > cause_s
            ),
            None,
        )
        row = AlarmRow(name, kind, alarm.id if alarm else "", cause_s)
        if alarm:
            delay_ms = alarm.event["data"]["delay_ms"]
            row.times_s["raised"] = None if delay_ms is None else cause_s + delay_ms / 1000
            row.times_s["stored"] = self._step_s("stored", alarm.id)
            row.times_s["at the platform"] = alarm.at_s
            row.times_s["answered"] = self._step_s("answer-received", alarm.id)
            row.times_s["felt by the wearer"] = self._felt_s(name, row.times_s["answered"])
        return row

    def _step_s(self, step: str, event_id: str) -> float | None:
        found = self._home.gateway.find(step, event=event_id)
        return found.at_s if found else None

    def _felt_s(self, name: str, since_s: float | None) -> float | None:
        if since_s is None:
            return None
        times_s = (self._home.clock.unix_s(felt.at_s) for felt in self.felt[name] if felt.name == "answered")
        return next((at_s for at_s in times_s if at_s >= since_s), None)

    def _step(self, step: Step) -> None:
        text = _STEPS_SHOWN.get(step.name)
        if text:
            facts = {"attempt": "", "what": "", "stage": "", **step.facts}
            self._timeline.add(Moment(step.at_s, "gateway", text.format(**facts)))

    def _arrived(self, arrival: Arrival) -> None:
        self._timeline.add(Moment(arrival.at_s, "platform", f"{arrival.type} {arrival.id}", arrival.pendant))

    def _watch_motors(self) -> None:
        while not self._stop.wait(_LOOK_S):
            now_s = self._home.clock.now_s()
            for pendant in self._home.pendants:
                name = pendant.mac.hex()
                self.felt[name] = feelings.read(pendant.felt, now_s)
                for felt in self.felt[name][self._shown[name] :]:
                    self._show(name, felt)
                self._shown[name] = len(self.felt[name])

    def _show(self, name: str, felt: feelings.Felt) -> None:
        if felt.name not in _NOT_SHOWN:
            at_s = self._home.clock.unix_s(felt.at_s)
            self._timeline.add(
                Moment(
                    at_s,
                    self._names[name],
                    f"feels: {felt.name}" + (f" {felt.spans_ms}" if felt.name == "?" else ""),
                    name,
                )
            )
