"""Without this file a page could exist that nobody serves: every part of the station, and the tables of its book.

A new part is a module with ROUTES, a line here, and a line in tabs.py if it is to be found from every page.
"""

from gateway.station import (
    board_pages,
    case_pages,
    door_pages,
    enrol_pages,
    events_page,
    history,
    installer_pages,
    monitor_pages,
    motion_page,
    probe_page,
    service_pages,
    sessions,
    walk_pages,
    wearer_pages,
)

PARTS = (
    door_pages.ROUTES,
    events_page.ROUTES,
    board_pages.ROUTES,
    case_pages.ROUTES,
    service_pages.ROUTES,
    wearer_pages.ROUTES,
    motion_page.ROUTES,
    monitor_pages.ROUTES,
    installer_pages.ROUTES,
    enrol_pages.ROUTES,
    walk_pages.ROUTES,
    probe_page.ROUTES,
)
SCHEMAS = (sessions.SCHEMA, history.SCHEMA)
