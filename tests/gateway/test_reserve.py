"""Space that is really held back, and really given."""

from types import SimpleNamespace

from gateway.reserve import Reserve


def test_it_is_held_and_released(tmp_path):
    """The bytes are allocated on the disk, not only promised by a sparse file."""
    reserve = Reserve(tmp_path / "reserve", 1_000_000)

    assert not reserve.is_held
    assert reserve.hold()
    assert reserve.is_held
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 1_000_000
    reserve.release()
    assert not (tmp_path / "reserve").exists()


def test_it_is_not_held_where_there_is_no_room(tmp_path, monkeypatch):
    """A disk without twice its size free is left alone."""
    monkeypatch.setattr("os.statvfs", lambda path: SimpleNamespace(f_bavail=19, f_frsize=1_000))

    assert not Reserve(tmp_path / "reserve", 10_000).hold()
    assert not (tmp_path / "reserve").exists()
