"""What a killed drill leaves is removed; what a living one uses is not."""

import subprocess
import sys

from gateway.drill.leftover import own_folder, sweep
from tests.gateway.drill.test_reserve import filled

_KILLED = """
import os, signal, sys
from pathlib import Path
from gateway.drill.leftover import own_folder
with own_folder(Path(sys.argv[1])) as folder:
    (folder / "store.db").write_bytes(bytes(1000))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(directory):
    """A drill was held here, and killed."""
    subprocess.run([sys.executable, "-c", _KILLED, str(directory)], check=False)
    assert len(list(directory.glob("drill-*/store.db"))) == 1


def test_what_a_killed_drill_leaves_goes_and_what_is_in_use_stays(tmp_path):
    """A folder is in use while its drill lives, also beside a gateway that starts."""
    killed(tmp_path)
    (tmp_path / "store.db").touch()
    with own_folder(tmp_path) as folder:
        sweep(tmp_path)

        assert {path.name for path in tmp_path.iterdir()} == {folder.name, "store.db"}
    assert [path.name for path in tmp_path.iterdir()] == ["store.db"]


def test_the_next_drill_sweeps_before_it_looks_for_room(tmp_path, monkeypatch):
    """The copy that is left may be the room that is wanted."""
    killed(tmp_path)
    filled(tmp_path, monkeypatch)

    assert list(tmp_path.glob("drill-*")) == []
