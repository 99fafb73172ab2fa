"""Without this file every table would count in its own way: the scoring protocol, and the intervals of shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from shared.fall import CONFIRMED, SUSPECTED
from tools.detector.sets import Trial

RATE_HZ = 100
_SOON = 100  # samples from a blow to its answer
_NEAR = 150  # samples between the impact and another blow of the same fall


@dataclass(frozen=True)
class Verdicts:
    """What the detector made of each trial."""

    suspected: NDArray[np.bool_]  # a fall: in time for its own impact; daily life: ever
    by_protocol: NDArray[np.bool_]  # the same, with the trial's largest |a| taken for the impact, whatever it is
    confirmed: NDArray[np.bool_]  # stage 2 said so, ever
    latency: NDArray[np.int64]  # samples from the fall's own impact to the answer; -1: none
    since_blow: NDArray[np.int64]  # samples from the blow that was judged to the answer; -1: none
    alarms: NDArray[np.int64]  # how often SUSPECTED came
    confirms: NDArray[np.int64]  # how often CONFIRMED came


def judge(trials: Sequence[Trial], answers: NDArray[np.int32]) -> Verdicts:
    """answers: rows of trial, sample, code, samples since the blow (tools/detector/play.py)."""
    count = len(trials)
    suspected, by_protocol = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    alarms, confirms = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    latency, since_blow = np.full(count, -1), np.full(count, -1)
    for k, sample, code, age in answers.tolist():
        if code == CONFIRMED:
            confirms[k] += 1
        if code != SUSPECTED:
            continue
        alarms[k] += 1
        trial = trials[k]
        if not trial.is_fall:
            suspected[k] = by_protocol[k] = True
            continue
        by_protocol[k] |= _in_time(sample, age, trial.recording.impact)
        if _in_time(sample, age, trial.fall_at):
            suspected[k] = True
            if latency[k] < 0:
                latency[k], since_blow[k] = sample - trial.fall_at, age
    return Verdicts(suspected, by_protocol, confirms > 0, latency, since_blow, alarms, confirms)


def _in_time(sample: int, age: int, impact: int) -> bool:
    """Within 1 s of the impact, or of another blow near it."""
    return 0 <= sample - impact <= _SOON or (abs(sample - age - impact) <= _NEAR and age <= _SOON)


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def percent(self) -> float:
        """In percent; not a number when there is nothing to count."""
        return 100 * self.part / self.whole if self.whole else float("nan")

    @property
    def brief(self) -> str:
        """Percent with one digit; "-" when there is nothing to count."""
        return f"{self.percent:.1f}" if self.whole else "-"

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval, in percent."""
        if not self.whole:
            return (float("nan"), float("nan"))
        z, n, p = 1.96, self.whole, self.part / self.whole
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (100 * (middle - half), 100 * (middle + half))

    def __str__(self) -> str:
        low, high = self.interval()
        return f"{self.brief} % ({self.part}/{self.whole}; {low:.1f}-{high:.1f})" if self.whole else "-"


@dataclass(frozen=True)
class Row:
    """One line of the table of results."""

    sensitivity: Share
    by_protocol: Share
    specificity: Share
    elderly: Share
    confirmed: Share
    not_confirmed: Share
    alarms_per_hour: float
    confirms_per_hour: float


def row(trials: Sequence[Trial], verdicts: Verdicts, chosen: NDArray[np.bool_]) -> Row:
    """The numbers of the chosen trials."""
    fall = np.array([t.is_fall for t in trials]) & chosen
    down = np.array([t.stays_down for t in trials]) & chosen
    life = chosen & ~np.array([t.is_fall for t in trials])
    old = life & np.array([t.recording.is_elderly for t in trials])
    hours = sum(len(trials[int(k)].samples) for k in np.flatnonzero(life)) / RATE_HZ / 3_600

    def share(hit: NDArray[np.bool_], of: NDArray[np.bool_]) -> Share:
        return Share(int(hit[of].sum()), int(of.sum()))

    return Row(
        sensitivity=share(verdicts.suspected, fall),
        by_protocol=share(verdicts.by_protocol, fall),
        specificity=share(~verdicts.suspected, life),
        elderly=share(~verdicts.suspected, old),
        confirmed=share(verdicts.confirmed, down),
        not_confirmed=share(~verdicts.confirmed, life),
        alarms_per_hour=float(verdicts.alarms[life].sum()) / hours if hours else 0.0,
        confirms_per_hour=float(verdicts.confirms[life].sum()) / hours if hours else 0.0,
    )
