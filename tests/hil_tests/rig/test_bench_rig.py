"""The bench's backend end to end: real helper firmware in the VM, pyserial, and the same test bodies."""

import subprocess
import sys
from pathlib import Path

import pytest

from hil_tests.rig.helper_link import HelperFault, HelperLink
from hil_tests.virtual.bench import VirtualBench
from hil_tests.virtual.flash_image import micropython
from tests.conftest import NO_VM

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.journey


@pytest.fixture
def bench(tmp_path):
    """A bench of virtual boards."""
    if not micropython():
        pytest.skip(NO_VM)
    with VirtualBench(tmp_path) as made:
        yield made


def test_the_same_bodies_run_on_the_bench(bench):
    """A hold with its answer, a tremble; a test that needs the air is skipped with a sentence."""
    wanted = "held_for_three or tremble or third_of_the_air"
    for _ in range(3):
        outcome = run_on(bench, wanted)
        if not outcome.returncode:
            break  # a busy machine runs a virtual board late by chance; what is wrong is so each time

    assert outcome.returncode == 0, outcome.stdout
    assert "2 passed, 1 skipped" in outcome.stdout
    assert "radio.lose: this bench has no attenuator" in outcome.stdout


def run_on(bench, wanted):
    """These bodies on this bench, in a pytest of their own."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "hil_tests", "--rig", "bench", "--rig-file", str(bench.rig_file),
         "-n", "0", "-rs", "-q", "-k", wanted, "-p", "no:cacheprovider"],
        cwd=ROOT, capture_output=True, text=True, timeout=70, check=False,
    )  # fmt: skip


def test_the_helper_presses_watches_and_measures(bench):
    """A press timed by the helper; the pendant's motor seen; the meter's shunt read."""
    bench.helper.imu.milliamps = lambda: 12.5
    bench.helper.wait_for(lambda board: board.serial_port.exists(), 5)
    link = HelperLink(bench.helper.serial_port)
    try:
        down_ms, up_ms = map(int, link.request("press", 200, 4))
        assert up_ms - down_ms == 200
        assert link.request("current", 60)[0] == "12500"
        bench.helper.drive(35, 1)
        bench.helper.drive(35, 0)
        bench.helper.wait_for(lambda _: link.request("pulses", 0)[1] == "2", 5)
        _after, _count, *edges = link.request("pulses", 0)
        assert len(edges) == 2
        with pytest.raises(HelperFault, match="no such verb"):
            link.request("dance")
    finally:
        link.close()


def test_a_port_that_is_not_there_is_one_sentence(tmp_path):
    """What to do stands in it."""
    with pytest.raises(HelperFault, match="plug it in"):
        HelperLink(tmp_path / "nowhere")
