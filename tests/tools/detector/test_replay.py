"""tools.replay draws what the detector thought."""

import pytest
from click.testing import CliRunner

pytest.importorskip("matplotlib", reason="matplotlib is not installed: run `make extras`")

from tools.replay import main


def test_a_fall_is_drawn_and_told(tmp_path):
    """A picture, and a sentence for each answer."""
    out = tmp_path / "fall.png"
    result = CliRunner().invoke(main, ["fall_forward", "--out", str(out)])

    assert result.exit_code == 0
    assert "suspected" in result.output
    assert out.stat().st_size > 10_000


def test_a_missing_recording_is_one_sentence(tmp_path):
    """No traceback, exit code 2."""
    result = CliRunner().invoke(main, [str(tmp_path / "nothing.npz")])

    assert result.exit_code == 2
    assert "no such file" in result.output
