"""Without pictures nobody would see what kind of error an error is."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np

from tools.detector import learn
from tools.detector.score import Share
from tools.detector.sets import SETS, TITLES
from tools.detector.study import Study

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

_COLOURS = {"sisfall": "#1b6ca8", "neck": "#c8553d", "waist": "#588157", "chest": "#777777"}
_WRONG_MOST = 18  # recordings on a picture
_WITH_FALLS = ("sisfall", "neck", "waist")


def draw(study: Study, folder: Path) -> list[Path]:
    """Write all plots; return their paths."""
    missed = [k for k, t in enumerate(study.trials) if t.is_fall and not study.verdicts.suspected[k]]
    false = [k for k, t in enumerate(study.trials) if not t.is_fall and study.verdicts.suspected[k]]
    paths = [
        _trade_off(study, folder / "trade_off.png"),
        _latency(study, folder / "latency.png"),
        _types(study, folder / "fall_types.png"),
        _recordings(study, missed, "missed falls", folder / "missed.png"),
        _recordings(study, false, "false suspicions", folder / "false.png"),
    ]
    plt.close("all")
    return paths


def _save(path: Path) -> Path:
    plt.tight_layout()
    plt.savefig(path, dpi=80)
    plt.close()
    return path


def _trade_off(study: Study, path: Path) -> Path:
    """Sensitivity over false suspicions, each person scored by the model that has not seen her, as the limit moves."""
    known = learn.facts(study.trials)
    above = np.zeros(len(study.material.trial), dtype=np.int64)
    for model in study.models:
        mine = np.isin(study.material.trial, model.scored)
        cases = study.material.of(mine)
        above[mine] = learn.carried(model.first.score(cases.features), cases) - model.first.limits[1]
    best = learn.best_of(above, study.material, known)[:-1]
    fall = np.array([trial.is_fall for trial in study.trials])
    _, axes = plt.subplots(figsize=(7, 5))
    for name in _WITH_FALLS:
        mine = np.array([trial.set_name == name for trial in study.trials])
        limits = np.arange(-1_200, 1_201, 8)
        hit = [100 * (best[mine & fall] > limit).mean() for limit in limits]
        wrong = [100 * (best[mine & ~fall] > limit).mean() for limit in limits]
        axes.plot(wrong, hit, color=_COLOURS[name], label=TITLES[name])
        for level, marker in (("low", "v"), ("normal", "o"), ("high", "^")):
            hits = study.levels[level].suspected
            axes.plot(100 * hits[mine & ~fall].mean(), 100 * hits[mine & fall].mean(), marker, color=_COLOURS[name])
    axes.set(xlim=(0, 6), ylim=(94, 100), xlabel="daily-life trials suspected, %", ylabel="falls suspected, %")
    axes.set_title("Trade-off, by person (v low, o normal, ^ high sensitivity)")
    axes.grid(visible=True, alpha=0.4)
    axes.legend()
    return _save(path)


def _latency(study: Study, path: Path) -> Path:
    late = study.verdicts.latency[study.verdicts.latency >= 0] * 10
    _, axes = plt.subplots(figsize=(7, 3))
    axes.hist(late, bins=list(range(0, 2_550, 20)), color=_COLOURS["sisfall"])
    axes.set(yscale="log", xlabel="ms from the fall's own impact to SUSPECTED", ylabel="falls")
    axes.axvline(1_000, color="k", lw=0.8)
    axes.set_title("Later than 1 s: the answer to a second blow of the same fall")
    return _save(path)


def _types(study: Study, path: Path) -> Path:
    _, every = plt.subplots(len(_WITH_FALLS), 1, figsize=(11, 7))
    for axes, name in zip(every, _WITH_FALLS, strict=True):
        mine = [k for k, t in enumerate(study.trials) if t.set_name == name and t.is_fall]
        kinds = sorted({study.trials[k].recording.activity for k in mine})
        for place, kind in enumerate(kinds):
            hits = [bool(study.verdicts.suspected[k]) for k in mine if study.trials[k].recording.activity == kind]
            share = Share(sum(hits), len(hits))
            low, high = share.interval()
            axes.bar(place, share.percent, color=_COLOURS[name])
            axes.plot([place, place], [low, high], color="k", lw=1)
        axes.set_xticks(range(len(kinds)), kinds, rotation=90, fontsize=7)
        axes.set(ylim=(40, 101), ylabel="%", title=f"{TITLES[name]}: falls suspected, by type (Wilson 95 %)")
    return _save(path)


def _recordings(study: Study, numbers: Sequence[int], title: str, path: Path) -> Path:
    """The recordings that went wrong, four seconds before to six after their blow, with the moments marked."""
    order = {name: i for i, name in enumerate(("neck", "waist", "sisfall", "chest"))}
    chosen = sorted(numbers, key=lambda k: order[study.trials[k].set_name])[:_WRONG_MOST]
    columns = 3
    rows = max(1, -(-len(chosen) // columns))
    figure, every = plt.subplots(rows, columns, figsize=(15, 2.1 * rows), squeeze=False)
    for axes, k in zip(every.ravel(), chosen, strict=False):
        said = [row for row in study.answers.tolist() if row[0] == k]
        suspected = next((sample - age for _, sample, code, age in said if code == 1), None)
        trial = study.trials[k]
        at = trial.fall_at if trial.is_fall else (suspected if suspected is not None else trial.recording.impact)
        trace(axes, trial.samples, max(0, at - 400), at + 600)
        for _, sample, code, _ in said:
            axes.axvline(sample / 100, color={1: "C1", 2: "C3", 3: "C2"}[code], lw=1)
        if trial.is_fall:
            axes.axvline(trial.fall_at / 100, color="k", ls=":", lw=1)
        axes.set_title(f"{SETS[trial.set_name][:-4]} {trial.recording.source.split()[-1]}", fontsize=8)
    figure.suptitle(
        f"{len(numbers)} {title}, {len(chosen)} shown: dotted impact, orange suspected, red confirmed, green recovered",
        fontsize=9,
    )
    return _save(path)


def trace(axes: Axes, acc: np.ndarray, first: int, last: int) -> None:
    """Draw samples first to last: the axes, smoothed, and |a|, in g over seconds."""
    part = acc[first:last].astype(float) / 1_000
    t = (first + np.arange(len(part))) / 100
    for axis, colour in zip(range(3), ("#d08080", "#80b080", "#8080d0"), strict=True):
        axes.plot(t, np.convolve(part[:, axis], np.ones(9) / 9, "same"), color=colour, lw=0.8)
    axes.plot(t, np.linalg.norm(part, axis=1), color="k", lw=0.6)
    axes.set_ylim(-2, 6)
    axes.tick_params(labelsize=7)
