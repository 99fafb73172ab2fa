"""Without this file the project's own archives (many trials in one .npz) could not be opened."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tools.recordings.recording import Recording, RecordingError
from tools.recordings.resample import RATE_HZ, moment, resample

_NEEDED = ("acc", "start", "fs", "subject", "activity", "is_fall", "trial")


class Archive:
    """The trials of one .npz file: ``acc`` int16 [N, 3] milli-g, trial k is ``acc[start[k]:start[k + 1]]``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with np.load(path, allow_pickle=False) as arrays:
                self._arrays = {name: arrays[name] for name in arrays.files if name != "label"}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            raise RecordingError(str(path), f"not a readable .npz ({error})", "Copy the file again.") from error
        missing = [name for name in _NEEDED if name not in self._arrays]
        if missing:
            raise RecordingError(
                str(path), f"no array {', '.join(missing)}", "Choose an archive of trials, not another .npz."
            )
        start = self._arrays["start"]
        acc = self._arrays["acc"]
        if acc.ndim != 2 or acc.shape[1] != 3 or len(start) < 2 or start[-1] != len(acc):
            raise RecordingError(
                str(path), "`start` does not fit `acc`, the file is incomplete", "Copy the file again."
            )

    def __len__(self) -> int:
        return len(self._arrays["start"]) - 1

    def __iter__(self) -> Iterator[Recording]:
        for k in range(len(self)):
            yield self.trial(k)

    def trial(self, k: int, rate_hz: float = RATE_HZ) -> Recording:
        """Trial k, brought to rate_hz."""
        arrays = self._arrays
        fs_hz = float(arrays["fs"][k])
        acc = arrays["acc"][arrays["start"][k] : arrays["start"][k + 1]]
        if len(acc) < fs_hz:
            raise RecordingError(f"{self.path}#{k}", "shorter than a second", "Choose another trial.")
        return Recording(
            acc_mg=resample(acc, fs_hz, rate_hz),
            fs_hz=rate_hz,
            is_fall=bool(arrays["is_fall"][k]),
            activity=str(arrays["activity"][k]),
            source=f"{self.path.stem} {self.name(k)}",
            subject=str(arrays["subject"][k]),
            placement=str(arrays["placement"][k]) if "placement" in arrays else "",
            peak=moment(int(arrays["peak"][k]), fs_hz, rate_hz) if "peak" in arrays else -1,
            is_elderly=bool(arrays["elderly"][k]) if "elderly" in arrays else False,
            fall_span=self._fall_span(k, fs_hz, rate_hz),
        )

    def _fall_span(self, k: int, fs_hz: float, rate_hz: float) -> tuple[int, int] | None:
        if "fall_start" not in self._arrays or self._arrays["fall_start"][k] < 0:
            return None
        first, last = int(self._arrays["fall_start"][k]), int(self._arrays["fall_end"][k])
        return moment(first, fs_hz, rate_hz), moment(last, fs_hz, rate_hz)

    def name(self, k: int) -> str:
        """How a person names trial k: activity/subject/trial."""
        arrays = self._arrays
        return f"{arrays['activity'][k]}/{arrays['subject'][k]}/R{int(arrays['trial'][k]):02d}"

    def find(self, wanted: str | None) -> int:
        """The number of a trial: "17", "F05/SA01", "F05/SA01/R02"; None: the first plain forward fall, or fall."""
        if wanted is None:
            return self._typical_fall()
        if wanted.isdigit() and int(wanted) < len(self):
            return int(wanted)
        for k in range(len(self)):
            name = self.name(k)
            if name == wanted or name.startswith(wanted + "/"):
                return k
        raise RecordingError(
            f"{self.path}#{wanted}",
            f"no such trial among {len(self)}",
            f"Give a number below {len(self)} or a name such as {self.name(0)}.",
        )

    def _typical_fall(self) -> int:
        is_fall = np.flatnonzero(self._arrays["is_fall"])
        for activity in ("F01", "107"):
            for k in is_fall:
                if self._arrays["activity"][k] == activity:
                    return int(k)
        return int(is_fall[0]) if len(is_fall) else 0
