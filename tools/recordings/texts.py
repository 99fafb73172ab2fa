"""Without these readers nobody could repeat our numbers from the authors' own files.

* SisFall: Sucerquia, López, Vargas-Bonilla, Sensors 2017, 17:198, and the data set's Readme: a line a sample, 200 Hz,
  nine integers ending in ";"; the first three are the ADXL345, +-16 g in 13 bits.
* FallAllD: Saleh, Abbas, Le Bouquin Jeannès, IEEE Sensors Journal 2021, doi 10.21227/bnya-mn34: a file is named
  S##_D#_A###_T##_A.dat (or .csv), device 1 neck, 2 wrist, 3 waist, kind A accelerometer; a line is x,y,z in counts of
  an LSM9DS1 at +-8 g, 238 Hz.
* UMAFall: Casilari, Santoyo-Ramón, Cano-García, Procedia Computer Science 2017, 110:32: a "%" header with the table of
  sensors, then time_ms;number;x;y;z;type;sensor in g, type 0 the accelerometer.
* Plain: x,y,z in milli-g; the rate in a comment line such as "# 100 Hz", else 100 Hz.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.recordings.recording import Recording, RecordingError
from tools.recordings.resample import RATE_HZ, resample

_SISFALL = re.compile(r"([DF]\d\d)_(S[AE]\d\d)_R(\d\d)\.txt$", re.IGNORECASE)
_SISFALL_MG = 32_000 / 8_192
_FALLALLD = re.compile(r"S(\d\d)_D(\d)_A(\d{3})_T(\d\d)_([AGMB])\.(?:dat|csv)$", re.IGNORECASE)
_FALLALLD_MG = 0.244
_FALLALLD_PLACES = {"1": "neck", "2": "wrist", "3": "waist"}
_FALLALLD_FIRST_FALL = 101
_UMAFALL = re.compile(r"UMAFall_Subject_(\d+)_(ADL|Fall)_([A-Za-z_]+?)_(\d+)_", re.IGNORECASE)
_UMAFALL_PLACES = ("WAIST", "CHEST", "RIGHTPOCKET", "WRIST", "ANKLE")  # the first of them that was recorded
_RATE = re.compile(r"([0-9.]+)\s*Hz", re.IGNORECASE)
_SHORTEST_S = 1.0


def read_text(path: Path, rate_hz: float = RATE_HZ) -> Recording:
    """Read one text file, its format told by its name."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise RecordingError(str(path), f"cannot be read ({error.strerror})", "Check the path.") from error
    if match := _SISFALL.search(path.name):
        return _sisfall(path, text, match, rate_hz)
    if match := _FALLALLD.search(path.name):
        return _fallalld(path, text, match, rate_hz)
    if match := _UMAFALL.search(path.name):
        return _umafall(path, text, match, rate_hz)
    return _plain(path, text, rate_hz)


def _sisfall(path: Path, text: str, match: re.Match[str], rate_hz: float) -> Recording:
    acc_mg = _numbers(path, text.replace(";", ""), columns=9, first=3) * _SISFALL_MG
    activity, subject, trial = match.group(1).upper(), match.group(2).upper(), match.group(3)
    return Recording(
        acc_mg=_checked(path, acc_mg, 200.0, rate_hz),
        fs_hz=rate_hz,
        is_fall=activity.startswith("F"),
        activity=activity,
        source=f"SisFall {activity}/{subject}/R{trial}",
        subject=subject,
        placement="waist",
        is_elderly=subject.startswith("SE"),
    )


def _fallalld(path: Path, text: str, match: re.Match[str], rate_hz: float) -> Recording:
    subject, device, activity, trial, kind = match.groups()
    if kind.upper() != "A":
        raise RecordingError(str(path), "not the accelerometer's file", f"Choose the one that ends in _A{path.suffix}.")
    acc_mg = _numbers(path, text, columns=3, first=3) * _FALLALLD_MG
    return Recording(
        acc_mg=_checked(path, acc_mg, 238.0, rate_hz),
        fs_hz=rate_hz,
        is_fall=int(activity) >= _FALLALLD_FIRST_FALL,
        activity=activity,
        source=f"FallAllD {activity}/S{subject}/R{trial}",
        subject=f"S{subject}",
        placement=_FALLALLD_PLACES.get(device, ""),
    )


def _umafall(path: Path, text: str, match: re.Match[str], rate_hz: float) -> Recording:
    places: dict[str, int] = {}
    rows = []
    for line in text.splitlines():
        if line.startswith("%"):
            fields = [field.strip() for field in line.strip("% ").split(";")]
            if len(fields) > 2 and fields[1].isdigit():
                places[fields[2].upper()] = int(fields[1])
        elif line.strip():
            rows.append(line)
    place = next((name for name in _UMAFALL_PLACES if name in places), None)
    if place is None:
        raise RecordingError(str(path), "its header names no sensor's place", "Take the file as published.")
    table = _numbers(path, "\n".join(rows).replace(";", ","), columns=7, first=7)
    table = table[(table[:, 5] == 0) & (table[:, 6] == places[place])]
    seconds = (table[-1, 0] - table[0, 0]) / 1_000 if len(table) > 1 else 0.0
    if seconds <= 0:
        raise RecordingError(str(path), f"no accelerometer samples of the {place.lower()}", "Choose another file.")
    subject, kind, activity, trial = match.groups()
    return Recording(
        acc_mg=_checked(path, table[:, 2:5] * 1_000, (len(table) - 1) / seconds, rate_hz),
        fs_hz=rate_hz,
        is_fall=kind.lower() == "fall",
        activity=activity,
        source=f"UMAFall {activity}/S{subject}/R{trial}",
        subject=f"S{subject}",
        placement=place.lower(),
    )


def _plain(path: Path, text: str, rate_hz: float) -> Recording:
    lines = text.splitlines()
    remarks = [line for line in lines if line.lstrip().startswith("#")]
    match = _RATE.search(" ".join(remarks))
    fs_hz = float(match.group(1)) if match else RATE_HZ
    body = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if body and re.search(r"[A-Za-z]", body[0]):
        body = body[1:]  # names of the columns
    if not 10 <= fs_hz <= 10_000:
        raise RecordingError(str(path), f"a rate of {fs_hz:g} Hz", 'State it as in "# 100 Hz".')
    acc_mg = _numbers(path, "\n".join(body), columns=3, first=3)
    return Recording(
        acc_mg=_checked(path, acc_mg, fs_hz, rate_hz),
        fs_hz=rate_hz,
        is_fall=None,
        activity=path.stem,
        source=path.name,
    )


def _numbers(path: Path, text: str, columns: int, first: int) -> NDArray[np.float64]:
    """The first columns of every line; a line that does not fit is named."""
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.replace(",", " ").split()
        if not fields:
            continue
        try:
            if len(fields) != columns:
                raise ValueError
            rows.append([float(field) for field in fields[:first]])
        except ValueError:
            raise RecordingError(
                str(path),
                f"line {number} is not {columns} numbers: {line.strip()[:40]!r}",
                "Repair or replace the file.",
            ) from None
    values = np.array(rows, dtype=np.float64).reshape(len(rows), first)
    if not np.isfinite(values).all():
        raise RecordingError(str(path), "a value is not a finite number", "Repair or replace the file.")
    return values


def _checked(path: Path, acc_mg: NDArray[np.float64], fs_hz: float, rate_hz: float) -> NDArray[np.int16]:
    if len(acc_mg) < fs_hz * _SHORTEST_S:
        raise RecordingError(str(path), f"only {len(acc_mg)} samples", "A recording lasts a second at least.")
    return resample(acc_mg, fs_hz, rate_hz)
