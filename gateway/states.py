"""Without this file whoever opens the platform's page would not see who is well until each pendant's next word.

What the broker keeps as the last known state of each topic: only the newest counts, it is made when it is sent, and it
goes when nothing else waits. A broker may hang up on a topic that it does not allow. What was under way when two
connections in a row ended rests, and then goes alone: the others keep their connection, and so do the alarms. Told the
time, never asks for it.
"""

from collections.abc import Callable

Render = Callable[[], bytes]

MOST_UNDER_WAY = 64
FROM = 2  # ends of connections in a row: one is any lost connection
# From the second end on, the last repeats: somebody may have allowed it meanwhile.
RESTS_S = (5.0, 30.0, 300.0, 3_600.0)


class States:
    """The topics, which of them have something new, and which are under way."""

    def __init__(self) -> None:
        self._renders: dict[str, Render] = {}
        self._dirty: dict[str, None] = {}  # in the order in which they go
        self._under_way: dict[int, str] = {}  # by the number (mid) that MQTT gave them
        self._ends: dict[str, int] = {}  # of connections, in a row, while it was under way
        self._rest_until_s: dict[str, float] = {}  # suspects only

    def put(self, topic: str, render: Render) -> None:
        """From now on render() is the state of this topic, to be sent."""
        self._renders[topic] = render
        self._dirty[topic] = None

    def begin(self) -> None:
        """A connection begins: all is sent anew, for what the broker has kept may be old."""
        self._dirty = dict.fromkeys(self._renders)
        self._under_way.clear()

    def take(self, topic: str) -> Render | None:
        """The state of this topic, to be sent now; None for a suspect, which waits for its turn."""
        if topic in self._rest_until_s or topic not in self._dirty:
            return None
        del self._dirty[topic]
        return self._renders[topic]

    def next(self, now_s: float) -> tuple[str, Render] | None:
        """A topic and its state, to be sent now; None if none may go."""
        if len(self._under_way) >= MOST_UNDER_WAY or any(one in self._rest_until_s for one in self._under_way.values()):
            return None
        topic = next((topic for topic in self._dirty if topic not in self._rest_until_s), None)
        if topic is None and not self._under_way:
            topic = min(self._due(now_s), key=lambda one: self._ends[one], default=None)
        if topic is None:
            return None
        del self._dirty[topic]
        return topic, self._renders[topic]

    def is_due(self, now_s: float) -> bool:
        """Whether a suspect has rested long enough."""
        return bool(self._due(now_s))

    def sent(self, mid: int, topic: str) -> None:
        """It is under way under this number."""
        self._under_way[mid] = topic

    def answered(self, mid: int) -> bool:
        """The broker has answered, with a yes or a no: it was not this one. False if the number is none of these."""
        topic = self._under_way.pop(mid, None)
        if topic is None:
            return False
        self._ends.pop(topic, None)
        self._rest_until_s.pop(topic, None)
        return True

    def ended(self, now_s: float) -> list[str]:
        """The connection has ended; the topics that rest now because of it."""
        blamed = dict.fromkeys(self._under_way.values())
        self._under_way.clear()
        if blamed:
            self._ends = {one: ends for one, ends in self._ends.items() if one in blamed or ends >= FROM}
        for topic in blamed:
            ends = self._ends[topic] = self._ends.get(topic, 0) + 1
            if ends >= FROM:
                self._rest_until_s[topic] = now_s + RESTS_S[min(ends - FROM, len(RESTS_S) - 1)]
        return sorted(topic for topic in blamed if topic in self._rest_until_s)

    @property
    def has_suspects(self) -> bool:
        """Whether any rests, or has not been answered since."""
        return bool(self._rest_until_s)

    def _due(self, now_s: float) -> list[str]:
        return [topic for topic, until_s in self._rest_until_s.items() if topic in self._dirty and until_s <= now_s]
