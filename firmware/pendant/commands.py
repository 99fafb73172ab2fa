"""What a gateway may tell the pendant to do, each once; without it a stolen key would stay good for ever.

A command has a number, larger than that of any before it. The number of the last one that was done is on flash: the
same again is reported done again, an older one is refused. A new key is on flash before anything is sealed with it.
"""

import json
import os

from firmware import config, identity
from shared import words

_PATH = "command"


class Commands:
    """change_key(key), locate() and ask_for_test() do as they say. ``wants_restart``: the settings have changed."""

    def __init__(self, change_key, locate, ask_for_test):
        self._change_key = change_key
        self._locate = locate
        self._ask_for_test = ask_for_test
        self._last = _read_number()
        self.wants_restart = False

    def take(self, command):
        """Do it if it is new; words.DONE or words.REFUSED. Everything here may be done twice without harm."""
        if command.number == self._last:
            return words.DONE
        if command.number < self._last:
            return words.REFUSED
        try:
            self._do(command)
        except (OSError, ValueError, TypeError, AttributeError):  # flash is full, or the argument makes no sense
            return words.REFUSED
        self._last = command.number
        try:
            _replace(_PATH, str(command.number))
        except OSError:
            pass  # it is done, and must not be called refused; forgotten with the power, it is done once more
        return words.DONE

    def _do(self, command):
        if command.verb == words.ROTATE_KEY:
            self._rotate(command.argument)
        elif command.verb == words.CONFIGURE:
            _configure(json.loads(command.argument))
            self.wants_restart = True
        elif command.verb == words.LOCATE:
            self._locate()
        else:
            self._ask_for_test()

    def _rotate(self, key):
        if len(key) != 16:
            raise ValueError("a key has 16 bytes")
        identity.write_key(key)
        self._change_key(key)


def _configure(changes):
    """Add to the settings on flash; SettingError (a ValueError) if one of them is out of range."""
    settings = {}
    try:
        with open(config.SETTINGS_FILE) as file:
            settings = json.load(file)
        config.Settings().change(settings)
    except (OSError, ValueError, TypeError, AttributeError):
        settings = {}  # none yet, or none that could be used: the defaults are in force, and these are the first
    settings.update(changes)
    config.Settings().change(settings)
    _replace(config.SETTINGS_FILE, json.dumps(settings))


def _read_number():
    try:
        with open(_PATH) as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def _replace(path, text):
    """Whole or not at all: littlefs renames in one step."""
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)
