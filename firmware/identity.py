"""Who this board is, as tools/flash.py wrote it; without it a pendant could not be told from its neighbour."""

import json
import os
from binascii import hexlify, unhexlify

IDENTITY_FILE = "identity.json"
ROLES = ("pendant", "bridge")


class IdentityError(ValueError):
    """The identity is missing or spoilt; the text says what to do."""


class Identity:
    """id: 6 bytes, key: 16 bytes (b"" on a bridge), and site, role, board, channel, language."""

    def __init__(self, fields):
        self.role = fields["role"]
        self.board = fields["board"]
        self.site = fields.get("site", "home")
        self.language = fields.get("language", "zh")
        self.channel = fields["channel"]
        self.id = unhexlify(fields["id"])
        self.key = unhexlify(fields.get("key", ""))
        if self.role not in ROLES:
            raise ValueError("role {!r} is not one of pendant, bridge".format(self.role))
        if len(self.id) != 6:
            raise ValueError("an id has 12 hex digits")
        if self.role == "pendant" and len(self.key) != 16:
            raise ValueError("a key has 32 hex digits")
        if not 1 <= self.channel <= 13:
            raise ValueError("a channel is a number from 1 to 13")


def load(path=IDENTITY_FILE):
    """Read the identity; IdentityError with the remedy if it cannot be used."""
    try:
        with open(path) as file:
            return Identity(json.load(file))
    except OSError:
        raise IdentityError("{} is not there: flash this board again".format(path))
    except (KeyError, ValueError, TypeError) as error:
        raise IdentityError("{} is spoilt ({}): flash this board again".format(path, error))


def write_key(key, path=IDENTITY_FILE):
    """Put another key in the place of ours: whole or not at all, whenever the power goes. OSError if flash refuses."""
    with open(path) as file:
        fields = json.load(file)
    fields["key"] = hexlify(key).decode()
    with open(path + ".new", "w") as file:
        json.dump(fields, file)
    os.rename(path + ".new", path)
