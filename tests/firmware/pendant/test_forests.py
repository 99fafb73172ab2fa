"""Trees read from flash say what the tables in memory say, and take no heap while they do."""

import random
import subprocess

import pytest

from firmware.pendant import forests
from shared import fall_second, fall_window, forest
from shared.fall import FallDetector
from tests.conftest import NO_VM, VM
from tools.board_files import board_files
from tools.forest_file import pack
from tools.motion import synthesise

# In the VM, on the files of a board: both kinds of trees judge the same motion, sample by sample, on a locked heap.
_IN_VM = """
import micropython, sys
from array import array
sys.path[:] = ["", ".frozen"]
from firmware.pendant import forests
from shared.fall import FallDetector

def judge(samples, said, detector):
    count = 0
    micropython.heap_lock()
    for i in range(len(samples) // 3):
        code = detector.feed(samples[3 * i], samples[3 * i + 1], samples[3 * i + 2])
        if code:
            said[count] = code
            said[count + 1] = i
            count += 2
    micropython.heap_unlock()
    return count
said = array("h", [0] * 64)
count = judge(array("h", open("samples", "rb").read()), said, FallDetector(forests=forests.load()))
print(list(said[:count]), "shared.forest" in sys.modules)
"""


@pytest.fixture
def flash(tmp_path):
    """The file as it is put onto a board."""
    path = tmp_path / "forest.bin"
    path.write_bytes(pack(forest.FIRST, forest.SECOND))
    return path


def test_every_share_of_either_forest_scores_the_same(flash):
    """Whole, halved as the detector does it, and cut anywhere: bit for bit."""
    dice = random.Random(4)
    widths = (fall_window.FEATURES, fall_second.FEATURES)
    for there, here, width in zip(forests.load(flash), (forest.FIRST, forest.SECOND), widths, strict=True):
        assert (there.count, there.limits) == (here.count, here.limits)
        cuts = [0, here.count, here.count // 2, *(dice.randrange(here.count + 1) for _ in range(12))]
        for _ in range(10):
            features = [dice.randint(-32_768, 32_767) for _ in range(width)]
            for cut in cuts:
                assert there.score(features, 0, cut) == here.score(features, 0, cut)
                assert there.score(features, cut, here.count) == here.score(features, cut, here.count)


def test_without_the_file_there_is_nothing_to_hand_in(tmp_path):
    """The detector then takes the tables as a module: on a developer's machine it has them."""
    assert forests.load(tmp_path / "nothing") is None


def test_a_spoilt_file_is_said_and_a_short_one_fails_when_it_is_read(flash):
    """Another file of that name, a half written head, trees of another size, trees that are not there."""
    whole = flash.read_bytes()
    for spoilt in (b"rubbish" * 10, whole[:20], whole[:6] + b"\0\1" + whole[8:]):
        flash.write_bytes(spoilt)
        with pytest.raises(ValueError, match="flash this board again"):
            forests.load(flash)
    flash.write_bytes(whole[:-100])
    _first, second = forests.load(flash)
    with pytest.raises(OSError, match="5"):
        second.score([0] * fall_second.FEATURES, 0, second.count)


def test_on_a_board_a_fall_is_judged_from_flash_without_heap(tmp_path):
    """The board has no forest module, and the detector's words and their samples are those of the tables in memory."""
    if not VM.exists():
        pytest.skip(NO_VM)
    for file in board_files("pendant", "xiao_c3"):
        (tmp_path / file.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file.path).write_bytes(file.data)
    motion = synthesise("fall_forward").acc_mg
    (tmp_path / "samples").write_bytes(motion.astype("<i2").tobytes())
    (tmp_path / "try.py").write_text(_IN_VM)
    run = subprocess.run([VM, "try.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    detector = FallDetector()
    said = []
    for i, (x, y, z) in enumerate(motion.tolist()):
        code = detector.feed(x, y, z)
        if code:
            said += [code, i]

    assert said
    assert run.stdout.strip() == f"{said} False", run.stderr
