"""The virtual bench: boards, air, motion and serial lines that exist on this machine only."""

from hil_tests.virtual.air import Air, Frame, Link
from hil_tests.virtual.board import VirtualBoard
from hil_tests.virtual.clock import Clock
from hil_tests.virtual.modem import VirtualModem
from hil_tests.virtual.profiles import PROFILES, Profile

__all__ = ["PROFILES", "Air", "Clock", "Frame", "Link", "Profile", "VirtualBoard", "VirtualModem"]
