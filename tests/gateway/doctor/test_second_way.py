"""The second way out is looked at, too: a modem that is not there, a siren whose command is missing."""

import pytest

from gateway.config import load
from gateway.doctor import second_way
from tests.gateway.rig import config, registry


@pytest.fixture
def box(tmp_path):
    """A box with a modem that is not plugged in and a siren whose program is missing."""
    registry(tmp_path)
    extra = f'[modem]\nport = "{tmp_path}/none"\nnumbers = ["+8613800138000"]\n[siren]\ncommand = ["{tmp_path}/ring"]'
    return load(config(tmp_path, 1883, "/dev/null", extra=extra))


def test_both_are_missing(box):
    """A sentence each, without anybody's number."""
    modem, siren = second_way.look(box, is_running=False)

    assert (modem.code, siren.code) == ("modem_wrong", "siren_wrong")
    assert "/none" in modem.text("zh")
    assert "13800138000" not in modem.text("en")


def test_the_running_gateway_s_modem_is_left_alone(box, tmp_path):
    """The siren may be looked at."""
    (tmp_path / "ring").write_text("#!/bin/sh\n")
    (tmp_path / "ring").chmod(0o755)
    (siren,) = second_way.look(box, is_running=True)

    assert siren.code == "siren_well"
