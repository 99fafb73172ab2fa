"""Without this file a wearer would lie on the floor and not feel that somebody is coming.

A pendant listens only just after it has sent. So an answer waits here, and each time the pendant is heard one answer
goes out to it, in turn, until the pendant says that it was felt. A person's answer waits in the store as well.
"""

from collections.abc import Iterable

from gateway.tables import Answer
from shared import words

_MOST_WAITING = 32  # for one pendant
_DELIVERED_SENDS = 3  # "the platform has it" is a courtesy: not every pendant makes it felt, none confirms it


class Answers:
    """What waits to be felt, by pendant."""

    def __init__(self, stored: Iterable[Answer] = ()) -> None:
        self._waiting: dict[bytes, list[Answer]] = {}
        self._sends: dict[Answer, int] = {}
        for answer in stored:
            self.put(answer)

    def put(self, answer: Answer) -> None:
        """Let an answer wait; it replaces one of the same or a lower stage, and gives way to a higher."""
        if any(
            (a.boot, a.seq) == (answer.boot, answer.seq) and a.stage > answer.stage
            for a in self._waiting.get(answer.pendant, ())
        ):
            return
        self.felt(answer.pendant, answer.boot, answer.seq, answer.stage)
        waiting = self._waiting.setdefault(answer.pendant, [])
        waiting.append(answer)
        if len(waiting) > _MOST_WAITING:  # a pendant that is not heard any more, while its old alarms arrive
            self._drop(min(waiting, key=lambda a: (a.stage, a.boot, a.seq)))

    def felt(self, pendant: bytes, boot: int, seq: int, stage: int) -> None:
        """The wearer has felt this stage of that alarm, and so every earlier one."""
        waiting = self._waiting.get(pendant, [])
        for answer in [a for a in waiting if (a.boot, a.seq) == (boot, seq) and a.stage <= stage]:
            self._drop(answer)

    def next(self, pendant: bytes) -> Answer | None:
        """The answer whose turn it is in this pendant's listening window; None if none waits."""
        waiting = self._waiting.get(pendant)
        if not waiting:
            return None
        # Someone is coming outranks the platform knows; among equals the one that has waited longest for its turn.
        answer = min(waiting, key=lambda a: (a.stage != words.ANSWERED, self._sends.get(a, 0)))
        self._sends[answer] = self._sends.get(answer, 0) + 1
        if answer.stage == words.DELIVERED and self._sends[answer] >= _DELIVERED_SENDS:
            self._drop(answer)
        return answer

    def _drop(self, answer: Answer) -> None:
        self._sends.pop(answer, None)
        waiting = self._waiting[answer.pendant]
        waiting.remove(answer)
        if not waiting:
            del self._waiting[answer.pendant]

    def __len__(self) -> int:
        return sum(len(waiting) for waiting in self._waiting.values())
