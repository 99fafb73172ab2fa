"""Without this file the platform could answer a pendant, but not find, test, configure, re-key, enrol or disown one.

The commands that are about a pendant: locate, test, configure, rotate-key, revoke, enrol. Their form was checked
before (command_fields.py); what else stands in the way is the reason in the reply.
"""

import json
from typing import Any

from gateway import tables
from gateway.clock import Clock
from gateway.command_fields import ENROL, REVOKE, VERBS, Command
from gateway.enrolment import Enrolment
from gateway.errors import (
    NO_FILE,
    NO_TIME,
    REVOKED,
    ROTATING,
    TOO_LONG,
    UNKNOWN_PENDANT,
    CommandRefused,
    NotNow,
    SetUpError,
)
from gateway.keyring import Keyring
from gateway.registry import Pendant, Registry
from gateway.store import Store
from shared import frames, words

Reply = dict[str, Any]


class PendantCommands:
    """Does each command once: the reply is committed together with what it asks for."""

    def __init__(
        self, *, registry: Registry, keyring: Keyring, enrolment: Enrolment, store: Store, clock: Clock
    ) -> None:
        self._registry = registry
        self._keyring = keyring
        self._enrolment = enrolment
        self._store = store
        self._clock = clock

    async def do(self, name: str, command: Command) -> Reply:
        """Do a command; name is its id. CommandRefused says what stands in the way."""
        kind = command["command"]
        try:
            if kind == ENROL:
                return await self._enrolment.do(name, command["pendant"], command["sealed"])
            pendant = self._pendant(command)
            if kind == REVOKE:
                return await self._revoke(name, pendant)
            return await self._order(name, pendant, VERBS[kind], command)
        except SetUpError as fault:
            raise NotNow(NO_FILE, str(fault)) from None  # a file that cannot be written: somebody will mend that

    async def _order(self, name: str, pendant: Pendant, verb: int, command: Command) -> Reply:
        if pendant.is_revoked:
            raise CommandRefused(REVOKED, f"{pendant.id.hex()} is revoked")
        unix_s = self._clock.unix_s()
        if not unix_s:
            raise NotNow(NO_TIME, "the gateway does not know the time yet, and commands are numbered by it")
        if verb == words.ROTATE_KEY and self._keyring.is_rotating(pendant):
            raise CommandRefused(ROTATING, "a new key is under way to this pendant already")
        argument = _settings(command) if verb == words.CONFIGURE else b""
        reply: Reply = {"id": name, "status": "done"}

        def finish(db: Any, number: int) -> None:
            reply["number"] = number
            tables.finish_command(db, name, json.dumps(reply))

        await self._keyring.order(pendant.id, verb, argument, unix_s, finish)
        return reply

    async def _revoke(self, name: str, pendant: Pendant) -> Reply:
        reply: Reply = {"id": name, "status": "done"}
        await self._keyring.revoke(pendant.id, lambda db: tables.finish_command(db, name, json.dumps(reply)))
        return reply

    def _pendant(self, command: Command) -> Pendant:
        pendant = self._registry.get(bytes.fromhex(command["pendant"]))
        if pendant is None:
            raise CommandRefused(UNKNOWN_PENDANT, f"{command['pendant']} is not a pendant of this gateway")
        return pendant


def _settings(command: Command) -> bytes:
    settings = {name: int(value) for name, value in command["settings"].items()}
    packed = json.dumps(settings, separators=(",", ":")).encode()
    if len(packed) > int(frames.LONGEST_ARGUMENT_SIZE):
        text = f"settings of {len(packed)} bytes; one command carries {frames.LONGEST_ARGUMENT_SIZE}"
        raise CommandRefused(TOO_LONG, text)
    return packed
