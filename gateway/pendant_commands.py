"""Without this file the platform could answer a pendant, but not find, test, configure, re-key or disown one.

The commands that are about a pendant: locate, test, configure, rotate-key, revoke. Every field is checked here, and
what is wrong with it is the reason in the reply.
"""

import json
from typing import Any

from gateway import tables
from gateway.clock import Clock
from gateway.errors import CommandRefused, SetUpError
from gateway.keyring import Keyring
from gateway.registry import Pendant, Registry
from gateway.store import Store
from shared import frames, words

_VERBS = {name: verb for verb, name in words.VERB_NAMES.items()}
REVOKE = "revoke"
NAMES = frozenset({*_VERBS, REVOKE})

Reply = dict[str, Any]


class PendantCommands:
    """Does each command once: the reply is committed together with what it asks for."""

    def __init__(self, *, registry: Registry, keyring: Keyring, store: Store, clock: Clock) -> None:
        self._registry = registry
        self._keyring = keyring
        self._store = store
        self._clock = clock

    async def do(self, name: str, command: dict[str, Any]) -> Reply:
        """Do a command whose "command" is in NAMES; name is its id. CommandRefused says what is wrong with it."""
        pendant = self._pendant(command)
        try:
            if command["command"] == REVOKE:
                return await self._revoke(name, pendant)
            return await self._order(name, pendant, _VERBS[command["command"]], command)
        except SetUpError as fault:
            raise CommandRefused(str(fault)) from None

    async def _order(self, name: str, pendant: Pendant, verb: int, command: dict[str, Any]) -> Reply:
        if pendant.is_revoked:
            raise CommandRefused(f"{pendant.id.hex()} is revoked")
        unix_s = self._clock.unix_s()
        if not unix_s:
            raise CommandRefused("the gateway does not know the time yet, and commands are numbered by it")
        if verb == words.ROTATE_KEY and self._keyring.is_rotating(pendant):
            raise CommandRefused("a new key is under way to this pendant already")
        argument = _settings(command) if verb == words.CONFIGURE else b""
        reply: Reply = {"id": name, "status": "done"}

        def finish(db: Any, number: int) -> None:
            reply["number"] = number
            tables.finish_command(db, name, json.dumps(reply))

        await self._keyring.order(pendant.id, verb, argument, unix_s, finish)
        return reply

    async def _revoke(self, name: str, pendant: Pendant) -> Reply:
        await self._keyring.revoke(pendant.id)
        reply: Reply = {"id": name, "status": "done"}
        await self._store.do(lambda db: tables.finish_command(db, name, json.dumps(reply)))
        return reply

    def _pendant(self, command: dict[str, Any]) -> Pendant:
        named = command.get("pendant")
        try:
            pendant = self._registry.get(bytes.fromhex(named)) if isinstance(named, str) else None
        except ValueError:
            pendant = None
        if pendant is None:
            raise CommandRefused('"pendant" must be the id of a pendant of this gateway')
        return pendant


def _settings(command: dict[str, Any]) -> bytes:
    settings = command.get("settings")
    if not isinstance(settings, dict) or not settings:
        raise CommandRefused('"settings" must be an object of names and whole numbers')
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in settings.values()):
        raise CommandRefused('"settings" must have whole numbers as values')
    packed = json.dumps(settings, separators=(",", ":")).encode()
    if len(packed) > int(frames.LONGEST_ARGUMENT_SIZE):
        raise CommandRefused(f"settings of {len(packed)} bytes; one command carries {frames.LONGEST_ARGUMENT_SIZE}")
    return packed
