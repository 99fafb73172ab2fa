"""Without this file cross-validation would test copies: it puts a fold's tables under the shipped code."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.detector import play, table
from tools.detector.nested import Model
from tools.recordings.recording import Samples


def answers(
    model: Model,
    trials: Sequence[Samples],
    progress: play.Progress | None = None,
    level: int = 1,
    pad: int = play.SECOND_PAD,
    program: str | None = None,
) -> NDArray[np.int32]:
    """What the shipped code says on the model's scored trials: rows of trial, sample, code, samples since the blow."""
    with tempfile.TemporaryDirectory(prefix="tiexin-fold-") as folder:
        root = Path(folder)
        shutil.copytree(play.ROOT / "shared", root / "shared", ignore=shutil.ignore_patterns("__pycache__"))
        source = table.module(model.first, model.second, "One fold of a cross-validation.")
        (root / "shared" / "forest.py").write_text(source, encoding="utf-8")
        chosen = [trials[k] for k in model.scored]
        rows = play.answers(chosen, [level] * len(chosen), progress, root, program, pad)
    rows[:, 0] = model.scored[rows[:, 0]]
    return rows
