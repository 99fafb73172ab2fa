"""Homes for the journeys: real processes, on this machine only."""

import json
import threading

import pytest

from tools.board_files import BoardFile
from tools.home.house import GATEWAY, Home
from tools.home.report import lasting_holes

HOLD_MS = 4_500  # where the exact moment does not matter: a busy machine may be late with both edges
LATE_MS = 250  # what a busy machine may add at the speed of life; the exact times are tried in a bench's own time
FAST = 3  # bench seconds in each real one: a hold takes one second, and the gateway still answers in time


@pytest.fixture
def home(tmp_path):
    """A builder: what it returns is an entered home whose pendants are switched on."""
    entered = []

    def build(*, boards=("m5stickc_plus2",), scale=FAST, settings=None, seed=1):
        from hil_tests.virtual.clock import Clock

        made = Home(tmp_path, boards=boards, clock=Clock(scale), seed=seed, extra_files=settings_file(settings))
        entered.append(made.__enter__())
        made.power_on()
        return made

    yield build
    for made in entered:
        made.__exit__(None, None, None)


def settings_file(settings):
    """The file on the pendant's flash that changes its tunables."""
    return [BoardFile("settings.json", json.dumps(settings).encode())] if settings else []


class Operator:
    """Answers every call, from another thread than the one that tells of it; at once unless reaction_s says later."""

    def __init__(self, home):
        self._home = home
        self.reaction_s = 0
        home.platform.listeners.append(self._sees)

    def _sees(self, arrival):
        if arrival.type in {"tiexin.fall.suspected", "tiexin.help.requested"}:
            answers = threading.Timer(self.reaction_s, self._home.platform.answer, (arrival.id, GATEWAY))
            answers.daemon = True
            answers.start()


def ids(home, kind):
    """The ids of one type of event at the platform, in order of arrival."""
    return [one.id for one in home.platform.in_order() if one.type == kind]


def missing(home, pendant=0):
    """Events of a pendant that it numbered and that do not arrive."""
    return lasting_holes(home.pendants[pendant].mac.hex(), home.platform)
