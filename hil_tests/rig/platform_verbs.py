"""Without this file each rig would have its own idea of the platform and the gateway, which are the same processes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from hil_tests.rig import jumping_clock
from hil_tests.rig.log import Log
from hil_tests.rig.verbs import Event
from tools.home.gateway_process import GatewayProcess
from tools.home.house import GATEWAY
from tools.home.platform import Arrival, Platform
from tools.home.report import lasting_holes

_SLACK_S = 2.0  # real seconds: this machine may be late, whatever the bench's clock says
_SHOWN = {"event", "what", "text"}


class Axis(Protocol):
    """The time of a test."""

    log: Log

    def now_s(self) -> float:
        """Now."""

    def real_s(self, seconds: float) -> float:
        """How long that takes on a wall's clock."""

    def from_unix_s(self, at_s: float) -> float:
        """A moment of the processes on this axis."""


def listen(axis: Axis, process: GatewayProcess, platform: Platform) -> None:
    """Let the log hear what gateway and platform say."""

    def said(step: Any) -> None:
        facts = " ".join(f"{name}={value}" for name, value in step.facts.items() if name in _SHOWN)
        axis.log.add(axis.from_unix_s(step.at_s), "gateway", f"{step.name} {facts}".strip())

    def took(arrival: Arrival) -> None:
        axis.log.add(axis.from_unix_s(arrival.at_s), "platform", f"{arrival.type} {arrival.id}")

    process.listeners.append(said)
    platform.listeners.append(took)


class PlatformVerbs:
    """The platform, as a test sees it."""

    def __init__(self, axis: Axis, platform: Platform, pendant: str) -> None:
        self._axis = axis
        self._platform = platform
        self._pendant = pendant
        self._expected: set[str] = set()

    def expect(self, event: str, within_s: float, **data: Any) -> Event:
        """The first event of that type with that data that was not expected before; AssertionError if none comes."""

        def wanted(arrival: Arrival) -> bool:
            is_it = arrival.type == f"tiexin.{event}" and arrival.id not in self._expected
            return is_it and data.items() <= arrival.event["data"].items()

        try:
            found = self._platform.expect(wanted, self._axis.real_s(within_s) + _SLACK_S)
        except TimeoutError as fault:
            raise AssertionError(str(fault)) from None
        self._expected.add(found.id)
        return self._event(found)

    def forget_expected(self) -> None:
        """Let a test expect again what the rig has waited for itself."""
        self._expected.clear()

    def events(self, event: str | None = None) -> Sequence[Event]:
        """All so far, each id once, in the order of arrival."""
        arrivals = self._platform.in_order()
        return [self._event(one) for one in arrivals if event is None or one.type == f"tiexin.{event}"]

    def answer(self, event: Event) -> None:
        """A person accepts it."""
        self._axis.log.add(self._axis.now_s(), "hand", f"a person answers {event.id}")
        self._platform.answer(event.id, event.gateway)

    def command(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Any command of docs/mqtt.md; the gateway's reply."""
        return self._platform.expect_reply(self._platform.command(dict(body), GATEWAY), 10).body

    def missing(self) -> Sequence[str]:
        """Ids that the pendant has numbered and that do not come."""
        return lasting_holes(self._pendant, self._platform)

    def _event(self, arrival: Arrival) -> Event:
        at_s = self._axis.from_unix_s(arrival.at_s)
        kind = arrival.type.removeprefix("tiexin.")
        return Event(arrival.id, kind, at_s, arrival.copies, arrival.event["data"], arrival.event["gateway"])


class GatewayVerbs:
    """The gateway's process, as a test sees it."""

    def __init__(self, axis: Axis, process: GatewayProcess, offset_file: Path) -> None:
        self._axis = axis
        self._process = process
        self._offset_file = offset_file

    def kill(self) -> None:
        """As a pulled plug."""
        self._hand("the gateway's plug is pulled")
        self._process.kill()

    def stop(self) -> None:
        """Orderly, as an update does."""
        self._hand("the gateway is stopped")
        self._process.stop()

    def start(self) -> None:
        """Start it; back when it serves and the broker is connected."""
        self._hand("the gateway is started")
        since = len(self._process.steps)
        self._process.start(self._command())
        self._process.expect("connected", since=since)

    def jump_clock(self, seconds: float) -> None:
        """Under a wrapper that shifts time.time(); the first jump restarts the gateway once, to put it there."""
        if not self._offset_file.exists():
            jumping_clock.put_offset(self._offset_file, 0)
            self.kill()
            self.start()
        self._hand(f"the gateway's clock jumps by {seconds:+.0f} s")
        jumping_clock.put_offset(self._offset_file, seconds)

    def _command(self) -> Sequence[str] | None:
        return jumping_clock.command(self._process.command(), self._offset_file) if self._offset_file.exists() else None

    def _hand(self, text: str) -> None:
        self._axis.log.add(self._axis.now_s(), "hand", text)
