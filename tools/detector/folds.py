"""Without fixed folds two runs would score different people, and a person could slip into her own model."""

import numpy as np
from numpy.typing import NDArray

from tools.detector.sets import Trial

OUTER = 9  # FallAllD has nine people: each is left out alone
INNER = 3  # for the choice of a threshold inside what is left


def fold_of(
    trials: list[Trial], count: int, seed: int = 0, among: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """The fold of each trial, 0 ... count - 1, by person: every set's people, young and old apart, dealt out evenly.

    among: only these trials are dealt; the others get -1.
    """
    random = np.random.default_rng(seed)
    wanted = np.ones(len(trials), dtype=bool) if among is None else among
    groups: dict[str, set[str]] = {}
    for trial, is_wanted in zip(trials, wanted, strict=True):
        if is_wanted:
            name = trial.person.split()[0] + (" elderly" if trial.recording.is_elderly else "")
            groups.setdefault(name, set()).add(trial.person)
    fold: dict[str, int] = {}
    for offset, name in enumerate(sorted(groups)):
        people = sorted(groups[name])
        random.shuffle(people)
        for i, person in enumerate(people):
            fold[person] = (i + 3 * offset) % count
    return np.array([fold.get(t.person, -1) if w else -1 for t, w in zip(trials, wanted, strict=True)])
