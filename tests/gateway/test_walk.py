"""A walk: each press is a line, with the weaker of both ways."""

import pytest

from gateway.hearings import Hearings
from gateway.walk import MOST_LINES, Walk, verdict
from shared import frames, words
from tests.gateway.test_hearings import BEAT, Someone, Then


class Other:
    id = b"qqqqqq"


@pytest.mark.parametrize(
    ("up", "down", "said"),
    [(-60, None, "good"), (-75, -75, "good"), (-60, -80, "weak"), (-88, -60, "weak"), (-89, None, "none")],
)
def test_the_weaker_way_counts(up, down, said):
    """A pendant that hears us badly is no better off than one that is heard badly."""
    assert verdict(up, down) == said


def test_each_press_of_that_pendant_is_a_line():
    """Repeats, polls and other pendants are none; notes stay; after the end nothing comes."""
    at_ms = [0]
    hearings = Hearings(lambda: at_ms[0], Then())
    walk = Walk(hearings)
    walk.begin(Someone.id)
    for later_ms, who, kind, said in (
        (5_000, Someone, words.BEAT, BEAT),
        (200, Someone, words.BEAT, BEAT),
        (3_000, Someone, words.POLL, frames.Poll(0, 0)),
        (3_000, Other, words.BEAT, BEAT),
        (3_000, Someone, words.BEAT, BEAT),
    ):
        at_ms[0] += later_ms
        hearings.heard(who, -70, kind, said)
    assert walk.note(walk.presses[0].number, "  bath \n room ")
    walk.end()
    at_ms[0] += 9_000
    hearings.heard(Someone, -70, words.BEAT, BEAT)

    assert [(press.stamp_ms, press.note, press.verdict) for press in walk.presses] == [
        (5_000, "bath room", "good"), (14_200, "", "good"),
    ]  # fmt: skip
    assert not walk.note(99, "nowhere")


def test_it_is_bounded():
    """A pendant that never stops leaves a hundred lines."""
    at_ms = [0]
    hearings = Hearings(lambda: at_ms[0], Then())
    walk = Walk(hearings)
    walk.begin(Someone.id)
    for _ in range(MOST_LINES + 20):
        at_ms[0] += 2_000
        hearings.heard(Someone, -70, words.BEAT, BEAT)

    assert len(walk.presses) == MOST_LINES
