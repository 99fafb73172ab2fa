"""Power-on: find out what this board is, and be it for ever; without this file a board would wait for somebody to type.

A crash is written to the log on flash and resets the board. After three crashes in a row a pendant begins in safe mode,
in which only what cannot be done without runs: button, beats, flashing. An hour without a crash clears the count.
"""

import os
import sys
import time

import machine


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

from firmware import identity, logring

CRASHES_PATH = "crashes"
SAFE_AFTER = 3
_PAUSE_MS = 10_000
_PAUSES_MOST = 30  # five minutes
_DEVELOPER_MS = 600_000  # the watchdog cannot be stopped, only told to wait


def read_crashes():
    """How often in a row the firmware has crashed."""
    try:
        with open(CRASHES_PATH) as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def write_crashes(number):
    """Remember it; a flash that cannot must not stop the reset."""
    try:
        with open(CRASHES_PATH, "w") as file:
            file.write(str(number))
    except OSError:
        pass


def forget_crashes():
    """It has been well for long enough."""
    write_crashes(0)


def run():
    """Be a pendant or a bridge. Returns only by an exception."""
    me = identity.load()
    crashes = read_crashes()
    if machine.reset_cause() == machine.WDT_RESET:
        crashes += 1  # it hung: nobody was left to write it down
        write_crashes(crashes)
    if me.role == "bridge":
        from firmware.bridge.run import run as run_bridge

        run_bridge(me, machine)
    else:
        life = life_of(me, crashes)
        while True:
            life.turn()


def life_of(me, crashes):
    """A pendant, ready for its first turn."""
    board_module = __import__("firmware.boards." + me.board, None, None, ("Board",))
    from firmware.pendant.run import Life
    from firmware.radio import Radio

    return Life(me, board_module, machine, Radio, crashes, crashes >= SAFE_AFTER, forget_crashes)


def main():
    """Run; whatever goes wrong is written down and ends in a reset."""
    try:
        run()
    except KeyboardInterrupt:
        machine.WDT(timeout=_DEVELOPER_MS)  # somebody is at the cable: leave time to flash
        raise
    except identity.IdentityError as error:
        logring.write(str(error))
        raise  # a bare board: the tool that flashes it reads this
    except Exception as error:
        logring.write(logring.text_of(error))
        crashes = read_crashes() + 1
        write_crashes(crashes)
        _be_patient(crashes)
        machine.reset()


def _be_patient(crashes):
    """Safe mode crashes too: go on trying, but spare the flash, which every crash writes to, and the battery."""
    if crashes > SAFE_AFTER:
        machine.WDT(timeout=_DEVELOPER_MS)
        time.sleep_ms(min(crashes - SAFE_AFTER, _PAUSES_MOST) * _PAUSE_MS)


if __name__ == "__main__":
    main()
