"""Without this file the numbers would stay in memory: it writes the tables as Markdown."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tools.detector.score import Verdicts, row
from tools.detector.sets import SETS, TITLES, Trial
from tools.detector.study import LEVELS, Study


def markdown(study: Study) -> str:
    """All tables."""
    parts = [
        "## By person, shipped code, normal sensitivity\n",
        main_table(study.trials, study.verdicts),
        "\n`own impact`: SUSPECTED within 1.0 s of the fall's own impact or of another blow within 1.5 s of it.",
        "`largest |a|`: the same with the trial's largest |a| taken for the impact, the protocol's letter: in some",
        "FallAllD trials that is a running stride seconds before the fall.\n",
        _latency(study),
        _same_falls(study),
        _chest(study),
        "\n## Beside others (sensitivity / specificity by trial, %)\n",
        _beside(study),
        "\n## Taught on one data set, scored on another\n",
        _crossed(study),
        "\n## Levels\n",
        _levels(study),
        "\n## Robustness (sensitivity / specificity, % ; change in points)\n",
        _changed(study),
        "\n## Simulated (nothing recorded covers these), by the model that ships\n",
        _scenes(study),
        "\n## Misses and false alarms by activity\n",
        _wrong(study),
    ]
    return "\n".join(parts) + "\n"


def _set(study: Study, name: str) -> np.ndarray:
    return np.array([trial.set_name == name for trial in study.trials])


def main_table(trials: Sequence[Trial], verdicts: Verdicts) -> str:
    """The table that the goals are about."""
    lines = [
        "| set | own impact | largest \\|a\\| | specificity | elderly | confirmed | ADL not | SUSP./h | CONF./h |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in SETS:
        r = row(trials, verdicts, np.array([trial.set_name == name for trial in trials]))
        lines.append(
            f"| {TITLES[name]} | {r.sensitivity} | {r.by_protocol} | {r.specificity} | {r.elderly} | {r.confirmed} "
            f"| {r.not_confirmed} | {r.alarms_per_hour:.2f} | {r.confirms_per_hour:.2f} |"
        )
    return "\n".join(lines)


def _latency(study: Study) -> str:
    late = study.verdicts.latency[study.verdicts.latency >= 0] * 10
    blow = study.verdicts.since_blow[study.verdicts.since_blow >= 0] * 10
    return (
        f"From the fall's own impact to SUSPECTED {np.median(late):.0f} ms (median), {late.max():.0f} ms (most: "
        f"an answer to a second blow); from the blow that was judged {np.median(blow):.0f}, {blow.max():.0f} ms; "
        "the board's computing time comes on top.\n"
    )


def _same_falls(study: Study) -> str:
    down = np.array([trial.stays_down for trial in study.trials])
    parts = []
    for name in SETS:
        asked = down & _set(study, name)
        if asked.any():
            first, second = study.verdicts.suspected[asked], study.verdicts.confirmed[asked]
            parts.append(f"{TITLES[name]} {100 * first.mean():.1f} and {100 * second.mean():.1f} %")
    return f"On the falls after which nobody gets up again, stage 1 and stage 2: {', '.join(parts)}.\n"


def _chest(study: Study) -> str:
    chest = [k for k, trial in enumerate(study.trials) if trial.set_name == "chest"]
    rows = [
        (study.trials[k].person, sample) for k, sample, code, _ in study.answers.tolist() if k in chest and code == 1
    ]
    early = sum(sample < 6_000 for _, sample in rows)
    where = ", ".join(f"{person} at {sample / 100:.0f} s" for person, sample in rows)
    return f"chest52: {len(rows)} suspicions, {early} in a recording's first minute, the sensor being put on ({where})."


def _pair(hit: np.ndarray, fall: np.ndarray) -> str:
    return f"{100 * hit[fall].mean():.1f} / {100 * (~hit[~fall]).mean():.1f}"


def _beside(study: Study) -> str:
    names = [name for name in SETS if name != "chest"]
    fall = np.array([trial.is_fall for trial in study.trials])
    lines = ["| | " + " | ".join(TITLES[name] for name in names) + " |", "|---" * (len(names) + 1) + "|"]
    for title, hit in [*study.baselines.items(), ("**this detector**", study.verdicts.suspected)]:
        cells = [_pair(hit[_set(study, name)], fall[_set(study, name)]) for name in names]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _crossed(study: Study) -> str:
    lines = ["| | sensitivity | specificity |", "|---|---|---|"]
    for title, (verdicts, chosen) in study.crossed.items():
        r = row(study.trials, verdicts, chosen)
        lines.append(f"| {title} | {r.sensitivity} | {r.specificity} |")
    return "\n".join(lines)


def _levels(study: Study) -> str:
    lines = ["| level | set | sensitivity | specificity | SUSPECTED/h |", "|---|---|---|---|---|"]
    for level in LEVELS:
        for name in SETS:
            r = row(study.trials, study.levels[level], _set(study, name))
            lines.append(f"| {level} | {TITLES[name]} | {r.sensitivity} | {r.specificity} | {r.alarms_per_hour:.2f} |")
    return "\n".join([*lines, "", _second_levels(study)])


def _second_levels(study: Study) -> str:
    """What stage 2 confirms at the levels."""
    parts = []
    for level in LEVELS:
        cells = []
        for name in SETS:
            r = row(study.trials, study.levels[level], _set(study, name))
            cells.append(f"{TITLES[name]} {r.confirmed.brief} / {r.not_confirmed.brief}")
        parts.append(f"{level}: {', '.join(cells)}")
    return f"Confirmed, sensitivity / specificity in %: {'; '.join(parts)}."


def _changed(study: Study) -> str:
    names = [name for name in SETS if name != "chest"]
    lines = ["| change | " + " | ".join(TITLES[name] for name in names) + " | all |", "|---" * (len(names) + 2) + "|"]
    fall = np.array([trial.is_fall for trial in study.trials])
    for title, verdicts in [("none", study.verdicts), *study.changed.items()]:
        cells = [_pair(verdicts.suspected[_set(study, name)], fall[_set(study, name)]) for name in names]
        cells.append(_difference(study, verdicts.suspected, fall))
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _difference(study: Study, hit: np.ndarray, fall: np.ndarray) -> str:
    """All sets together, and by how many points that differs from no change."""
    inside = study.unchanged
    parts = []
    for group in (inside & fall, inside & ~fall):
        was, now = study.verdicts.suspected[group].mean(), hit[group].mean()
        parts.append(f"{100 * (now - was) * (1 if fall[group].all() else -1):+.2f}")
    return " / ".join(parts)


def _scenes(study: Study) -> str:
    lines = ["| motion | played | suspected | confirmed | recovered |", "|---|---|---|---|---|"]
    for name, (played, suspected, confirmed, recovered) in study.scenes.items():
        lines.append(f"| {name} | {played} | {suspected} | {confirmed} | {recovered} |")
    return "\n".join(lines)


def _wrong(study: Study) -> str:
    lines = ["| set | missed falls | false suspicions | false confirmations |", "|---|---|---|---|"]
    for name in SETS:
        mine = [int(k) for k in np.flatnonzero(_set(study, name))]
        missed = _count(study, [k for k in mine if study.trials[k].is_fall and not study.verdicts.suspected[k]])
        false = _count(study, [k for k in mine if not study.trials[k].is_fall and study.verdicts.suspected[k]])
        confirmed = _count(study, [k for k in mine if not study.trials[k].is_fall and study.verdicts.confirmed[k]])
        lines.append(f"| {TITLES[name]} | {missed} | {false} | {confirmed} |")
    return "\n".join(lines)


def _count(study: Study, wrong: list[int]) -> str:
    """Activity x how often, the most frequent first."""
    counted = Counter(study.trials[k].recording.activity for k in wrong)
    played = Counter(
        trial.recording.activity
        for trial in study.trials
        if wrong and trial.set_name == study.trials[wrong[0]].set_name
    )
    return ", ".join(f"{activity} {n} of {played[activity]}" for activity, n in counted.most_common()) or "none"
