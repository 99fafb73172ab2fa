"""Without this file nobody would find the pages: what the head of every page leads to, and for whom."""

from typing import NamedTuple

from gateway.station.routes import Visit
from gateway.station.users import CARER, INSTALLER


class Tab(NamedTuple):
    """One way on, in the head of every page."""

    path: str
    key: str  # of its words
    role: str


TABS = (
    Tab("/", "nav_board", CARER),
    Tab("/services", "nav_services", CARER),
    Tab("/cases", "nav_cases", CARER),
    Tab("/installer", "nav_installer", INSTALLER),
)


def for_visit(visit: Visit) -> list[Tab]:
    """The ways that are open to who asks."""
    return [tab for tab in TABS if visit.is_signed_in and visit.may(tab.role)]
