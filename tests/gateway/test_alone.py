"""One gateway a store."""

import pytest

from gateway.alone import Alone
from gateway.errors import SetUpError


def test_a_second_gateway_is_refused(tmp_path):
    """With what to do; when the first has ended the second may."""
    first, second = Alone(tmp_path / "data"), Alone(tmp_path / "data")
    with first, pytest.raises(SetUpError, match="a gateway runs with this store"), second:
        pass
    with Alone(tmp_path / "data"):
        pass


def test_a_folder_that_cannot_be_made(tmp_path):
    """One sentence."""
    (tmp_path / "data").write_text("")
    with pytest.raises(SetUpError, match="cannot be made"), Alone(tmp_path / "data"):
        pass
