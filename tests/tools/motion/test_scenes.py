"""Synthetic motion: the same for the same seed, physical enough to be felt."""

import numpy as np
import pytest

from tools.motion import SCENES, synthesise


@pytest.mark.parametrize("name", [name for name in SCENES if name != "night"])
def test_a_scene_is_the_same_for_the_same_seed(name):
    """Nothing is stored because it can be made again."""
    one, same, other = synthesise(name, 3), synthesise(name, 3), synthesise(name, 4)

    assert (one.acc_mg == same.acc_mg).all()
    assert one.acc_mg.shape != other.acc_mg.shape or (one.acc_mg != other.acc_mg).any()
    assert one.acc_mg.dtype == np.int16
    assert one.duration_s > 10


@pytest.mark.parametrize("name", ["fall_forward", "fall_back", "fall_side", "fall_forward_hands"])
def test_a_fall_is_light_then_hard_then_elsewhere(name):
    """Weight goes, a blow comes, gravity points another way."""
    acc = synthesise(name, 5).acc_mg.astype(float)
    size = np.linalg.norm(acc, axis=1)
    at = int(size.argmax())
    before, after = acc[at - 300 : at - 150].mean(axis=0), acc[at + 200 : at + 400].mean(axis=0)
    cosine = before @ after / np.linalg.norm(before) / np.linalg.norm(after)

    assert size[at - 60 : at].min() < 800
    assert size[at] > 2_500
    assert cosine < 0.5


def test_a_drop_is_weightless():
    """A thing that falls feels nothing until it lands."""
    size = np.linalg.norm(synthesise("drop", 2).acc_mg.astype(float), axis=1)

    assert (size < 200).sum() > 25
    assert size.max() > 6_000


def test_unmounted_motion_has_gravity_along_z():
    """mount=False leaves the sensor straight."""
    mean = synthesise("standing", 1, mount=False).acc_mg.mean(axis=0)

    assert abs(mean[2] - 1_000) < 20
    assert np.abs(mean[:2]).max() < 40


def test_an_unknown_scene_is_refused():
    """A wrong name is a programmer's mistake."""
    with pytest.raises(KeyError):
        synthesise("flying")
