"""What this board is, and being it for ever; without this file a crash would be the end.

A crash is written to the log on flash and resets the board. After three crashes in a row a pendant begins in safe mode,
in which only what cannot be done without runs: button, beats, flashing. An hour without a crash clears the count.
"""

import gc
import sys
import time

import machine

import firmware
from firmware.fixed import Values

CRASHES_PATH = "crashes"
SAFE_AFTER = 3
_TIDY_BYTES = 16_384  # while modules are loaded: rubbish between them would tear the heap into pieces
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
    me = who_am_i()
    crashes = read_crashes()
    if machine.reset_cause() == machine.WDT_RESET:
        crashes += 1  # it hung: nobody was left to write it down
        write_crashes(crashes)
    if me.role == "bridge":
        from firmware.bridge.run import run as run_bridge

        run_bridge(me, machine, crashes, forget_crashes)
    else:
        life = life_of(me, crashes)
        while True:
            life.turn()


def who_am_i():
    """The identity, without the code that reads it: a pendant has no heap for what only a start needs."""
    from firmware import identity

    me = Values()
    for name, value in identity.load().__dict__.items():
        setattr(me, name, value)
    _let_go("identity")
    return me


def life_of(me, crashes):
    """A pendant, ready for its first turn."""
    gc.threshold(_TIDY_BYTES)
    board_module = __import__("firmware.boards." + me.board, None, None, ("Board",))
    from firmware.pendant.run import Life
    from firmware.radio import Radio

    life = Life(me, board_module, machine, Radio, crashes, crashes >= SAFE_AFTER, forget_crashes)
    _let_go("config")
    gc.threshold(-1)
    return life


def _let_go(name):
    """A part of the firmware that only a start needs gives its memory back; who imports it later loads it anew."""
    sys.modules.pop("firmware." + name, None)
    if hasattr(firmware, name):
        delattr(firmware, name)
    gc.collect()


def main():
    """Run; whatever goes wrong is written down and ends in a reset."""
    try:
        run()
    except KeyboardInterrupt:
        machine.WDT(timeout=_DEVELOPER_MS)  # somebody is at the cable: leave time to flash
        raise
    except Exception as error:
        _log(error, is_crash=not _is_bare(error))
        if _is_bare(error):
            raise  # the tool that flashes it reads this
        crashes = read_crashes() + 1
        write_crashes(crashes)
        _be_patient(crashes)
        machine.reset()


def _is_bare(error):
    """True if nobody has told this board who it is; its identity is still loaded then."""
    identity = sys.modules.get("firmware.identity")
    return identity is not None and isinstance(error, identity.IdentityError)


def _be_patient(crashes):
    """Safe mode crashes too: go on trying, but spare the flash, which every crash writes to, and the battery."""
    if crashes > SAFE_AFTER:
        machine.WDT(timeout=_DEVELOPER_MS)
        time.sleep_ms(min(crashes - SAFE_AFTER, _PAUSES_MOST) * _PAUSE_MS)


def _log(error, is_crash):
    """The log is loaded when it is needed: by then what has crashed has let go of its memory."""
    gc.collect()
    try:
        from firmware import logring

        text = logring.text_of(error) if is_crash else str(error)
        logring.write(text)
        if is_crash:
            print(text)  # the tool that has just updated this board listens, and takes the update back
    except Exception:
        pass  # flash itself is spoilt: the reset that follows matters more
