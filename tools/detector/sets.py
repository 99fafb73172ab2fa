"""Without this file each tool would have its own idea of which recordings there are and where in them the fall is."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.recordings.archive import Archive
from tools.recordings.recording import Recording, RecordingError, Samples

SETS = {
    "sisfall": "sisfall_adxl345.npz",
    "neck": "fallalld_neck.npz",
    "waist": "fallalld_waist.npz",
    "chest": "chest52.npz",
}
TITLES = {"sisfall": "SisFall waist", "neck": "FallAllD neck", "waist": "FallAllD waist", "chest": "chest52"}
_CENTRE = 1_000  # FallAllD: the authors cut a fall's 20 s so that it lies in the middle
_NEAR_CENTRE = 60
_ROUND_SPAN = (-20, 50)  # samples round SisFall's labelled interval in which the blow is looked for
# FallAllD falls after which the person gets up again: stage 2 is not asked about them.
GETS_UP = frozenset(["102", "104", "106", "108", "110", "116", "118", "120", "122", "124", "126", "128"])


@dataclass(frozen=True)
class Trial:
    """A recording with its set, its person (one name over FallAllD neck and waist) and the sample of its fall."""

    recording: Recording
    set_name: str
    person: str
    fall_at: int  # the fall's own impact; -1 in daily life

    @property
    def samples(self) -> Samples:
        """int16 [N, 3], milli-g at 100 Hz."""
        return self.recording.acc_mg

    @property
    def is_fall(self) -> bool:
        """True for a fall."""
        return bool(self.recording.is_fall)

    @property
    def stays_down(self) -> bool:
        """True if stage 2 shall confirm it."""
        return self.is_fall and not (self.set_name in {"neck", "waist"} and self.recording.activity in GETS_UP)


def load_sets(folder: Path, names: Iterable[str] = SETS) -> tuple[list[Trial], list[str]]:
    """All trials of the sets in folder; and a sentence for each file or trial that had to be left out."""
    trials: list[Trial] = []
    left_out: list[str] = []
    for name in names:
        try:
            archive = Archive(folder / SETS[name])
        except RecordingError as error:
            left_out.append(str(error))
            continue
        for k in range(len(archive)):
            try:
                recording = archive.trial(k)
            except RecordingError as error:
                left_out.append(str(error))
                continue
            prefix = "fallalld" if name in {"neck", "waist"} else name
            trials.append(Trial(recording, name, f"{prefix} {recording.subject}", fall_at(recording, name)))
    return trials, left_out


def fall_at(recording: Recording, set_name: str) -> int:
    """The sample of the fall's own impact.

    The trial's largest |a| need not be the fall: somebody who jogs and then falls often strikes the ground harder with
    the foot. Where the two differ, SisFall's labelled interval, or the middle that FallAllD was cut round, tells.
    """
    if not recording.is_fall:
        return -1
    acc = recording.acc_mg.astype(np.int64)
    square = (acc * acc).sum(axis=1)
    if set_name == "sisfall" and recording.fall_span:
        first = max(0, recording.fall_span[0] + _ROUND_SPAN[0])
        last = recording.fall_span[1] + _ROUND_SPAN[1]
    elif set_name in {"neck", "waist"} and abs(recording.impact - _CENTRE) > _NEAR_CENTRE:
        first, last = _CENTRE - 40, _CENTRE + 40
    else:
        return recording.impact
    return first + int(np.argmax(square[first:last]))
