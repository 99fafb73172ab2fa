"""Without this file there would be nothing to learn from: it plays trials, and variants, to the shipped code."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shared.fall_second import FEATURES as SECOND_FEATURES
from shared.fall_window import FEATURES
from tools.detector import play, variants
from tools.detector.learn import Material, join
from tools.detector.sets import Trial
from tools.motion import synthesise
from tools.motion.handling import handled
from tools.recordings.recording import Samples

Told = Callable[[str, int], play.Progress]  # name of a stretch of work and how much it is -> progress

# What is played, how much its cases count, and where its random numbers begin.
VARIANTS = (
    ("sensor", 0.6, 1),
    ("body", 0.6, 11),
    ("flip", 0.15, 3),
    ("rest", 0.15, 4),
    ("upright", 0.15, 2),
    ("loose", 0.15, 13),
)
_OF_ALL = ("sensor", "body")  # the others are of falls only
_SIMULATED = ("drop", "put_on_table", "put_on", "take_off", "lanyard_swing", "turn_in_bed", "sit_down_hard", "lie_down")
_IN_HANDS = _SIMULATED[:6]
_SIMULATED_SEEDS = range(1_000, 1_060)  # the tables are made with others
_OTHER_SEEDS = range(2_000, 2_060)  # played with other sensors
_HANDLED_SEEDS = range(1_000, 1_400)
_HANDS = "in hands"
_SIMULATED_WORTH = 0.3
_SECOND_PAD = 1_000  # samples: the second look needs nine seconds after the suspicion


def collect(trials: Sequence[Trial], told: Told) -> tuple[Material, list[Samples]]:
    """Every case of the trials as they are (first), then of their variants, then of simulated daily life.

    Also gives all recordings that were played, in the order in which Material.played counts them.
    """
    played = [t.samples for t in trials]
    parts = [_cases(played, 0, np.arange(len(trials)), np.zeros(len(trials)), 1.0, "as recorded", told)]
    for name, worth, seed in VARIANTS:
        samples, trial, moved = [], [], []
        for k, one in enumerate(trials):
            if name in _OF_ALL or one.is_fall:
                changed, shift = vary(one, name, np.random.default_rng(seed * 100_003 + k))
                samples.append(changed)
                trial.append(k)
                moved.append(shift)
        parts.append(_cases(samples, len(played), np.array(trial), np.array(moved), worth, name, told))
        played += samples
    for name, simulated in (("simulated", _simulated()), (_HANDS, [handled(seed) for seed in _HANDLED_SEEDS])):
        nobody = np.full(len(simulated), -1)
        parts.append(_cases(simulated, len(played), nobody, np.zeros(len(nobody)), _SIMULATED_WORTH, name, told))
        played += simulated
    return join(parts), played


def _simulated() -> list[Samples]:
    plain = [synthesise(name, seed).acc_mg for name in _SIMULATED for seed in _SIMULATED_SEEDS]
    other = [_by_another_sensor(name, seed) for name in _IN_HANDS for seed in _OTHER_SEEDS]
    return plain + other


def _by_another_sensor(name: str, seed: int) -> Samples:
    random = np.random.default_rng(seed)
    acc = synthesise(name, seed).acc_mg.astype(np.float64) * np.exp(random.uniform(-0.1, 0.1))
    if random.random() < 0.5:
        acc = variants.low_passed(acc, float(random.uniform(10, 40)))
    acc = acc + random.normal(0, random.uniform(0, 10), acc.shape) + random.uniform(-60, 60, 3)
    return _as_samples(acc)


def _as_samples(acc: variants.Floats) -> Samples:
    return np.asarray(np.clip(np.rint(acc), -16_000, 16_000), dtype=np.int16)


def vary(trial: Trial, name: str, random: np.random.Generator) -> tuple[Samples, int]:
    """One variant of a trial, and by how many samples its fall has moved."""
    acc = trial.samples.astype(np.float64)
    at = trial.fall_at if trial.is_fall else int(np.argmax((acc**2).sum(axis=1)))
    if name in ("body", "loose"):
        acc, pace = getattr(variants, name)(acc, at, random)
    else:
        if name != "sensor":
            acc = getattr(variants, name)(acc, at, random)
        acc, pace = variants.sensor(acc, random)
    shift = round(trial.fall_at / pace) - trial.fall_at
    return _as_samples(acc), shift


def _cases(
    samples: Sequence[Samples],
    first: int,
    trial: NDArray[np.int64],
    moved: NDArray[np.float64] | NDArray[np.int64],
    worth: float,
    name: str,
    told: Told,
) -> Material:
    cases = play.features(samples, FEATURES, told(name, len(samples)))
    return Material(
        features=cases.features,
        trial=trial[cases.trial].astype(np.int64),
        sample=(cases.sample - moved[cases.trial]).astype(np.int64),
        worth=np.full(len(cases.trial), worth),
        played=first + cases.trial.astype(np.int64),
        blow=cases.sample.astype(np.int64),
        in_hands=np.full(len(cases.trial), name == _HANDS),
    )


def second_look(
    played: Sequence[Samples], material: Material, suspicious: NDArray[np.int64], count: int, told: Told
) -> tuple[Material, NDArray[np.int64]]:
    """The second look's features at the suspicious cases (their numbers), and which case each is of.

    The first `count` recordings end as the protocol has it, their last sample repeated. The others go on as
    they went before, backwards, so that the forest does not learn that whoever is recorded freezes at the end.
    The score of the first forest, feature 0, is left 0: whoever learns fills in the score that his forest gave.
    """
    at = [(int(material.played[c]), int(material.blow[c])) for c in suspicious]
    wanted = sorted({number for number, _ in at})
    place = {number: i for i, number in enumerate(wanted)}
    samples = [_continued(played[number], mirrored=number >= count) for number in wanted]
    cases = play.second_features(
        samples, [(place[number], blow, 0) for number, blow in at], SECOND_FEATURES, told("second look", len(samples))
    )
    case = {key: int(c) for key, c in zip(at, suspicious, strict=True)}
    numbers = np.array([case[wanted[t], int(s)] for t, s in zip(cases.trial, cases.sample, strict=True)])
    return replace(material.of(numbers), features=cases.features), numbers


def _continued(samples: Samples, mirrored: bool) -> Samples:
    """Ten seconds longer."""
    if not mirrored:
        return np.concatenate([samples, np.repeat(samples[-1:], _SECOND_PAD, axis=0)])
    return np.asarray(np.pad(samples, ((0, _SECOND_PAD), (0, 0)), mode="symmetric"))
