"""Without this file each rig would read the wearer's language in its own way: a motor's pulses, made into messages."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

from hil_tests.rig.verbs import Feeling
from tools.home import feelings


class Axis(Protocol):
    """The time of a test."""

    def now_s(self) -> float:
        """Now."""

    def wait(self, look: Any, within_s: float) -> Any:
        """What look() gives once it is something true, or None."""


class Motor(ABC):
    """The verb `vibration`; a rig knows how to get the pulses."""

    def __init__(self, axis: Axis) -> None:
        self._axis = axis

    @abstractmethod
    def pulses(self) -> Sequence[Any]:
        """All so far, as tools.home.feelings wants them."""

    def felt(self) -> Sequence[Feeling]:
        """All messages so far."""
        return [Feeling(one.at_s, one.name, one.is_sure) for one in feelings.read(self.pulses(), self._axis.now_s())]

    def expect(self, name: str, within_s: float, since_s: float = 0.0) -> Feeling:
        """The first message of that name; AssertionError if none comes."""

        def look() -> Feeling | None:
            return next((one for one in self.felt() if one.name == name and one.at_s >= since_s), None)

        found = self._axis.wait(look, within_s)
        assert found, f"not felt within {within_s} s: {name}; felt: {self._told()}"
        return found  # type: ignore[no-any-return]

    def _told(self) -> str:
        felt = feelings.read(self.pulses(), self._axis.now_s())
        return ", ".join(f"{one.name} {one.spans_ms} (at most {one.late_ms} ms late)" for one in felt) or "nothing"
