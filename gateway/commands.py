"""Without this file the platform could hear of a fall but not tell the wearer that somebody is coming.

Takes commands, checks every field, does each once, and replies. A command is acknowledged to the broker only after what
it asks for has been committed; the same command again gets the same reply.
"""

import json
import re
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

from gateway import tables
from gateway.cases import Cases
from gateway.clock import Clock
from gateway.errors import CommandRefused as _Wrong
from gateway.mqtt_session import Inbound
from gateway.pendant_commands import NAMES, PendantCommands
from gateway.record import event_parts
from gateway.registry import Registry
from gateway.store import Store
from gateway.topics import Topics
from gateway.trace import Trace
from shared import frames, words

_TOPIC = re.compile(r"[^+#\x00]{1,256}")
_MOST_ID = 128
_MOST_NAME = 64

Reply = dict[str, Any]


class Commands:
    """What the platform may ask of this gateway."""

    def __init__(
        self, *, store: Store, registry: Registry, cases: Cases, clock: Clock, switch_on: int, topics: Topics,
        about_pendants: PendantCommands, send_reply: Callable[[str, bytes, bytes | None], bool], trace: Trace,
    ) -> None:  # fmt: skip
        self._store = store
        self._registry = registry
        self._cases = cases
        self._clock = clock
        self._switch_on = switch_on
        self._topics = topics
        self._about_pendants = about_pendants
        self._send_reply = send_reply
        self._trace = trace

    async def take(self, message: Inbound) -> None:
        """Do a command and reply to it. Never raises for what is in the message."""
        command = _parse(message.payload)
        about = str(command.get("alarm") or command.get("pendant") or "")[:_MOST_ID]
        self._trace.step("answer-received", event=about, command=str(command.get("id", ""))[:_MOST_ID])
        reply = await self._once(command)
        topic = message.response_topic or _reply_topic(command) or self._topics.reply
        is_sent = self._send_reply(topic, json.dumps(reply).encode(), message.correlation)
        self._trace.step("replied" if is_sent else "reply-kept", event=about, status=reply["status"])

    async def _once(self, command: dict[str, Any]) -> Reply:
        try:
            name = _text(command, "id", _MOST_ID)
        except _Wrong as fault:
            return {"id": "", "status": "refused", "reason": str(fault)}
        try:
            earlier = await self._store.read(lambda db: tables.reply_to(db, name))
            if earlier is not None:
                return dict(json.loads(earlier))
            return await self._do(name, command)
        except _Wrong as fault:
            return {"id": name, "status": "refused", "reason": str(fault)}
        except sqlite3.Error as fault:
            return {"id": name, "status": "refused", "reason": f"the gateway cannot store it now ({fault})"}

    async def _do(self, name: str, command: dict[str, Any]) -> Reply:
        kind = command.get("command")
        if kind != "answer" and not (isinstance(kind, str) and kind in NAMES):
            raise _Wrong(f'"command" must be "answer" or one of {", ".join(sorted(NAMES))}')
        if self._is_expired(command):
            return {"id": name, "status": "expired"}
        if kind != "answer":
            return await self._about_pendants.do(name, command)
        answer = self._answer(command)
        about = command["alarm"]
        alarm = (answer.pendant, answer.boot, answer.seq)
        if not await self._store.read(lambda db: tables.is_known(db, *alarm)):
            raise _Wrong(f"{about} was never heard here")
        self._trace.fine("answer-checked", event=about)
        reply = {"id": name, "status": "done"}
        self._trace.fine("answer-storing", event=about)

        def finish(db: sqlite3.Connection, first: str) -> None:
            if first != answer.by:
                reply["answered_by"] = first
            tables.finish_command(db, name, json.dumps(reply))

        await self._cases.take(answer, "platform", finish)
        self._trace.step("answer-stored", event=about)
        return reply

    def _answer(self, command: dict[str, Any]) -> tables.Answer:
        parts = event_parts(_text(command, "alarm", _MOST_ID))
        if not parts:
            raise _Wrong('"alarm" must be the id of the event that is answered')
        pendant, boot, seq = parts
        if self._registry.get(pendant) is None:
            raise _Wrong(f"{pendant.hex()} is not a pendant of this gateway")
        eta_s = command.get("eta_s", frames.ETA_UNKNOWN_S)
        if not isinstance(eta_s, int) or isinstance(eta_s, bool) or not 0 <= eta_s <= frames.ETA_UNKNOWN_S:
            raise _Wrong('"eta_s" must be whole seconds, at most 65534')
        by = _text(command, "by", _MOST_NAME)
        now_ms = self._clock.stamp_ms()
        return tables.Answer(pendant, boot, seq, words.ANSWERED, eta_s, by, self._switch_on, now_ms)

    def _is_expired(self, command: dict[str, Any]) -> bool:
        if command.get("expires") is None:
            return False
        try:
            expires = datetime.fromisoformat(_text(command, "expires", 40))
        except ValueError:
            raise _Wrong('"expires" must be a date like 2026-11-22T13:45:07Z') from None
        if expires.tzinfo is None:
            raise _Wrong('"expires" must say its zone, like a Z at its end')
        now_s = self._clock.unix_s()
        return now_s > 0 and now_s > expires.timestamp()  # who does not know the time judges nobody late


def _parse(payload: bytes) -> dict[str, Any]:
    try:
        command = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return command if isinstance(command, dict) else {}


def _text(command: dict[str, Any], key: str, most: int) -> str:
    value = command.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= most:
        raise _Wrong(f'"{key}" must be a text of 1 to {most} characters')
    return value


def _reply_topic(command: dict[str, Any]) -> str | None:
    topic = command.get("reply_to")
    return topic if isinstance(topic, str) and _TOPIC.fullmatch(topic) else None
