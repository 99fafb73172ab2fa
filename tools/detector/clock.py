"""Time the detector inside the VM; without it "quick enough" would be a belief. ``clock.py ROOT SAMPLES``; prints JSON.

SAMPLES: a file of int16 x, y, z at 100 Hz that holds falls. bench_detector.py starts it and reads what it prints.
"""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, PTH123
# (It runs inside MicroPython too, which has neither annotated modules nor pathlib.)

import gc
import json
import sys
from array import array
from time import ticks_diff, ticks_us

sys.path.insert(0, sys.argv[1])

_BATCH = 100
_TIMES = 3  # the least of so many counts: the machine is shared


def clock(make, samples):
    """Costs of feed, in microseconds and bytes a sample."""
    count = len(samples) // 3
    dearest = array("i", [1_000_000] * count)
    batches = array("i", [1_000_000] * (count // _BATCH))
    at_answer = 0
    for _ in range(_TIMES):
        detector = make()
        for i in range(count):
            begun = ticks_us()
            code = detector.feed(samples[3 * i], samples[3 * i + 1], samples[3 * i + 2])
            dearest[i] = min(dearest[i], ticks_diff(ticks_us(), begun))
            if code == 1 and not at_answer:
                at_answer = i
        detector = make()
        for batch in range(count // _BATCH):
            begun = ticks_us()
            for i in range(batch * _BATCH, batch * _BATCH + _BATCH):
                detector.feed(samples[3 * i], samples[3 * i + 1], samples[3 * i + 2])
            batches[batch] = min(batches[batch], ticks_diff(ticks_us(), begun))
    ordered = sorted(batches)
    return {
        "median_us": ordered[len(ordered) // 2] / _BATCH,
        "mean_us": sum(batches) / len(batches) / _BATCH,
        "dearest_us": max(dearest),
        "bytes": heap(make, samples) / count,
        "last_us": list(dearest[at_answer - 12 : at_answer + 1]) if at_answer else [],
    }


def heap(make, samples):
    """Bytes taken from the heap by feeding all samples."""
    detector = make()
    detector.feed(0, 0, 1_000)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for i in range(len(samples) // 3):
        detector.feed(samples[3 * i], samples[3 * i + 1], samples[3 * i + 2])
    taken = gc.mem_alloc() - before
    gc.enable()
    return taken


def size(make):
    """Bytes of one detector that is in use."""
    gc.collect()
    before = gc.mem_alloc()
    detector = make()
    detector.feed(0, 0, 1_000)
    gc.collect()
    return gc.mem_alloc() - before if detector else 0


def main():
    """Clock both."""
    from shared.fall import FallDetector
    from tools.detector.two_lines import TwoLineRule

    with open(sys.argv[2], "rb") as file:
        samples = array("h", file.read())
    print(
        json.dumps(
            {
                "detector": clock(FallDetector, samples),
                "two lines": clock(TwoLineRule, samples),
                "ram": size(FallDetector),
                "ram two lines": size(TwoLineRule),
            }
        )
    )


main()
