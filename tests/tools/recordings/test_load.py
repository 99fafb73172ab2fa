"""Every format a recording may come in, and every way a file may be broken."""

import numpy as np
import pytest

from tools.recordings import RecordingError, load
from tools.recordings.load import data_folder
from tools.recordings.resample import moment, resample


def _write_archive(path, seconds=3, **changes):
    rng = np.random.default_rng(1)
    count = seconds * 200
    arrays = {
        "acc": rng.integers(-900, 900, (2 * count, 3)).astype(np.int16),
        "start": np.array([0, count, 2 * count]),
        "fs": np.array([200.0, 200.0], dtype=np.float32),
        "subject": np.array(["SA01", "SE02"]),
        "elderly": np.array([0, 1]),
        "activity": np.array(["D01", "F01"]),
        "is_fall": np.array([0, 1]),
        "trial": np.array([1, 2]),
        "peak": np.array([10, 300]),
        **changes,
    }
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


def test_an_archive_gives_a_fall_unless_told_otherwise(tmp_path):
    """Without a name the demo plays a fall."""
    path = _write_archive(tmp_path / "set.npz")
    recording = load(path)

    assert (recording.label, recording.activity, recording.subject) == ("fall", "F01", "SE02")
    assert recording.is_elderly
    assert recording.acc_mg.shape == (300, 3)
    assert recording.acc_mg.dtype == np.int16
    assert recording.impact == 150


@pytest.mark.parametrize("wanted", ["0", "D01", "D01/SA01", "D01/SA01/R01"])
def test_a_trial_is_chosen_by_number_or_name(tmp_path, wanted):
    """After a # or as an argument."""
    path = _write_archive(tmp_path / "set.npz")

    assert load(f"{path}#{wanted}").activity == "D01"
    assert load(path, trial=wanted).activity == "D01"


def test_a_sisfall_file_is_read(tmp_path):
    """256 counts are a g."""
    path = tmp_path / "F05_SA01_R02.txt"
    path.write_text("256,-512,0,1,2,3,4,5,6;\n" * 400)
    recording = load(path)

    assert recording.acc_mg[50].tolist() == [1_000, -2_000, 0]
    assert len(recording.acc_mg) == 200
    assert (recording.label, recording.placement) == ("fall", "waist")


def test_a_fallalld_file_is_read(tmp_path):
    """0.244 milli-g a count, 238 samples a second."""
    path = tmp_path / "S03_D1_A107_T02_A.dat"
    path.write_text("4098,0,-4098\n" * 476)
    recording = load(path)

    assert recording.acc_mg[50].tolist() == [1_000, 0, -1_000]
    assert len(recording.acc_mg) == 200
    assert (recording.label, recording.placement, recording.activity) == ("fall", "neck", "107")


def test_an_umafall_file_is_read(tmp_path):
    """The header tells which sensor is the waist's; the others and the gyroscope are left aside."""
    lines = ["%TimeStamp; Sample No; X-Axis; Y-Axis; Z-Axis; Sensor Type; Sensor ID"]
    lines += ["%AA:BB; 2; WAIST; SensorTag", "%CC:DD; 1; CHEST; SensorTag"]
    for k in range(60):
        lines += [f"{k * 50};{k};0.5;-1;0.25;0;2", f"{k * 50};{k};9;9;9;1;2", f"{k * 50};{k};7;7;7;0;1"]
    path = tmp_path / "UMAFall_Subject_02_ADL_Walking_1_2016.csv"
    path.write_text("\n".join(lines))
    recording = load(path)

    assert recording.acc_mg[10].tolist() == [500, -1_000, 250]
    assert (recording.label, recording.placement) == ("adl", "waist")
    assert abs(len(recording.acc_mg) - 295) < 3


def test_a_plain_file_states_its_rate(tmp_path):
    """Names of columns may stand above."""
    path = tmp_path / "mine.csv"
    path.write_text("# 50 Hz\nx,y,z\n" + "10,20,1000\n" * 100)
    recording = load(path)

    assert recording.label == "unknown"
    assert len(recording.acc_mg) == 199
    assert recording.acc_mg[7].tolist() == [10, 20, 1_000]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("D01_SA01_R01.txt", "1,2,3\n" * 300, "line 1 is not 9 numbers"),
        ("D01_SA01_R01.txt", "1,2,3,4,5,6,7,8,9;\n" * 20, "only 20 samples"),
        ("S01_D1_A013_T01_G.dat", "1,2,3\n" * 300, "not the accelerometer's file"),
        ("mine.csv", "1,2,3\n" * 150 + "1,2,nan\n", "not a finite number"),
        ("mine.csv", "1,2,3\n" * 150 + "1,2\n", "line 151 is not 3 numbers"),
        ("mine.csv", "# 0 Hz\n" + "1,2,3\n" * 150, "a rate of 0 Hz"),
        ("mine.wav", "RIFF", "is no recording"),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(tmp_path, name, text, said):
    """One sentence: which file, where in it, and the remedy."""
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(RecordingError, match=said) as error:
        load(path)

    assert name in str(error.value)


def test_a_damaged_archive_is_named(tmp_path):
    """Cut short, or not an archive of trials at all."""
    path = _write_archive(tmp_path / "set.npz")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(RecordingError, match="not a readable"):
        load(path)
    with pytest.raises(RecordingError, match="no array is_fall"):
        load(_write_archive(tmp_path / "other.npz", is_fall=None))
    with pytest.raises(RecordingError, match="does not fit"):
        load(_write_archive(tmp_path / "short.npz", start=np.array([0, 5, 7])))
    with pytest.raises(RecordingError, match="no such trial"):
        load(_write_archive(tmp_path / "fine.npz"), trial="F99")
    with pytest.raises(RecordingError, match="no such file"):
        load(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("fs_hz", [52.0, 100.0, 104.0, 200.0, 238.0])
def test_any_rate_is_brought_to_a_hundred(fs_hz):
    """A slow sine keeps its size and its place in time."""
    t = np.arange(int(5 * fs_hz)) / fs_hz
    acc = np.stack([1_000 * np.sin(2 * np.pi * t), np.zeros_like(t), np.full_like(t, 500)], axis=1)
    out = resample(acc, fs_hz)
    expected = 1_000 * np.sin(2 * np.pi * np.arange(len(out)) / 100)

    assert np.abs(out[5:-5, 0] - expected[5:-5]).max() < 20
    assert (out[:, 2] == 500).all()


def test_what_is_too_large_is_clipped_and_moments_move_along():
    """16 g is the end; -1 means not known at any rate."""
    assert resample(np.full((200, 3), 20_000), 200.0).max() == 16_000
    assert moment(476, 238.0) == 200
    assert moment(-1, 238.0) == -1


def test_the_real_archives_load():
    """Each set that is there gives a trial of the right kind."""
    folder = data_folder()
    if folder is None or not (folder / "fallalld_neck.npz").exists():
        pytest.skip("the recordings are not here: set TIEXIN_DATA to their folder")
    recording = load(folder / "fallalld_neck.npz", trial="107/S01")

    assert recording.is_fall
    assert recording.placement == "neck"
    assert abs(recording.impact - 995) <= 2
