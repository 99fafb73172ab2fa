"""Without recordings the programs say so in a sentence."""

import pytest
from click.testing import CliRunner

pytest.importorskip("lightgbm", reason="lightgbm is not installed: run `make extras`")
pytest.importorskip("sklearn", reason="scikit-learn is not installed: run `make extras`")
pytest.importorskip("matplotlib", reason="matplotlib is not installed: run `make extras`")

from tools import evaluate, train


@pytest.mark.parametrize("program", [train, evaluate])
def test_missing_recordings_are_one_sentence(program, tmp_path):
    """A folder that is not there, or holds nothing: exit code 2, which folder, what is wanted."""
    result = CliRunner().invoke(program.main, ["--data", str(tmp_path / "nowhere")])
    assert result.exit_code == 2
    assert "TIEXIN_DATA" in result.output

    result = CliRunner().invoke(program.main, ["--data", str(tmp_path)])
    assert result.exit_code == 2
    assert "left out" in result.output
    assert "No falls" in result.output
