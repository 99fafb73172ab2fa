"""Without this file a carer could not see whether a pendant is well, only that it has not complained."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from gateway.clock import Clock, rfc3339
from gateway.events import flags
from gateway.registry import Pendant
from gateway.topics import Topics
from shared import frames, words

_REFRESH_MS = 30_000  # a pendant that polls every 2 s changes its state no oftener than this


class Presence:
    """The last known state of each pendant, retained at the broker."""

    def __init__(
        self,
        *,
        clock: Clock,
        topics: Topics,
        common: dict[str, str],
        run: str,
        put_state: Callable[[str, Callable[[], bytes]], None],
    ) -> None:
        self._clock = clock
        self._topics = topics
        self._common = common
        self._run = run  # makes ids unique: this gateway, this start
        self._put_state = put_state
        self._states: dict[bytes, dict[str, Any]] = {}
        self._told_ms: dict[bytes, int] = {}
        self._number = 0

    def heard(self, pendant: Pendant, rssi_dbm: int, kind: int, said: Any) -> None:
        """A pendant was heard; said is its Event, Beat or Poll."""
        state = self._states.setdefault(pendant.id, {"boot": None})
        now_ms = self._clock.stamp_ms()
        state["rssi_dbm"] = rssi_dbm
        offset_ms = self._clock.offset_ms()
        state["last_seen"] = None if offset_ms is None else rfc3339(now_ms + offset_ms)
        if kind == words.POLL:
            if now_ms - self._told_ms.get(pendant.id, -_REFRESH_MS) < _REFRESH_MS:
                return
        else:
            state["boot"] = said.boot
        if kind == words.BEAT:
            state.update(_of_beat(said))
        self._told_ms[pendant.id] = now_ms
        name = pendant.id.hex()
        self._put_state(self._topics.state(name), partial(self._render, name, state))

    def _render(self, pendant: str, state: dict[str, Any]) -> bytes:
        self._number += 1
        event = {
            "specversion": "1.0",
            "id": f"{self._run}-state-{self._number}",
            "source": f"/pendants/{pendant}",
            "type": "tiexin.pendant.state",
            "subject": pendant,
            "datacontenttype": "application/json",
            **self._common,
            "data": state,
        }
        if state["last_seen"]:
            event["time"] = state["last_seen"]
        return json.dumps(event, separators=(",", ":")).encode()


def _of_beat(beat: Any) -> dict[str, Any]:
    unknown = frames.PERCENT_UNKNOWN
    return {
        "battery_mv": beat.battery_mv or None,
        "battery_percent": None if beat.battery_percent == unknown else beat.battery_percent,
        **flags(beat.flags),
        "firmware": "{}.{}.{}".format(*beat.firmware),
    }
