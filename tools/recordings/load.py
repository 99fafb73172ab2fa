"""Without this door a caller would have to look at a file's name and choose a reader."""

import os
from pathlib import Path

from tools.recordings.archive import Archive
from tools.recordings.recording import Recording, RecordingError
from tools.recordings.resample import RATE_HZ
from tools.recordings.texts import read_text

_TEXTS = {".txt", ".csv", ".dat"}


def load(path: str | Path, trial: str | int | None = None, rate_hz: float = RATE_HZ) -> Recording:
    """Read one recording and bring it to rate_hz (100 Hz).

    path: an .npz archive of ours (a trial may follow "#": ``fallalld_neck.npz#107/S01``), a SisFall .txt, a FallAllD
    .dat or .csv, a UMAFall .csv, or a plain .csv of x,y,z in milli-g. trial: which one of an archive, by number or by
    name; without it a plain forward fall. Raises RecordingError, which says what is wrong, where, and what to do.
    """
    name, _, after = str(path).partition("#")
    wanted = str(trial) if trial is not None else (after or None)
    file = Path(name)
    if not file.is_file():
        raise RecordingError(str(file), "no such file", "Check the path.")
    if file.suffix.lower() == ".npz":
        archive = Archive(file)
        return archive.trial(archive.find(wanted), rate_hz)
    if file.suffix.lower() in _TEXTS:
        return read_text(file, rate_hz)
    raise RecordingError(
        str(file), f"a {file.suffix or 'nameless'} file is no recording", "Give an .npz, .txt, .dat or .csv."
    )


def data_folder() -> Path | None:
    """Where the recordings are: TIEXIN_DATA, else ../shared/data beside the tree, else None."""
    told = os.environ.get("TIEXIN_DATA")
    folder = Path(told) if told else Path(__file__).resolve().parents[2].parent / "shared" / "data"
    return folder if folder.is_dir() else None
