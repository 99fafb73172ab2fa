"""The last words of a crashed board, on flash and bounded; without it a crash in the field would leave no trace.

Two files of half the size: when the newer one is full it becomes the older one, and what was older goes.
"""

import io
import os
import sys

_PATH = "crash.log"
_OLD_PATH = "crash.old"
_HALF_BYTES = 2_048
_ENTRY_BYTES = 700  # a traceback of a dozen frames; the end of it matters most


def write(text, path=_PATH, old_path=_OLD_PATH):
    """Append one entry. Never raises: it is called when things are bad already."""
    try:
        if _size(path) + len(text) > _HALF_BYTES:
            os.rename(path, old_path)
    except OSError:
        pass  # there is no newer file yet
    try:
        with open(path, "a") as file:
            file.write(text[-_ENTRY_BYTES:])
            file.write("\n")
    except OSError:
        pass  # flash is full or broken: the reset that follows matters more


def read(path=_PATH, old_path=_OLD_PATH):
    """Everything that is kept, oldest first."""
    text = ""
    for name in (old_path, path):
        try:
            with open(name) as file:
                text += file.read()
        except OSError:
            continue
    return text


def text_of(error):
    """The traceback of an exception, on either Python."""
    print_exception = getattr(sys, "print_exception", None)
    if print_exception is None:
        import traceback

        return "".join(traceback.format_exception(error))
    text = io.StringIO()
    print_exception(error, text)
    return text.getvalue()


def _size(path):
    return os.stat(path)[6]
