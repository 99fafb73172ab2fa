"""CPython and the MicroPython VM say the same, sample by sample, over an hour."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import NO_VM
from tools.detector import play
from tools.motion import synthesise

_HOUR = 360_000  # samples
_NAMES = (
    "walking",
    "fall_forward",
    "sit_down_hard",
    "turn_in_bed",
    "fall_gets_up",
    "fall_side_hands",
    "lanyard_swing",
    "drop",
)


def _hour():
    trials, seed = [synthesise("night", 1).acc_mg], 0
    while sum(map(len, trials)) < _HOUR:
        trials.extend(synthesise(name, seed).acc_mg for name in _NAMES)
        seed += 1
    return trials


def test_an_hour_of_motion_gets_the_same_answers_under_both():
    """Integers leave nothing to the machine: every code on the same sample, every impact's age the same."""
    vm = Path(sys.executable).with_name("micropython")
    if not vm.exists():
        pytest.skip(NO_VM)
    trials = _hour()
    here, there = play.answers(trials), play.answers(trials, program=str(vm))

    assert len(here) > 50
    assert (here == there).all()


def test_features_are_the_same_under_both(monkeypatch):
    """Not only the answers: every number that the forest sees."""
    vm = Path(sys.executable).with_name("micropython")
    if not vm.exists():
        pytest.skip(NO_VM)
    from shared.fall_window import FEATURES

    trials = [synthesise(name, 9).acc_mg for name in _NAMES]
    here = play.features(trials, FEATURES)
    monkeypatch.setattr(sys, "executable", str(vm))
    there = play.features(trials, FEATURES)

    assert len(here.trial) > 5
    assert np.array_equal(here.features, there.features)
    assert np.array_equal(here.sample, there.sample)
