"""Without this file the table of results would have to be put together by hand: what is measured, and on whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tools.detector import baselines, learn, play, shipped
from tools.detector.changes import CHANGES
from tools.detector.folds import OUTER, fold_of
from tools.detector.learn import Material
from tools.detector.material import Told, collect
from tools.detector.nested import Model, make_models
from tools.detector.score import Verdicts, judge
from tools.detector.sets import Trial
from tools.motion import SCENES, synthesise
from tools.motion.handling import handled

LEVELS = ("low", "normal", "high")
_SIMULATED_SEEDS = range(40)  # others than those that were learned from


@dataclass
class Study:
    """Everything that was measured."""

    trials: list[Trial]
    material: Material  # of the recorded cases
    fold: NDArray[np.int64]
    models: list[Model]
    answers: NDArray[np.int32]  # by person, normal level
    verdicts: Verdicts
    levels: dict[str, Verdicts]
    crossed: dict[
        str, tuple[Verdicts, NDArray[np.bool_]]
    ]  # taught on one set, scored on another: verdicts, which trials
    changed: dict[str, Verdicts]
    unchanged: NDArray[np.bool_]  # the trials that the changes were tried on
    baselines: dict[str, NDArray[np.bool_]]
    scenes: dict[str, tuple[int, int, int, int]]  # simulated: played, suspected, confirmed, recovered
    final: Model  # taught on everybody: what ships


def run(trials: list[Trial], told: Told, early: Callable[[Verdicts], None] = lambda _: None) -> Study:
    """Teach, by person, and measure the shipped code; early: told the main result as soon as it is known."""
    material, played = collect(trials, told)
    fold = fold_of(trials, OUTER)
    name = np.array([trial.set_name for trial in trials])
    splits = [fold != k for k in range(OUTER)]
    splits += [name == "sisfall", (name == "neck") | (name == "waist"), np.ones(len(trials), dtype=bool)]
    models = make_models(trials, material, played, splits, told)
    by_person, from_sisfall, from_fallalld, final = models[:OUTER], models[OUTER], models[OUTER + 1], models[OUTER + 2]
    answers = _answers(by_person, trials, told)
    levels = {name: judge(trials, answers[name]) for name in LEVELS}
    early(levels["normal"])
    recorded = material.of(material.played < len(trials))
    return Study(
        trials=trials,
        material=recorded,
        fold=fold,
        models=by_person,
        answers=answers["normal"],
        verdicts=levels["normal"],
        levels=levels,
        crossed={
            "SisFall -> FallAllD neck": _elsewhere(from_sisfall, trials, name == "neck", told),
            "SisFall -> FallAllD waist": _elsewhere(from_sisfall, trials, name == "waist", told),
            "FallAllD -> SisFall": _elsewhere(from_fallalld, trials, name == "sisfall", told),
        },
        changed=_changed(by_person, trials, name != "chest", answers["normal"], told),
        unchanged=name != "chest",
        baselines=_baselines(trials, recorded, fold),
        scenes=_scenes(final, told),
        final=final,
    )


def _over(
    models: Sequence[Model], trials: Sequence[Trial], told: Told, title: str, level: int = 1, pad: int = play.JUDGE_PAD
) -> NDArray[np.int32]:
    """Each model on the people it has not seen; pad: how long the last sample is repeated (stage 2 needs 10 s)."""
    samples = [trial.samples for trial in trials]
    progress = told(title, sum(len(model.scored) for model in models))
    rows = [shipped.answers(model, samples, progress, level, pad) for model in models]
    return np.concatenate(rows)


def _only(model: Model, wanted: NDArray[np.bool_]) -> Model:
    return replace(model, scored=model.scored[wanted[model.scored]])


def _answers(models: Sequence[Model], trials: Sequence[Trial], told: Told) -> dict[str, NDArray[np.int32]]:
    """What is said at each level. The most sensitive is asked first: where it says nothing no other would."""
    wanted = np.ones(len(trials), dtype=bool)
    found = {}
    for level in reversed(range(len(LEVELS))):
        chosen = [_only(model, wanted) for model in models]
        title = f"by person, {LEVELS[level]} sensitivity"
        found[LEVELS[level]] = rows = _over(chosen, trials, told, title, level, play.SECOND_PAD)
        wanted = np.isin(np.arange(len(trials)), rows[:, 0])
    return found


def _elsewhere(
    model: Model, trials: Sequence[Trial], wanted: NDArray[np.bool_], told: Told
) -> tuple[Verdicts, NDArray[np.bool_]]:
    rows = _over([_only(model, wanted)], trials, told, "another set")
    return judge(trials, rows), wanted


def _changed(
    models: Sequence[Model],
    trials: Sequence[Trial],
    wanted: NDArray[np.bool_],
    before: NDArray[np.int32],
    told: Told,
) -> dict[str, Verdicts]:
    """The same people, models and trials, but for one change; before: the answers without it."""
    found = {}
    for number, (name, change) in enumerate(CHANGES.items()):
        moved = [
            _with(trial, change(trial, np.random.default_rng(1_000_003 * number + k)), name) if wanted[k] else trial
            for k, trial in enumerate(trials)
        ]
        is_other = np.array([one.samples is not other.samples for one, other in zip(moved, trials, strict=True)])
        rows = _over([_only(model, is_other) for model in models], moved, told, name)
        found[name] = judge(moved, np.concatenate([rows, before[~is_other[before[:, 0]]]]))
    return found


def _with(trial: Trial, samples: NDArray[np.int16], change: str) -> Trial:
    pace = 1.04 if change == "104 Hz" else 1.0
    peak = round(trial.recording.impact * pace)
    recording = replace(trial.recording, acc_mg=samples, peak=peak)
    return replace(trial, recording=recording, fall_at=round(trial.fall_at * pace) if trial.is_fall else -1)


def _baselines(trials: list[Trial], base: Material, fold: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    known = learn.facts(trials)
    found = baselines.rules(trials)
    found["tree of depth 4"] = baselines.learned("tree", base, known, fold)
    found["network of 16 units"] = baselines.learned("network", base, known, fold)
    return found


def _scenes(model: Model, told: Told) -> dict[str, tuple[int, int, int, int]]:
    """Simulated motion, to the model that was taught on all people."""
    names, samples = [], []
    for name in SCENES:
        for seed in _SIMULATED_SEEDS if name != "night" else range(4):
            names.append(name)
            samples.append(synthesise(name, seed).acc_mg)
    names += ["in hands"] * len(_SIMULATED_SEEDS)
    samples += [handled(seed) for seed in _SIMULATED_SEEDS]
    everything = replace(model, scored=np.arange(len(samples)))
    rows = shipped.answers(everything, samples, told("simulated", len(samples)))
    found = {}
    for name in dict.fromkeys(names):
        mine = {k for k, other in enumerate(names) if other == name}
        said = [
            {trial for trial, _, code, _ in rows.tolist() if code == wanted and trial in mine} for wanted in (1, 2, 3)
        ]
        found[name] = (len(mine), len(said[0]), len(said[1]), len(said[2]))
    return found


def same_under_both(model: Model, trials: Sequence[Trial], vm: str) -> tuple[int, float]:
    """Compare CPython with the VM sample by sample on an hour and more of the trials: differences, hours."""
    chosen: list[Trial] = []
    while sum(len(trial.samples) for trial in chosen) < 1.1 * 360_000 and len(chosen) < len(trials):
        chosen.append(trials[(len(chosen) * 37) % len(trials)])
    samples = [trial.samples for trial in chosen]
    everything = replace(model, scored=np.arange(len(samples)))
    one, other = shipped.answers(everything, samples), shipped.answers(everything, samples, program=vm)
    hours = sum(map(len, samples)) / 360_000
    return (0 if one.shape == other.shape and (one == other).all() else max(len(one), len(other))), hours
