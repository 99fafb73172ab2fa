"""Virtual boards on ports, for the tests of flashing; without the VM there is nothing to flash."""

import pytest

from hil_tests.virtual.flash_image import micropython
from tests.conftest import NO_VM
from tests.tools.flashing import bench
from tools.flashing import fresh


@pytest.fixture
def plug(tmp_path, monkeypatch):
    """Give a function that plugs in: bare boards on their ports, gone when the test ends."""
    if micropython() is None:
        pytest.skip(NO_VM)
    monkeypatch.setattr(fresh, "_LISTEN_S", 0.4)
    open_ones = []

    def plug_in(*profiles, **options):
        context = bench.plugged(tmp_path, *profiles, **options)
        plug_in.air, boards = context.__enter__()
        open_ones.append(context)
        return boards

    yield plug_in
    for context in reversed(open_ones):
        context.__exit__(None, None, None)
