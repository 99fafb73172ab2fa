"""Without this file the platform could hear of a fall but not tell the wearer that somebody is coming.

Takes commands, checks every field, does each once, replies, and puts it into the audit. A command is acknowledged to
the broker only after what it asks for has been committed; the same id again gets the same reply, also after a restart.
"""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from gateway import command_fields as fields
from gateway import tables
from gateway.audit import Audit
from gateway.cases import Cases
from gateway.clock import Clock
from gateway.command_fields import Command
from gateway.errors import UNKNOWN_ALARM, UNKNOWN_PENDANT, CommandRefused, NotNow
from gateway.mqtt_session import Inbound
from gateway.pendant_commands import PendantCommands
from gateway.record import event_parts
from gateway.registry import Registry
from gateway.store import Store
from gateway.topics import Topics
from gateway.trace import Trace
from shared import frames, words

Reply = dict[str, Any]


class Commands:
    """What the platform may ask of this gateway."""

    def __init__(
        self, *, store: Store, registry: Registry, cases: Cases, clock: Clock, switch_on: int, topics: Topics,
        about_pendants: PendantCommands, audit: Audit, send_reply: Callable[[str, bytes, bytes | None], bool],
        trace: Trace,
    ) -> None:  # fmt: skip
        self._store = store
        self._registry = registry
        self._cases = cases
        self._clock = clock
        self._switch_on = switch_on
        self._topics = topics
        self._about_pendants = about_pendants
        self._audit = audit
        self._send_reply = send_reply
        self._trace = trace

    async def take(self, message: Inbound) -> None:
        """Do a command and reply to it. Never raises for what is in the message."""
        command = fields.parse(message.payload)
        event = fields.about(command)
        self._trace.step("answer-received", event=event, command=fields.id_of(command))
        reply = await self.ask(command, "platform")
        topic = message.response_topic or _reply_topic(command) or self._topics.reply
        if not fields.TOPIC.fullmatch(topic):
            topic = self._topics.reply
        is_sent = self._send_reply(topic, json.dumps(reply).encode(), message.correlation)
        self._trace.step("replied" if is_sent else "reply-kept", event=event, status=reply["status"])

    async def ask(self, command: Command, actor: str) -> Reply:
        """Do a command, whoever asks; the reply. The same id again is not done again, and not audited again."""
        name = fields.id_of(command)
        try:
            fields.check(command)
            earlier = await self._store.read(lambda db: tables.reply_to(db, name))
            if earlier is not None:
                return dict(json.loads(earlier))
            reply = await self._once(name, command)
        except CommandRefused as fault:
            reply = self._refuse(name, fault)
        except sqlite3.Error as fault:
            reply = _not_now(name, f"the gateway cannot store it now ({fault})")
        except Exception as fault:  # a mistake of ours: whoever asks learns of it, and the next command has its turn
            self._trace.trouble("command", f"{command.get('command')}: {fault!r}; please report this")
            reply = {"id": name, "status": "refused", "reason": "the gateway fails at it; its log says why"}
        self._put_down(actor, command, reply)
        return reply

    async def _once(self, name: str, command: Command) -> Reply:
        """Do it. What was done commits its own reply; every other final reply is remembered here."""
        try:
            if not self._is_expired(command):
                return await self._do(name, command)
            reply: Reply = {"id": name, "status": "expired"}
        except NotNow as fault:
            return {**self._refuse(name, fault), "retry": True}
        except CommandRefused as fault:
            reply = self._refuse(name, fault)
        await self._store.do(lambda db: tables.finish_command(db, name, json.dumps(reply)))
        return reply

    async def _do(self, name: str, command: Command) -> Reply:
        if command["command"] == fields.CLOSE:
            return await self._close(name, command)
        if command["command"] != fields.ANSWER:
            return await self._about_pendants.do(name, command)
        answer = self._answer(command)
        event = command["alarm"]
        alarm = (answer.pendant, answer.boot, answer.seq)
        if not await self._store.read(lambda db: tables.is_known(db, *alarm)):
            raise CommandRefused(UNKNOWN_ALARM, f"{event} was never heard here")
        self._trace.fine("answer-checked", event=event)
        reply = {"id": name, "status": "done"}

        def finish(db: sqlite3.Connection, first: str) -> None:
            if first != answer.by:
                reply["answered_by"] = first
            tables.finish_command(db, name, json.dumps(reply))

        self._trace.fine("answer-storing", event=event)
        await self._cases.take(answer, "platform", finish)
        self._trace.step("answer-stored", event=event)
        return reply

    async def _close(self, name: str, command: Command) -> Reply:
        """What an alarm turned out to be, said by somebody who is not at the station page."""
        reply = {"id": name, "status": "done"}
        await self._cases.close(
            command["alarm"], command["outcome"], command["by"],
            lambda db: tables.finish_command(db, name, json.dumps(reply)),
        )  # fmt: skip
        return reply

    def _refuse(self, name: str, fault: CommandRefused) -> Reply:
        self._trace.step("command-refused", command=name, reason=fault.reason)
        return {"id": name, "status": "refused", "reason": str(fault)}

    def _answer(self, command: Command) -> tables.Answer:
        parts = event_parts(command["alarm"])
        assert parts
        pendant, boot, seq = parts
        if self._registry.get(pendant) is None:
            raise CommandRefused(UNKNOWN_PENDANT, f"{pendant.hex()} is not a pendant of this gateway")
        eta_s = int(command.get("eta_s", frames.ETA_UNKNOWN_S))
        now_ms = self._clock.stamp_ms()
        return tables.Answer(pendant, boot, seq, words.ANSWERED, eta_s, command["by"], self._switch_on, now_ms)

    def _is_expired(self, command: Command) -> bool:
        until_s = fields.expires_s(command)
        now_s = self._clock.unix_s()
        return until_s is not None and 0 < until_s < now_s  # who does not know the time (0) judges nobody late

    def _put_down(self, actor: str, command: Command, reply: Reply) -> None:
        by = command.get("by")
        kind = command.get("command")
        self._audit.note(
            f"{actor}:{by}" if isinstance(by, str) else actor,
            kind if isinstance(kind, str) else "?",
            fields.about(command),
            reply["status"],
            {"id": fields.id_of(command), **_details(command, reply)},
        )


def _details(command: Command, reply: Reply) -> dict[str, Any]:
    """What else belongs into the audit, by name: never what a command has brought sealed."""
    found: dict[str, Any] = {
        name: reply[name] for name in ("reason", "number", "result", "desk", "answered_by") if name in reply
    }
    if "eta_s" in command:
        found["eta_s"] = command["eta_s"]
    if "outcome" in command:
        found["outcome"] = str(command["outcome"])[: fields.MOST_NAME]
    if isinstance(command.get("settings"), dict):
        found["settings"] = json.dumps(command["settings"])
    return found


def _not_now(name: str, reason: str) -> Reply:
    return {"id": name, "status": "refused", "reason": reason, "retry": True}


def _reply_topic(command: Command) -> str | None:
    topic = command.get("reply_to")
    return topic if isinstance(topic, str) and fields.TOPIC.fullmatch(topic) else None
