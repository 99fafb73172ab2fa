"""What stands around the trip keeps no alarm waiting."""

import asyncio
import threading
from unittest.mock import MagicMock

from gateway import around
from gateway.around import Around
from gateway.station import app


def test_the_pages_are_imported_beside_the_loop(monkeypatch):
    """Half a second on a desk is seconds on a small board, and the line is read by the loop: at every start."""
    imported = []

    def note(name):
        imported.append((name, threading.current_thread() is threading.main_thread()))

    async def serve(*_):
        """No page is needed here."""

    monkeypatch.setattr(around, "import_module", note)
    monkeypatch.setattr(app, "serve", serve)
    made = Around.__new__(Around)
    vars(made).update(dict.fromkeys(("_ground", "_trip", "cases", "motion", "vitals", "probe"), MagicMock()))
    asyncio.run(made.serve_page(MagicMock()))

    assert imported == [(app.__name__, False)]
