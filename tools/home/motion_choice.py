"""Without this file the demo would have to be told what to play: a real recorded fall, or else a made one."""

from pathlib import Path

from tools.motion import synthesise
from tools.recordings import Recording, load
from tools.recordings.load import data_folder

_ARCHIVE = "fallalld_neck.npz"  # the closest there is to a pendant
_SYNTHETIC = "fall_forward"
_SEED = 1


def choose_motion(trace: str | None, trial: str | None, rate_hz: float) -> Recording:
    """The recording that was asked for, or a real fall, or a synthetic one. RecordingError says what is wrong."""
    if trace:
        return load(trace, trial=trial, rate_hz=rate_hz)
    folder = data_folder()
    if folder and (Path(folder) / _ARCHIVE).exists():
        return load(Path(folder) / _ARCHIVE, trial=trial)
    return synthesise(_SYNTHETIC, seed=_SEED)
