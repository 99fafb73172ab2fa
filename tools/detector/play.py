"""Without this file nobody could run the shipped detector over hours of recordings in minutes.

It plays trials to the files in shared/, in two processes. CPython is the quicker of the two that can run them; that the
MicroPython VM gives the same answers is checked by tests and by ``make evaluate``.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.recordings.recording import Samples

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("player.py")
PROCESSES = 2
JUDGE_PAD = 150  # samples the last one is repeated for, by the protocol: stage 1
SECOND_PAD = 1_000  # stage 2

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Cases:
    """What was judged: trial [n], sample of the blow [n], features [n, f] int16."""

    trial: NDArray[np.int32]
    sample: NDArray[np.int32]
    features: NDArray[np.int16]


def find_vm() -> str | None:
    """The MicroPython program: beside this Python, or on the path; None where there is none."""
    beside = Path(sys.executable).with_name("micropython")
    return str(beside) if beside.exists() else shutil.which("micropython")


def features(trials: Sequence[Samples], width: int, progress: Progress | None = None, root: Path = ROOT) -> Cases:
    """The features of every case the detector opens, judged or not."""
    return _cases(_run("features", JUDGE_PAD, trials, progress, root), width)


def second_features(
    trials: Sequence[Samples],
    at: Sequence[tuple[int, int, int]],
    width: int,
    progress: Progress | None = None,
    root: Path = ROOT,
) -> Cases:
    """The second look's features at the cases `at`: (trial, sample of the blow, score). The end is not repeated."""
    return _cases(_run("second", 0, trials, progress, root, at=at), width)


def answers(
    trials: Sequence[Samples],
    levels: Sequence[int] | None = None,
    progress: Progress | None = None,
    root: Path = ROOT,
    program: str | None = None,
    pad: int = SECOND_PAD,
) -> NDArray[np.int32]:
    """What a fresh detector says on each trial, its last sample repeated `pad` times, under this Python or `program`.

    Rows of trial, sample, code, samples since the blow.
    """
    raw = _run("answers", pad, trials, progress, root, levels=levels, program=program)
    parts = [_renumber(np.frombuffer(data, dtype="<i4").reshape(-1, 4).copy(), names) for data, names in raw]
    rows = np.concatenate(parts) if parts else np.zeros((0, 4), dtype=np.int32)
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))]


def _renumber(rows: NDArray[np.int32], names: NDArray[np.int64]) -> NDArray[np.int32]:
    rows[:, 0] = names[rows[:, 0]]
    return rows


def _cases(raw: list[tuple[bytes, NDArray[np.int64]]], width: int) -> Cases:
    shape = np.dtype([("trial", "<i4"), ("sample", "<i4"), ("features", "<i2", (width,))])
    trial, sample, values = [], [], []
    for data, names in raw:
        table = np.frombuffer(data, dtype=shape)
        trial.append(names[table["trial"]])
        sample.append(table["sample"])
        values.append(table["features"])
    order = np.lexsort((np.concatenate(sample), np.concatenate(trial)))
    return Cases(
        np.concatenate(trial)[order].astype(np.int32),
        np.concatenate(sample)[order],
        np.concatenate(values)[order],
    )


def _run(
    task: str,
    pad: int,
    trials: Sequence[Samples],
    progress: Progress | None,
    root: Path,
    at: Sequence[tuple[int, int, int]] = (),
    levels: Sequence[int] | None = None,
    program: str | None = None,
) -> list[tuple[bytes, NDArray[np.int64]]]:
    """Split the trials evenly by length and run each share in a process of its own."""
    lengths = np.array([len(samples) for samples in trials])
    order = np.argsort(-lengths, kind="stable")
    shares = [np.sort(order[i::PROCESSES]) for i in range(PROCESSES)]
    program = program or sys.executable

    def one(names: NDArray[np.int64]) -> tuple[bytes, NDArray[np.int64]]:
        if not len(names):
            return b"", names
        with tempfile.TemporaryDirectory(prefix="tiexin-detector-") as folder:
            job = Path(folder)
            _write(job, task, pad, [trials[k] for k in names], [levels[k] if levels else 1 for k in names])
            place = {int(name): i for i, name in enumerate(names)}
            mine = [(place[t], sample, score) for t, sample, score in at if t in place]
            (job / "at").write_bytes(np.array(mine, dtype="<i4").tobytes())
            _watch([*_interpreter(program), str(SCRIPT), str(root), str(job)], len(names), progress)
            return (job / "out").read_bytes(), names

    with ThreadPoolExecutor(PROCESSES) as pool:
        return list(pool.map(one, shares))


def _write(job: Path, task: str, pad: int, trials: Sequence[Samples], levels: Sequence[int]) -> None:
    start = 0
    rows = []
    with (job / "samples").open("wb") as file:
        for samples, level in zip(trials, levels, strict=True):
            file.write(np.ascontiguousarray(samples, dtype="<i2").tobytes())
            rows.append((start, len(samples), level))
            start += len(samples)
    (job / "trials").write_bytes(np.array(rows, dtype="<i4").tobytes())
    (job / "task").write_text(f"{task} {pad}")


def _interpreter(program: str) -> list[str]:
    return [program, "-X", "heapsize=64M"] if "micropython" in Path(program).name else [program]


def _watch(command: list[str], trials: int, progress: Progress | None) -> None:
    """Run the command to its end, telling progress how many more trials are done."""
    told = progress or (lambda _: None)
    done = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip().isdigit():
                told(int(line) - done)
                done = int(line)
        error = process.stderr.read() if process.stderr else ""
    if process.returncode:
        raise RuntimeError(f"the detector failed in {command[0]}:\n{error.strip()}")
    told(trials - done)
