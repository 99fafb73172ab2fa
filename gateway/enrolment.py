"""Without this file a new pendant would need somebody at the gateway: `enrol` over MQTT, sealed by a desk.

Only a desk whose public key stands at the gateway may enrol (no desk, no enrolment); a box is taken once, and none that
is older than the newest taken for that pendant: a recorded one brings back neither a stolen pendant nor an old key.
"""

import asyncio
import json
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway import enrol, sealed_boxes, tables
from gateway.clock import Clock
from gateway.config import refuse_open_secret
from gateway.errors import (
    NO_DESKS,
    NO_TIME,
    OTHER_PENDANT,
    TAKEN_BEFORE,
    TOO_OLD,
    CommandRefused,
    NotNow,
    SetUpError,
)
from gateway.keys import replace_file
from gateway.own import OwnEvents
from gateway.registry import Registry
from gateway.sealed_record import NotOpened, Opened, unseal
from gateway.store import Store

KEY_NAME = "enrol.key"  # in data_dir; the private half of what the status tells as enrol_key
ENROLLED = "tiexin.pendant.enrolled"
AHEAD_MOST_S = 3_600  # a desk's clock may be wrong by so much
_MOST_DESKS = 100


class Enrolment:
    """Takes sealed records. Files are read and written off the loop."""

    def __init__(
        self, *, data_dir: Path, desks_file: Path | None, pendants_file: Path, registry: Registry, store: Store,
        own: OwnEvents, clock: Clock,
    ) -> None:  # fmt: skip
        self._data_dir = data_dir
        self._desks_file = desks_file
        self._pendants_file = pendants_file
        self._registry = registry
        self._store = store
        self._own = own
        self._clock = clock
        self._writing = asyncio.Lock()
        self.public_key: str | None = None  # what a desk seals for, 64 hex digits; None while none may enrol here

    async def prepare(self) -> None:
        """Make the key, if desks may enrol here. SetUpError if it cannot be made or read."""
        if self._desks_file is not None:
            key = await asyncio.to_thread(own_key, self._data_dir)
            self.public_key = key.public_key().public_bytes_raw().hex()

    async def do(self, name: str, pendant: str, sealed: str) -> dict[str, Any]:
        """Do an `enrol`; name is the command's id. CommandRefused says what stands in the way."""
        if self._desks_file is None:
            text = "this gateway takes no pendants over MQTT; name the desks it trusts: [pendants] desks"
            raise CommandRefused(NO_DESKS, text)
        now_s = self._clock.unix_s()
        if not now_s:
            raise NotNow(NO_TIME, "the gateway does not know the time yet, and cannot say how old this is")
        async with self._writing:
            opened = await asyncio.to_thread(self._open, sealed)
            if str(opened.record.get("id")) != pendant:
                raise CommandRefused(OTHER_PENDANT, f"the record inside is not that of {pendant}")
            await self._refuse_old(bytes.fromhex(pendant), opened, now_s)
            verdict = await asyncio.to_thread(self._enrol, opened)
            return await self._finish(name, pendant, opened, verdict, now_s)

    def _open(self, sealed: str) -> Opened:
        assert self._desks_file
        try:
            return unseal(sealed, own_key(self._data_dir), read_desks(self._desks_file))
        except NotOpened as fault:
            raise CommandRefused(fault.reason, str(fault)) from None

    async def _refuse_old(self, pendant: bytes, opened: Opened, now_s: int) -> None:
        if not now_s - sealed_boxes.GOOD_FOR_S < opened.sealed_s < now_s + AHEAD_MOST_S:
            text = "it was sealed over seven days ago, or by a desk whose clock is wrong; seal it again"
            raise CommandRefused(TOO_OLD, text)
        if opened.sealed_s <= await self._store.read(partial(sealed_boxes.newest, pendant=pendant)):
            text = "a record of this pendant that was sealed later, or this one, has been taken before"
            raise CommandRefused(TAKEN_BEFORE, text)

    def _enrol(self, opened: Opened) -> str:
        store = self._data_dir / "store.db"
        try:
            return enrol.take("the record", opened.record, self._pendants_file, store=store, is_newer_only=True)
        except enrol.WrongRecord as fault:
            raise CommandRefused(fault.reason, str(fault)) from None

    async def _finish(self, name: str, pendant: str, opened: Opened, verdict: str, now_s: int) -> dict[str, Any]:
        """The list has it. Remember the box, reply and tell, in one transaction."""
        self._registry.refresh()
        reply = {"id": name, "status": "done", "result": verdict, "desk": opened.desk}

        def keep(db: sqlite3.Connection) -> None:
            sealed_boxes.note_taken(db, bytes.fromhex(pendant), opened.sealed_s, now_s)
            tables.finish_command(db, name, json.dumps(reply))

        told = self._own.make(ENROLLED, pendant, {"result": verdict, "desk": opened.desk})
        await self._store.do(keep, event=told)
        return reply


def own_key(data_dir: Path) -> X25519PrivateKey:
    """The gateway's own key; made the first time. SetUpError if its file cannot be read or made."""
    path = data_dir / KEY_NAME
    try:
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            replace_file(path, X25519PrivateKey.generate().private_bytes_raw().hex() + "\n")
        refuse_open_secret(path)
        return X25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii").strip()))
    except OSError as fault:
        raise SetUpError(
            f"{path}: cannot be read or made ({fault.strerror}); give the gateway's user access."
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise SetUpError(f"{path}: is no key; delete it, the gateway makes another (tell the desks).") from None


def read_desks(path: Path) -> dict[bytes, str]:
    """The desks that may enrol: a line each, 64 hex digits and a name. SetUpError names the line that is wrong."""
    try:
        others_may_write = path.stat().st_mode & 0o022
        lines = path.read_text("utf-8-sig").splitlines()  # with or without an editor's mark
    except (OSError, UnicodeDecodeError) as fault:
        raise SetUpError(f"{path}: the list of desks cannot be read ({fault}).") from None
    if others_may_write:
        raise SetUpError(f"{path}: others may write it, and so enrol; run: chmod 644 {path}")
    desks = {}
    for number, line in enumerate(lines, 1):
        words = line.split("#")[0].split(maxsplit=1)
        if words:
            desks[_desk_key(path, number, words[0])] = words[1].strip()[:64] if len(words) > 1 else f"desk {number}"
    if len(desks) > _MOST_DESKS:
        raise SetUpError(f"{path}: has more than {_MOST_DESKS} desks; remove those that are not in use.")
    return desks


def _desk_key(path: Path, number: int, word: str) -> bytes:
    try:
        key = bytes.fromhex(word)
        Ed25519PublicKey.from_public_bytes(key)
    except ValueError:
        raise SetUpError(f"{path}, line {number}: is no desk's key; write what tools.seal_record printed.") from None
    return key
