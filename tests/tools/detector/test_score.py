"""The scoring protocol, on answers made up for it."""

import numpy as np
import pytest

from shared.fall import CONFIRMED, SUSPECTED
from tools.detector.folds import fold_of
from tools.detector.score import Share, judge, row
from tools.detector.sets import Trial, fall_at
from tools.recordings import Recording


def _trial(is_fall, person="a", impact=500, set_name="sisfall", activity="F01", old=False):
    acc = np.tile(np.array([[0, 0, 1_000]], dtype=np.int16), (1_500, 1))
    acc[impact] = (0, 0, 3_000)
    recording = Recording(acc, 100.0, is_fall, activity, "made up", person, "waist", impact, old)
    return Trial(recording, set_name, person, fall_at(recording, set_name))


@pytest.mark.parametrize(
    ("sample", "age", "counts"),
    [
        (590, 90, True),
        (600, 100, True),
        (601, 101, False),
        (680, 90, True),
        (740, 90, True),
        (745, 90, False),
        (450, 90, True),
        (430, 90, False),
    ],
)
def test_a_fall_counts_if_answered_within_a_second_of_its_impact_or_of_a_near_blow(sample, age, counts):
    """The impact is at 500; another blow may be 1.5 s away."""
    verdicts = judge([_trial(True)], np.array([[0, sample, SUSPECTED, age]]))

    assert verdicts.suspected[0] == counts


def test_daily_life_is_clean_only_if_nothing_is_ever_said():
    """Whenever SUSPECTED comes, it is a false alarm; CONFIRMED counts apart."""
    trials = [_trial(False), _trial(False), _trial(False, old=True)]
    verdicts = judge(trials, np.array([[0, 1_400, SUSPECTED, 90], [2, 90, SUSPECTED, 90], [2, 900, CONFIRMED, 900]]))
    found = row(trials, verdicts, np.ones(3, dtype=bool))

    assert (found.specificity.part, found.specificity.whole) == (1, 3)
    assert (found.elderly.part, found.elderly.whole) == (0, 1)
    assert (found.not_confirmed.part, found.not_confirmed.whole) == (2, 3)
    assert found.alarms_per_hour == pytest.approx(2 / (3 * 15 / 3_600))


def test_a_stride_is_not_taken_for_the_fall():
    """FallAllD cut each fall to the middle: a larger blow far from it is something else."""
    acc = np.tile(np.array([[0, 0, 1_000]], dtype=np.int16), (2_000, 1))
    acc[300], acc[1_003] = (0, 0, 6_000), (0, 0, 3_000)
    recording = Recording(acc, 100.0, True, "121", "made up", "S07", "neck", 300)

    assert fall_at(recording, "neck") == 1_003


def test_nothing_to_count_is_a_dash():
    """Where nobody fell there is no sensitivity."""
    assert (Share(2, 3).brief, Share(0, 0).brief, str(Share(0, 0))) == ("66.7", "-", "-")


def test_wilson_knows_its_textbook():
    """81 of 263: 25.5 to 36.6 % (Brown, Cai, DasGupta 2001 give the formula)."""
    low, high = Share(81, 263).interval()

    assert (round(low, 1), round(high, 1)) == (25.5, 36.6)


def test_a_person_is_in_one_fold_only():
    """Also when recorded in two places of the body."""
    trials = [_trial(True, f"fallalld S{k % 9}", set_name=name) for k in range(40) for name in ("neck", "waist")]
    fold = fold_of(trials, 9)
    for person in {trial.person for trial in trials}:
        mine = {int(f) for f, trial in zip(fold, trials, strict=True) if trial.person == person}

        assert len(mine) == 1
    assert set(fold) == set(range(9))


def test_people_that_are_not_asked_for_get_no_fold():
    """An inner split leaves the outer fold's people out."""
    trials = [_trial(True, f"p{k}") for k in range(6)]
    among = np.array([True, True, True, True, False, False])
    fold = fold_of(trials, 2, among=among)

    assert (fold[4:] == -1).all()
    assert set(fold[:4]) == {0, 1}
