"""Without one shape for a recording, loaders, detector tools and the demo could not be combined freely."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]  # [N, 3], milli-g


class RecordingError(Exception):
    """A recording that cannot be used: the message says which file, where in it, and what to do."""

    def __init__(self, where: str, what: str, remedy: str) -> None:
        super().__init__(f"{where}: {what}. {remedy}")


@dataclass(frozen=True)
class Recording:
    """One continuous stretch of motion, and what is known about it."""

    acc_mg: Samples  # [N, 3], integer milli-g, clipped to 16 g
    fs_hz: float  # samples a second of acc_mg
    is_fall: bool | None  # None: nobody said
    activity: str  # the authors' code, e.g. "F05", "107", or a name
    source: str  # data set and trial, e.g. "sisfall F05/SA01/R01", or the file's name
    subject: str = ""
    placement: str = ""  # neck, chest, waist ...; empty: unknown
    peak: int = -1  # sample of the impact (the largest |a| of the original), -1: not told
    is_elderly: bool = False
    fall_span: tuple[int, int] | None = None  # samples between which the authors labelled the fall

    @property
    def label(self) -> str:
        """One word: fall, adl or unknown."""
        return {True: "fall", False: "adl", None: "unknown"}[self.is_fall]

    @property
    def impact(self) -> int:
        """The sample of the impact: as told, or else the largest |a|."""
        if self.peak >= 0:
            return self.peak
        acc = self.acc_mg.astype(np.int64)
        return int(np.argmax((acc * acc).sum(axis=1)))

    @property
    def duration_s(self) -> float:
        """How long it lasts, in seconds."""
        return len(self.acc_mg) / self.fs_hz

    def describe(self) -> str:
        """One line for a person."""
        return f"{self.source}: {self.label} ({self.activity}), {self.duration_s:.1f} s at {self.fs_hz:g} Hz"
