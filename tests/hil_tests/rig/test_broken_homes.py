"""A home that could not be built leaves nothing behind, and its story is written all the same."""

from types import SimpleNamespace

import pytest

from hil_tests.rig import report
from hil_tests.rig.bench_rig import BenchHome
from hil_tests.rig.virtual_rig import VirtualRig
from hil_tests.rig.wishes import Wishes


class Silent:
    """A home whose pendant never says that it has started."""

    def __init__(self, path):
        console = SimpleNamespace(lines=[], path=path / "console.log")
        board = SimpleNamespace(mac=bytes(6), felt=[], console=console)
        self.pendants, self.bridge = [board], board
        self.platform = SimpleNamespace(listeners=[])
        self.gateway = SimpleNamespace(listeners=[], log_path=path / "gateway.log")
        self.internet, self.clock = None, SimpleNamespace(now_s=lambda: 0.0)
        self.is_in = False

    def __enter__(self):
        self.is_in = True

    def __exit__(self, *_):
        self.is_in = False

    def power_on(self):
        """Nothing comes."""
        raise TimeoutError("no pendant.started")


def test_a_pendant_that_never_starts_leaves_no_process_behind(tmp_path):
    """The rig was half entered, and nobody ended it: gateway and boards ran on."""
    rig = VirtualRig(tmp_path, Wishes())
    rig.home = Silent(tmp_path)
    with pytest.raises(TimeoutError):
        rig.__enter__()

    assert not rig.home.is_in
    assert not rig._thread.is_alive()


@pytest.mark.parametrize(
    "made",
    [
        lambda path: VirtualRig(path, Wishes()),
        lambda path: VirtualRig(path, Wishes(gateways=2)),
        lambda path: BenchHome(SimpleNamespace(bench=None, helper=None), Wishes(), path),
    ],
)
def test_the_story_of_a_home_that_was_not_built_is_written(tmp_path, made):
    """A broker that does not start ended the whole run with an error of the report."""
    notes = {"test": "t", "verdict": "failed", "why": "no broker", "seconds": 0.1}
    report.write_story(tmp_path / "report" / "t", notes, made(tmp_path / "home"), "virtual")

    assert "no broker" in report.make(tmp_path / "report").read_text("utf-8")


def test_each_log_of_a_home_is_kept(tmp_path):
    """Under a name that says whose it is."""
    rig = VirtualRig(tmp_path, Wishes())
    rig.home = Silent(tmp_path)

    assert sorted(rig.logs()) == ["bridge", "gateway", "pendant"]
