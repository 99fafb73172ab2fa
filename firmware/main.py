"""Power-on: which version of the firmware is in force; without this file a board would wait for somebody to type.

It is the one file that MicroPython takes as source only, compiled anew at each start and each wake: so it is short.
"""

import os
import sys


def _folder_of_update():
    """Where an update stands, or "". tools/flash.py writes the file "slot" last, when all of it is there and proved."""
    try:
        with open("slot") as file:
            folder = file.read()
        os.stat(folder + "/main.py")
    except OSError:
        return ""
    return folder


_folder = _folder_of_update()
if __name__ == "__main__" and _folder and _folder not in sys.path:
    sys.path.insert(0, _folder)
    with open(_folder + "/main.py") as _update:
        exec(_update.read(), {"__name__": "__main__"})  # noqa: S102 - it never returns

from firmware import start

if __name__ == "__main__":
    start.main()
