"""Without this file a stolen memory card would be a bunch of keys: the list of pendants, encrypted at rest.

A list is plain JSON lines, or one line of head and one of base64: AES-256-GCM under a key that scrypt makes of a
secret. The secret is a passphrase or any other bytes in a file that is not on the card: named by TIEXIN_REGISTRY_KEY,
or handed over by systemd (LoadCredential=registry-key:PATH). A list stays what it is, plain or encrypted, when it is
rewritten.
"""

import base64
import os
import re
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway.configuration import secret_files
from gateway.errors import SetUpError

KEY_VARIABLE = "TIEXIN_REGISTRY_KEY"
_CREDENTIAL = "registry-key"
_HEAD = "tiexin-registry-1"
_COST = 2**14  # 16 MB and a tenth of a second on a Pi; it is read at the start and after each change
_LEAST_SECRET = 12
_SALT_SIZE = 16
_NONCE_SIZE = 12
_TAG_SIZE = 16


def read_list(path: Path, key_file: Path | None = None) -> str:
    """The list in the clear. OSError and UnicodeDecodeError as from any file; SetUpError if it cannot be opened."""
    text = path.read_text("utf-8-sig")  # with or without an editor's mark
    if not is_locked(text):
        return text
    salt, box = _parts(path, text)
    try:
        return _cipher(_secret(path, key_file), salt).decrypt(box[:_NONCE_SIZE], box[_NONCE_SIZE:], salt).decode()
    except InvalidTag:
        raise SetUpError(f"{path}: does not open with this secret, or was changed; name the right key file.") from None


def read_lines(path: Path, key_file: Path | None = None) -> list[str]:
    """The same, line by line: of newlines alone, for what else ends a line for Unicode may stand in somebody's name."""
    return read_list(path, key_file).split("\n")


def is_locked(text: str) -> bool:
    """Whether this is an encrypted list."""
    return text.startswith(_HEAD)


def lock(path: Path, text: str, key_file: Path | None = None) -> str:
    """The list as it belongs on the card. SetUpError if there is no secret."""
    salt, nonce = os.urandom(_SALT_SIZE), os.urandom(_NONCE_SIZE)
    box = nonce + _cipher(_secret(path, key_file), salt).encrypt(nonce, text.encode(), salt)
    return f"{_HEAD} scrypt {_COST} {salt.hex()}\n{base64.b64encode(box).decode()}\n"


def rewritten(path: Path, text: str, key_file: Path | None = None) -> str:
    """Another text for a list that is there: encrypted if the old one was."""
    return lock(path, text, key_file) if path.exists() and is_locked(path.read_text("utf-8")) else text


def _parts(path: Path, text: str) -> tuple[bytes, bytes]:
    found = re.fullmatch(rf"{_HEAD} scrypt {_COST} ([0-9a-f]{{{2 * _SALT_SIZE}}})\n([A-Za-z0-9+/=]+)\n?", text)
    box = _decoded(found[2]) if found else b""
    if not found or len(box) < _NONCE_SIZE + _TAG_SIZE:
        raise SetUpError(f"{path}: is an encrypted list that was cut off; bring it back from a backup.")
    return bytes.fromhex(found[1]), box


def _decoded(text: str) -> bytes:
    """What base64 says; nothing where it was cut between its groups of four."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _cipher(secret: bytes, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(secret))


def _secret(path: Path, key_file: Path | None) -> bytes:
    named = key_file or _named()
    if named is None:
        raise SetUpError(
            f"{path}: is encrypted; name the file of its passphrase in {KEY_VARIABLE}, or as systemd's credential "
            f"{_CREDENTIAL}."
        )
    try:
        secret_files.refuse_open_secret(named)
        secret = named.read_bytes().strip()
    except OSError as fault:
        raise SetUpError(
            f"{named}: the secret of {path.name} cannot be read ({fault.strerror}); mend the path."
        ) from None
    if len(secret) < _LEAST_SECRET:
        raise SetUpError(f"{named}: a secret has at least {_LEAST_SECRET} characters; write a longer one.")
    return secret


def _named() -> Path | None:
    if os.environ.get(KEY_VARIABLE):
        return Path(os.environ[KEY_VARIABLE])
    folder = secret_files.folder()
    handed = folder / _CREDENTIAL if folder else None
    return handed if handed and handed.exists() else None
