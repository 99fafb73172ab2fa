"""The gateway dies between any two steps of an alarm's trip, as by a pulled plug, and nothing is lost."""

import signal
import sys
from pathlib import Path

import pytest

from hil_tests.virtual.clock import Clock
from tests.journeys.conftest import FAST, HOLD_MS, Operator, ids, missing
from tests.journeys.killable_gateway import STEPS
from tools.home.house import Home

pytestmark = pytest.mark.journey

_LAUNCHER = Path(__file__).with_name("killable_gateway.py")


@pytest.fixture(scope="module")
def living_home(tmp_path_factory):
    """One home, and its operator, for all the deaths of its gateway: its store lives through them all."""
    with Home(tmp_path_factory.mktemp("home"), clock=Clock(FAST)) as home:
        home.power_on()
        yield home, Operator(home)


def test_there_are_at_least_twenty_moments():
    """The trip is told in enough steps to die between any two."""
    assert len(STEPS) >= 20


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(living_home, step):
    """Killed right after this step, started again: the call arrives, its answer is felt, no number is missing."""
    home, operator = living_home
    operator.reaction_s = 1 if step == "polled" else 0  # else it may go with the acknowledgement, and nobody asks
    home.gateway.stop()
    since = len(home.gateway.steps)
    home.gateway.start([sys.executable, str(_LAUNCHER), step, "1", *home.gateway.command()[3:]])
    home.gateway.expect("serial-open", since=since)  # a beat may kill it before it has found its broker
    calls, felt = len(ids(home, "tiexin.help.requested")), len(ids(home, "tiexin.answer.felt"))
    home.pendants[0].press_for_ms(HOLD_MS)
    assert home.gateway.wait_for_exit(30) == -signal.SIGKILL
    home.gateway.start()
    home.platform.expect(lambda _: len(ids(home, "tiexin.help.requested")) > calls, 30)
    home.platform.expect(lambda _: len(ids(home, "tiexin.answer.felt")) > felt, 30)

    assert len(ids(home, "tiexin.help.requested")) == calls + 1
    assert len(ids(home, "tiexin.answer.felt")) == felt + 1
    assert missing(home) == []
