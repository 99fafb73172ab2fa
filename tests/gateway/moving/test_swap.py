"""Files change all at once: whenever the power goes, after the next start all are old or all are new."""

from pathlib import Path

import pytest

from gateway.errors import SetUpError
from gateway.moving import swap
from gateway.moving.swap import Swap, refuse_unfinished, staged

NAMES = ("gateway.toml", "one/store.db", "two/pendants.jsonl")


class PowerCut(Exception):
    """Nothing runs any more."""


def prepared(folder):
    """Old files in place, new ones beside them, an old log that must go."""
    for name in NAMES:
        place = folder / name
        place.parent.mkdir(exist_ok=True)
        place.write_text("old")
        staged(place).write_text("new")
    (folder / "one" / "store.db-wal").write_text("old")
    return Swap(folder / "gateway.toml"), [folder / name for name in NAMES], [folder / "one" / "store.db-wal"]


def is_all(folder, text):
    """Whether every file is of that age."""
    return {(folder / name).read_text() for name in NAMES} == {text}


def test_the_power_may_go_at_any_moment(tmp_path, monkeypatch):
    """Before each step on the disk in turn; finishing may be cut again."""
    steps = 0
    for cut_at in range(100):
        folder = tmp_path / str(cut_at)
        folder.mkdir()
        change, places, gone = prepared(folder)
        left = [cut_at]

        def counted(real, left=left):
            def step(*arguments, **options):
                if not left[0]:
                    raise PowerCut
                left[0] -= 1
                return real(*arguments, **options)

            return step

        with monkeypatch.context() as patch:
            for name in ("rename", "unlink", "open"):
                patch.setattr(Path, name, counted(getattr(Path, name)))
            patch.setattr(swap, "sync_folder", counted(swap.sync_folder))
            try:
                change.commit(places, gone)
                change.finish()
                was_cut = False
            except PowerCut:
                was_cut = True
        if not change.note.exists() and is_all(folder, "old"):
            assert was_cut
            continue
        change.finish()
        assert is_all(folder, "new")
        assert not gone[0].exists()
        assert not change.note.exists()
        steps += 1
        if not was_cut:
            break

    assert steps > 5


def test_an_unfinished_import_is_said(tmp_path):
    """With the command that finishes it; afterwards nothing is said."""
    change, places, gone = prepared(tmp_path)
    change.commit(places, gone)
    with pytest.raises(SetUpError, match="import --finish --config"):
        refuse_unfinished(tmp_path / "gateway.toml")
    assert change.finish()
    refuse_unfinished(tmp_path / "gateway.toml")

    assert not change.finish()
