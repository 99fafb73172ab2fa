"""Without this file a new pendant's key could reach the gateway only on a stick: the record of a flash, sealed.

A desk signs the record (Ed25519) and encrypts it for one gateway (HPKE, RFC 9180: X25519, HKDF-SHA256, AES-256-GCM).
The broker and the platform carry it and can neither read it nor make one; what is inside names the gateway it is for
and when it was sealed. SECURITY.md says what that buys and what not.
"""

import base64
import json
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_INFO = b"tiexin-enrol-1"
_SIGNED = b"tiexin-enrol-1 signed by a desk\x00"
_SIGNATURE_SIZE = 64
_KEY_SIZE = 32


SHUT, STRANGE_DESK, WRONG_SEAL, PASSED_ON = "shut", "strange_desk", "wrong_seal", "passed_on"


class NotOpened(ValueError):
    """The box is not for us, or not from a desk that we trust; the text says which, `reason` says it for programs."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Opened(NamedTuple):
    """What was in a box."""

    record: dict[str, Any]
    sealed_s: int  # unix seconds, by the desk's clock
    desk: str


def seal(record: dict[str, Any], gateway: bytes, desk: Ed25519PrivateKey, sealed_s: int) -> str:
    """The record as an `enrol` command carries it. gateway: the 32 bytes that its status tells as enrol_key."""
    inside = {"for": gateway.hex(), "sealed_s": sealed_s, "record": record}
    content = json.dumps(inside, ensure_ascii=False, separators=(",", ":")).encode()
    signed = desk.public_key().public_bytes_raw() + desk.sign(_SIGNED + content) + content
    box = _SUITE.encrypt(signed, X25519PublicKey.from_public_bytes(gateway), info=_INFO)
    return base64.urlsafe_b64encode(box).decode().rstrip("=")


def unseal(sealed: str, key: X25519PrivateKey, desks: dict[bytes, str]) -> Opened:
    """Open a box; desks: the public keys that may sign, and their names. NotOpened says why not."""
    try:
        box = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        signed = _SUITE.decrypt(box, key, info=_INFO)
    except (ValueError, InvalidTag):
        text = "it does not open: sealed for another gateway, or damaged; seal it for this enrol_key"
        raise NotOpened(SHUT, text) from None
    desk, signature = signed[:_KEY_SIZE], signed[_KEY_SIZE : _KEY_SIZE + _SIGNATURE_SIZE]
    content = signed[_KEY_SIZE + _SIGNATURE_SIZE :]
    if desk not in desks:
        text = "it was sealed by a desk that this gateway does not trust; name its key among [pendants] desks"
        raise NotOpened(STRANGE_DESK, text)
    try:
        Ed25519PublicKey.from_public_bytes(desk).verify(signature, _SIGNED + content)
        inside = json.loads(content)
        opened = Opened(dict(inside["record"]), int(inside["sealed_s"]), desks[desk])
        is_ours = inside["for"] == key.public_key().public_bytes_raw().hex()
    except (InvalidSignature, ValueError, KeyError, TypeError):
        raise NotOpened(WRONG_SEAL, "its signature does not hold, or it is of another version; seal it again") from None
    if not is_ours:
        raise NotOpened(PASSED_ON, "it was signed for another gateway and passed on; seal it for this one")
    return opened
