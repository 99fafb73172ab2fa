"""The last words of each pendant."""

import pytest

from gateway import hearings
from gateway.hearings import Hearings
from shared import frames, words
from tests.gateway.rig import FakePendant
from tests.gateway.test_custody import home, run

BEAT = frames.Beat(1, frames.FIRST_BEAT_SEQ + 1, 3900, 80, -60, 1, words.WORN, (0, 1, 0), 100)


class Then:
    """Who listened before."""

    def __init__(self):
        self.heard_of = []

    def heard(self, pendant, rssi_dbm, kind, said):
        """As presence."""
        self.heard_of.append((kind, rssi_dbm))


class Someone:
    id = b"pppppp"


def made(stamp_ms=lambda: 5):
    """Hearings, and who stands behind them."""
    then = Then()
    return Hearings(stamp_ms, then), then


def test_a_beat_is_remembered_when_others_follow():
    """Signal and time are those of the last frame, battery and flags those of the last beat."""
    one, then = made()
    one.heard(Someone, -50, words.BEAT, BEAT)
    one.heard(Someone, -70, words.POLL, frames.Poll(1, 1))
    last = one.last(Someone.id)

    assert (last.rssi_dbm, last.kind, last.battery_percent, last.downlink_rssi_dbm) == (-70, words.POLL, 80, -60)
    assert then.heard_of == [(words.BEAT, -50), (words.POLL, -70)]


def test_what_a_pendant_does_not_know_is_not_a_number():
    """It has never heard us, or cannot measure its battery: nobody shall read -128 dBm or 255 %."""
    one, _ = made()
    unknown = {"rssi_dbm": frames.RSSI_UNKNOWN_DBM, "battery_percent": frames.PERCENT_UNKNOWN, "battery_mv": 0}
    one.heard(Someone, -50, words.BEAT, BEAT._replace(**unknown))
    last = one.last(Someone.id)

    assert (last.downlink_rssi_dbm, last.battery_percent, last.battery_mv) == (None, None, None)


def test_who_watches_sees_every_frame_until_they_stop():
    """An event's code too; and nobody can fill the memory with watchers."""
    one, _ = made()
    seen = []
    stop = one.watch(seen.append)
    one.heard(Someone, -50, words.ALARM, frames.Event(1, 1, words.HELP_REQUESTED, 0, 0, 1, 0, 0, 0))
    stop()
    one.heard(Someone, -51, words.POLL, frames.Poll(1, 1))

    assert [(hearing.rssi_dbm, hearing.code) for hearing in seen] == [(-50, words.HELP_REQUESTED)]
    for _ in range(hearings.MOST_WATCHERS):
        one.watch(seen.append)
    with pytest.raises(RuntimeError):
        one.watch(seen.append)


def test_whoever_leaves_the_list_is_forgotten():
    """Nothing is kept of a pendant that is not ours any more."""
    one, _ = made()
    one.heard(Someone, -50, words.BEAT, BEAT)
    one.keep_only(set())

    assert one.last(Someone.id) is None


def test_custody_tells_it(tmp_path):
    """The real one, with a real frame."""
    pendant = FakePendant()
    one, _ = made()

    async def body(house):
        house.custody._listener = one
        house.custody.heard(-66, pendant.beat())

    run(body, tmp_path, [pendant])

    assert one.last(pendant.id).rssi_dbm == -66
    assert home
