"""Without this file one pulled plug would be reported as forty missing pendants: who is gone, and what only seems so.

Pure decisions, told the time. They run on a *listening clock*: it goes only while a bridge says hello, so that nobody
is called missing for a time in which this gateway could not have heard them. A pendant is missing after three beats;
when most fall silent at once while the bridge is well, it is the radio; when the bridge is away, it is the bridge.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

BEATS = 3
QUIET_BEATS = 2  # so many are missed before a pendant counts as a sign of a deaf radio
DEFAULT_BEAT_MS = 300_000  # what a pendant does if nobody has configured it: firmware/config.py, beat_s
MOST_BEAT_MS = 3_960_000  # an hour is the longest beat_s of firmware/config.py, and a tenth of it for a slow clock
BRIDGE_AWAY_MS = 10_000  # a bridge may restart itself: two seconds
LEAST_FOR_RADIO = 3  # with fewer pendants nobody can tell a deaf radio from pendants that left
MOST_TICK_MS = 5_000  # a gateway that was stopped for an hour has not listened for an hour


def slack_ms(beat_ms: int) -> int:
    """What a beat may be late, by a busy pendant and by clocks that differ: a tenth of it and 15 s."""
    return beat_ms // 10 + 15_000


@dataclass
class Track:
    """What is known of one pendant's rhythm."""

    heard_ms: int  # on the listening clock
    configured_ms: int = DEFAULT_BEAT_MS
    measured_ms: int = 0  # from one beat to the next, as the pendant itself has counted them
    is_missing: bool = False
    is_silenced: bool = False  # fell silent with most of the others

    @property
    def beat_ms(self) -> int:
        """The longest that its next beat may take; by a clock that leaps it would else be waited for without end."""
        return min(MOST_BEAT_MS, max(self.configured_ms, self.measured_ms))

    @property
    def missing_after_ms(self) -> int:
        """Unheard for so long it is missing."""
        return BEATS * self.beat_ms + slack_ms(self.beat_ms)

    @property
    def quiet_after_ms(self) -> int:
        """Unheard for so long it counts as silent, if most are."""
        return QUIET_BEATS * self.beat_ms + slack_ms(self.beat_ms)


@dataclass
class RollCall:
    """All pendants that this gateway has ever heard. Whoever tells of its findings compares states, not moments."""

    listening_ms: int = 0
    tracks: dict[bytes, Track] = field(default_factory=dict)
    is_bridge_away: bool = False
    silent_since_ms: int | None = None  # since when the radio is silent; None: it is not
    silenced_most: int = 0
    away_ms: int = 0  # since a bridge said hello

    def heard(self, pendant: bytes) -> int:
        """A pendant was heard; for how long it had not been, in ms of listening."""
        track = self.tracks.setdefault(pendant, Track(self.listening_ms))
        unheard_ms = self.listening_ms - track.heard_ms
        track.heard_ms = self.listening_ms
        track.is_missing = False
        if track.is_silenced:
            track.is_silenced = False
            self._look_whether_radio_hears()
        return unheard_ms

    def tick(self, passed_ms: int, *, is_bridge_up: bool) -> None:
        """So much time has passed."""
        passed_ms = max(0, min(passed_ms, MOST_TICK_MS))
        if not is_bridge_up:
            self.away_ms += passed_ms
            self.is_bridge_away = self.is_bridge_away or self.away_ms >= BRIDGE_AWAY_MS
            return
        self.away_ms = 0
        if self.is_bridge_away:
            self.is_bridge_away = False
            self._count_anew()
        self.listening_ms += passed_ms
        self._look_whether_radio_is_deaf()
        for track in self.tracks.values():
            is_overdue = self.listening_ms - track.heard_ms >= track.missing_after_ms
            track.is_missing = track.is_missing or (is_overdue and not track.is_silenced)

    def keep_only(self, pendants: Collection[bytes]) -> list[bytes]:
        """Forget all others; return whom."""
        gone = [pendant for pendant in self.tracks if pendant not in pendants]
        for pendant in gone:
            del self.tracks[pendant]
        if gone:
            self._look_whether_radio_hears()
        return gone

    def silenced(self) -> int:
        """How many have fallen silent with the radio."""
        return sum(track.is_silenced for track in self.tracks.values())

    # ---- inside

    def _count_anew(self) -> None:
        """The bridge is back: everybody has three beats to be heard."""
        for track in self.tracks.values():
            if not track.is_missing and not track.is_silenced:
                track.heard_ms = self.listening_ms

    def _look_whether_radio_is_deaf(self) -> None:
        there = [track for track in self.tracks.values() if not track.is_missing and not track.is_silenced]
        quiet = [track for track in there if self.listening_ms - track.heard_ms >= track.quiet_after_ms]
        if self.silent_since_ms is not None:
            # Who was heard since then is within reach, and is watched by itself.
            quiet = [track for track in quiet if track.heard_ms <= self.silent_since_ms]
        elif len(quiet) < LEAST_FOR_RADIO or 2 * len(quiet) <= len(there):
            return
        else:
            self.silent_since_ms = self.listening_ms
        for track in quiet:
            track.is_silenced = True
        self.silenced_most = max(self.silenced_most, self.silenced())

    def _look_whether_radio_hears(self) -> None:
        if self.silent_since_ms is None or 2 * self.silenced() > self.silenced_most:
            return
        self.silent_since_ms = None
        self.silenced_most = 0
        for track in self.tracks.values():
            if track.is_silenced:  # the others came back: these have three beats more
                track.is_silenced = False
                track.heard_ms = self.listening_ms
