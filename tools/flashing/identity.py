"""Without this file two pendants could be told apart by nobody: who a board is, and whether it keeps its key."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from tools.flashing.state import State, next_boot

_KEY_BYTES = 16


@dataclass(frozen=True)
class Wishes:
    """What the installer wants a board to be."""

    role: str
    site: str
    channel: int
    language: str
    gateway: str = ""
    name: str = ""
    room: str = ""
    new_key: bool = False


@dataclass(frozen=True)
class Identity:
    """Who a board will be. what: "kept", "new_identity" or "new_key"; why: the reason for a new key."""

    fields: dict[str, Any]
    boot: int
    what: str
    why: str = ""

    @property
    def key(self) -> str:
        """32 hex digits; "" on a bridge."""
        return str(self.fields.get("key", ""))

    def text(self) -> bytes:
        """As it stands on the board, in identity.json."""
        return json.dumps(self.fields).encode()


def decide(mac: bytes, board: str, wishes: Wishes, state: State | None, *, was_unreadable: bool) -> Identity:
    """Give a board its identity: the id is its MAC; the key is kept if it can be kept safely and nobody wants another.

    was_unreadable: it has been flashed before, but could not be read.
    """
    fields = {
        "id": mac.hex(),
        "site": wishes.site,
        "role": wishes.role,
        "board": board,
        "channel": wishes.channel,
        "language": wishes.language,
    }
    if wishes.gateway:
        fields["gateway"] = wishes.gateway
    boot = next_boot(state)
    old = state.identity if state else None
    if wishes.role == "bridge":
        return Identity(fields, boot, "kept" if old and old["id"] == mac.hex() else "new_identity")
    is_same = bool(old and old["id"] == mac.hex() and len(str(old.get("key", ""))) == 2 * _KEY_BYTES)
    if is_same and old and state and state.boot is not None and not wishes.new_key:
        return Identity({**fields, "key": old["key"]}, boot, "kept")
    fields["key"] = secrets.token_hex(_KEY_BYTES)
    if is_same or was_unreadable:
        return Identity(fields, boot, "new_key", "why_asked" if is_same and wishes.new_key else "why_unread")
    return Identity(fields, boot, "new_identity")
