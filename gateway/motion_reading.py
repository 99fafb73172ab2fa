"""Without this file a carer would have to read a curve: how hard, how the wearer lay before and after, and what moved.

Everything is compared with itself: how the pendant hangs on its wearer nobody knows, how it turned everybody can see.
"""

import math
from typing import NamedTuple

from gateway.motion_parts import Axes
from shared import waves

_BEFORE = slice(0, 50)  # -2.0 ... -1.0 s
_AFTER = slice(150, int(waves.SAMPLES))  # 1.0 ... 1.84 s
_LEAST_MG, _MOST_MG = 700, 1_300  # a mean vector of another length is not gravity
_STILL_MG = 70  # mean distance of |a| from 1 g: below it nobody walks
UPRIGHT_DEG, LYING_DEG = 30, 60

SAME, TILTED, TURNED, UNCLEAR = "same", "tilted", "turned", "unclear"


class Reading(NamedTuple):
    """What a window says."""

    sizes_g: list[float]  # |a|
    peak_g: float
    turned_deg: int | None  # of gravity, from before to after; None where there is no gravity to be seen
    moved_before: bool
    moved_after: bool

    @property
    def posture(self) -> str:
        """SAME, TILTED, TURNED or UNCLEAR."""
        if self.turned_deg is None:
            return UNCLEAR
        if self.turned_deg < UPRIGHT_DEG:
            return SAME
        return TILTED if self.turned_deg < LYING_DEG else TURNED


def read(axes: Axes) -> Reading:
    """What these samples say."""
    sizes_mg = [math.hypot(*sample) for sample in zip(*axes, strict=True)]
    before, after = _gravity(axes, _BEFORE), _gravity(axes, _AFTER)
    return Reading(
        sizes_g=[size / 1_000 for size in sizes_mg],
        peak_g=sizes_mg[waves.IMPACT] / 1_000,
        turned_deg=_angle_deg(before, after) if before and after else None,
        moved_before=_moved(sizes_mg[_BEFORE]),
        moved_after=_moved(sizes_mg[_AFTER]),
    )


def _gravity(axes: Axes, when: slice) -> tuple[float, ...] | None:
    means = tuple(sum(values[when]) / len(values[when]) for values in axes)
    return means if _LEAST_MG < math.hypot(*means) < _MOST_MG else None


def _angle_deg(one: tuple[float, ...], other: tuple[float, ...]) -> int:
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return round(math.degrees(math.acos(max(-1.0, min(1.0, dot / (math.hypot(*one) * math.hypot(*other)))))))


def _moved(sizes_mg: list[float]) -> bool:
    return sum(abs(size - 1_000) for size in sizes_mg) / len(sizes_mg) >= _STILL_MG
