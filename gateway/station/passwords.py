"""Without this file a copied list of users would be a list of passwords.

scrypt (RFC 7914) with N = 2^13, r = 8, p = 10: one of the equivalent settings that OWASP names; it takes 8 MB at a
time, which a box of 512 MB has. A hash carries its parameters, so that they can grow and old hashes stay good.
"""

import hashlib
import hmac
import secrets

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 200
_N, _R, _P = 2**13, 8, 10
_SALT_SIZE = 16
_SIZE = 32
_MEMORY_BYTES = 64 * 1024 * 1024
_MOST_N, _MOST_R, _MOST_P = 2**16, 8, 16  # a list with more was not written by us, and would eat the machine


def make_hash(password: str) -> str:
    """`scrypt$N$r$p$salt$hash`. Takes a tenth of a second and more: call it off the loop."""
    salt = secrets.token_bytes(_SALT_SIZE)
    return f"scrypt${_N}${_R}${_P}${salt.hex()}${_derive(password, salt, _N, _R, _P).hex()}"


def hash_of_nobody() -> str:
    """A hash that no password has and that takes as long to try as any other."""
    return f"scrypt${_N}${_R}${_P}${secrets.token_hex(_SALT_SIZE)}${secrets.token_hex(_SIZE)}"


def is_right(password: str, kept: str) -> bool:
    """Whether this is the password of a hash; takes as long as making one. False for a hash that cannot be read."""
    parts = _parts(kept)
    if parts is None:
        return False
    n, r, p, salt, wanted = parts
    return hmac.compare_digest(_derive(password, salt, n, r, p), wanted)


def is_hash(kept: str) -> bool:
    """Whether a text is a hash that `is_right` would try."""
    return _parts(kept) is not None


def _parts(kept: str) -> tuple[int, int, int, bytes, bytes] | None:
    try:
        name, n_text, r_text, p_text, salt, wanted = kept.split("$")
        n, r, p = int(n_text), int(r_text), int(p_text)
        is_ours = name == "scrypt" and 1 < n <= _MOST_N and 0 < r <= _MOST_R and 0 < p <= _MOST_P and n & (n - 1) == 0
        return (n, r, p, bytes.fromhex(salt), bytes.fromhex(wanted)) if is_ours else None
    except ValueError:
        return None


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY_BYTES, dklen=_SIZE)
