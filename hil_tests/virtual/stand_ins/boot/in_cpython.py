"""Without this script no board could run where the MicroPython VM has no wheel: it makes CPython stand in for it.

Usage: python in_cpython.py CONTROL-FD EVENTS-FD, in the folder that stands for the flash. Gives the standard
modules what MicroPython's have more (time.sleep_ms, gc.mem_free ...), sets the path, runs main.py; then stays there
with the power on.
"""

import ctypes
import gc
import json
import signal
import struct
import sys
import time
import traceback
import types

_control_fd, _events_fd = int(sys.argv[1]), int(sys.argv[2])
_control = open(_control_fd, "rb")
_told = json.loads(_control.read(struct.unpack(">I", _control.read(4))[0]))
sys.path[0] = _told["stand_ins"]

import host  # noqa: E402
import wire  # noqa: E402

_PR_SET_PDEATHSIG = 1


def _die_with_the_host():
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _micropython_module():
    module = types.ModuleType("micropython")
    module.const = lambda value: value
    module.kbd_intr = lambda character: None
    module.mem_info = module.heap_lock = module.heap_unlock = lambda *_: None
    module.opt_level = lambda *_: 0
    module.alloc_emergency_exception_buf = lambda size: None
    module.schedule = lambda function, argument: function(argument)
    module.native = module.viper = lambda function: function
    return module


class _RealTime:
    """What the stand-in for time needs of the interpreter's own."""

    gmtime = staticmethod(time.gmtime)
    localtime = staticmethod(time.localtime)
    mktime = staticmethod(time.mktime)

    @staticmethod
    def ticks_us():
        return time.monotonic_ns() // 1000

    @staticmethod
    def ticks_diff(end, start):
        return end - start

    @staticmethod
    def sleep_us(us, sleep=time.sleep):
        sleep(us / 1_000_000)


def _give_time_its_ticks():
    """The stand-in's functions become attributes of CPython's time, whose own sleep stays as it is for libraries."""
    source = types.ModuleType("board_time")
    with open(_told["stand_ins"] + "/time.py", encoding="utf-8") as file:
        exec(compile(file.read(), "time.py", "exec"), source.__dict__)
    for name in ("ticks_ms", "ticks_us", "ticks_cpu", "ticks_add", "ticks_diff", "sleep_ms", "sleep_us"):
        setattr(time, name, getattr(source, name))
    return source


def _run_main():
    try:
        with open("main.py", encoding="utf-8") as source:
            code = compile(source.read(), "main.py", "exec")
        exec(code, {"__name__": "__main__"})
    except SystemExit:  # on a board that is a soft reset
        host.call(wire.SOFT_RESET)
    except BaseException as why:
        sys.print_exception(why)
        return 1
    return 0


_die_with_the_host()
host.connect(_control, _control_fd, _events_fd, _RealTime, _told)
_give_time_its_ticks()
sys.modules["micropython"] = _micropython_module()
sys.print_exception = lambda why, file=None: traceback.print_exception(why, file=file or sys.stdout)
gc.mem_free = lambda: 100_000
gc.mem_alloc = lambda: 0
gc.threshold = lambda *_: -1
sys.path.insert(1, "")
sys.argv[:] = [""]
sys.stdout.reconfigure(line_buffering=True)
sys.dont_write_bytecode = True
host.note(wire.NOTE_MAIN_ENDED, bytes((_run_main(),)))
while True:
    host.wait(1000)
