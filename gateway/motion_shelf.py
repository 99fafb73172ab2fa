"""Without this file the pages would not know which alarms have a picture of the motion, nor when it has come.

The windows themselves lie in the store; here is only which cases have one.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from gateway import motion_store
from gateway.store import Store
from shared import gateway_frames


class MotionShelf:
    """Which cases have a window. All of it runs in the event loop."""

    def __init__(self, store: Store, tell: Callable[[str], None]) -> None:
        self._store = store
        self._tell = tell  # a case's id: something about it has changed
        self._cases: OrderedDict[str, None] = OrderedDict()

    async def load(self) -> None:
        """After a start."""
        for case_id in await self._store.read(motion_store.cases):
            self._add(case_id)

    def kept(self, pendant: bytes, boot: int, seq: int) -> None:
        """The window of that fall is on disk."""
        event = str(gateway_frames.event_id(pendant, boot, seq))

        def found(outcome: object) -> None:
            if isinstance(outcome, str):
                self._add(outcome)
                self._tell(outcome)

        self._store.ask(partial(motion_store.case_of, event=event), found)

    def has(self, case_id: str) -> bool:
        """Whether there is something to look at."""
        return case_id in self._cases

    async def of_case(self, case_id: str) -> motion_store.Kept | None:
        """The newest window of a case."""
        try:
            found = await self._store.read(partial(motion_store.of_cases, ids=[case_id]))
        except sqlite3.Error:
            return None
        return found[-1][1] if found else None

    def _add(self, case_id: str) -> None:
        self._cases[case_id] = None
        self._cases.move_to_end(case_id)
        while len(self._cases) > motion_store.MOST:
            self._cases.popitem(last=False)
