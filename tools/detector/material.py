"""Without this file there would be nothing to learn from: it plays trials, and variants, to the shipped code."""

from collections.abc import Callable, Sequence

import numpy as np

from shared.fall_second import FEATURES as SECOND_FEATURES
from shared.fall_window import FEATURES
from tools.detector import play, variants
from tools.detector.learn import Material, join
from tools.detector.sets import Trial
from tools.motion import synthesise
from tools.recordings.recording import Samples

Told = Callable[[str, int], play.Progress]  # name of a stretch of work and how much it is -> progress

# What is played, how much its cases count, and where its random numbers begin.
VARIANTS = (("sensor", 0.6, 1), ("flip", 0.15, 3), ("rest", 0.15, 4), ("upright", 0.15, 2))
_SIMULATED = ("drop", "put_on_table", "put_on", "take_off", "lanyard_swing", "turn_in_bed", "sit_down_hard", "lie_down")
_SIMULATED_SEEDS = range(1_000, 1_060)  # the tables are made with others
_SIMULATED_WORTH = 0.3


def collect(trials: Sequence[Trial], told: Told) -> Material:
    """Every case of the trials as they are (first), then of their variants, then of simulated daily life."""
    parts = [
        _cases([t.samples for t in trials], np.arange(len(trials)), np.zeros(len(trials)), 1.0, "as recorded", told)
    ]
    for name, worth, seed in VARIANTS:
        samples, trial, moved = [], [], []
        for k, one in enumerate(trials):
            if name == "sensor" or one.is_fall:
                changed, shift = vary(one, name, np.random.default_rng(seed * 100_003 + k))
                samples.append(changed)
                trial.append(k)
                moved.append(shift)
        parts.append(_cases(samples, np.array(trial), np.array(moved), worth, name, told))
    simulated = [synthesise(name, seed).acc_mg for name in _SIMULATED for seed in _SIMULATED_SEEDS]
    nobody = np.full(len(simulated), -1)
    parts.append(_cases(simulated, nobody, np.zeros(len(simulated)), _SIMULATED_WORTH, "simulated", told))
    return join(parts)


def vary(trial: Trial, name: str, random: np.random.Generator) -> tuple[Samples, int]:
    """One variant of a trial, and by how many samples its fall has moved."""
    acc = trial.samples.astype(np.float64)
    if name != "sensor":
        acc = getattr(variants, name)(acc, trial.fall_at, random)
    acc, pace = variants.sensor(acc, random)
    shift = round(trial.fall_at / pace) - trial.fall_at
    return np.clip(np.rint(acc), -16_000, 16_000).astype(np.int16), shift


def _cases(
    samples: Sequence[Samples], trial: np.ndarray, moved: np.ndarray, worth: float, name: str, told: Told
) -> Material:
    cases = play.features(samples, FEATURES, told(name, len(samples)))
    return Material(
        features=cases.features,
        trial=trial[cases.trial].astype(np.int64),
        sample=(cases.sample - moved[cases.trial]).astype(np.int64),
        worth=np.full(len(cases.trial), worth),
    )


def second_look(trials: Sequence[Trial], first: Material, suspicious: np.ndarray, told: Told) -> Material:
    """The second look's features at the suspicious cases (marks on the recorded cases), in the cases' order.

    The score of the first forest, feature 0, is left 0: whoever learns fills in the score that his forest gave.
    """
    at = [(int(t), int(s), 0) for t, s in zip(first.trial[suspicious], first.sample[suspicious], strict=True)]
    wanted = sorted({t for t, _, _ in at})
    number = {t: i for i, t in enumerate(wanted)}
    samples = [trials[t].samples for t in wanted]
    cases = play.second_features(
        samples, [(number[t], s, 0) for t, s, _ in at], SECOND_FEATURES, told("second look", len(samples))
    )
    return Material(
        features=cases.features,
        trial=np.array(wanted)[cases.trial],
        sample=cases.sample.astype(np.int64),
        worth=np.ones(len(cases.trial)),
    )
