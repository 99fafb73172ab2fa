"""Without this file an export on a stick would be a bunch of keys for whoever finds it.

A stream under a passphrase: scrypt makes the key, AES-256-GCM seals chunks of 64 KiB. A chunk's nonce is its number and
whether it is the last (the STREAM construction): chunks that are missing, exchanged, added or cut off are noticed. The
key is the passphrase's and a fresh salt's: no two exports share one. Memory: two chunks, however long the stream.
"""

import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway.errors import SetUpError

LEAST_PASSPHRASE = 12
CHUNK_BYTES = 64 * 1024
_MAGIC = b"tiexin-export-1\n"
_SALT_SIZE = 16
_TAG_SIZE = 16
_COST = 2**15  # 32 MB and a moment on a small computer


class Sealer:
    """A file to write to; what comes out goes into `to`. It is whole only after close()."""

    def __init__(self, to: BinaryIO, passphrase: str) -> None:
        salt = os.urandom(_SALT_SIZE)
        self._to = to
        self._head = _MAGIC + salt
        self._cipher = _cipher(passphrase, salt)
        self._pending = bytearray()
        self._number = 0
        to.write(self._head)

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        self._pending += data
        while len(self._pending) > CHUNK_BYTES:  # the last chunk is kept back: it is marked as such
            self._put(bytes(self._pending[:CHUNK_BYTES]), is_last=False)
            del self._pending[:CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        """Seal the rest, as the end."""
        self._put(bytes(self._pending), is_last=True)
        self._pending.clear()

    def _put(self, chunk: bytes, *, is_last: bool) -> None:
        self._to.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), chunk, self._head))
        self._number += 1


class Opener:
    """A file to read from. SetUpError for another passphrase and for a stream that was damaged or cut off."""

    def __init__(self, source: BinaryIO, passphrase: str, name: str) -> None:
        self._source = source
        self._name = name
        self._head = source.read(len(_MAGIC) + _SALT_SIZE)
        if not self._head.startswith(_MAGIC) or len(self._head) != len(_MAGIC) + _SALT_SIZE:
            raise SetUpError(f"{name}: is not an export of a gateway (of this version); name another file.")
        self._cipher = _cipher(passphrase, self._head[len(_MAGIC) :])
        self._number = 0
        self._ahead = source.read(CHUNK_BYTES + _TAG_SIZE)
        self._open = b""
        self._is_done = False

    def read(self, size: int) -> bytes:
        """So many bytes, fewer only at the end."""
        parts: list[bytes] = []
        while size > 0 and (self._open or not self._is_done):
            if not self._open:
                self._next()
            parts.append(self._open[:size])
            self._open = self._open[size:]
            size -= len(parts[-1])
        return b"".join(parts)

    def _next(self) -> None:
        chunk, self._ahead = self._ahead, self._source.read(CHUNK_BYTES + _TAG_SIZE)
        is_last = not self._ahead
        try:
            self._open = self._cipher.decrypt(_nonce(self._number, is_last=is_last), chunk, self._head)
        except (InvalidTag, ValueError):
            if self._number == 0:
                said = "does not open with this passphrase, or was damaged; try the passphrase again"
            else:
                said = "was damaged or cut off; copy it again from where it was made"
            raise SetUpError(f"{self._name}: {said}.") from None
        self._number += 1
        self._is_done = is_last


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    secret = passphrase.encode()
    if len(secret) < LEAST_PASSPHRASE:
        raise SetUpError(f"A passphrase has at least {LEAST_PASSPHRASE} characters; choose a longer one.")
    return AESGCM(Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(secret))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((is_last,))
