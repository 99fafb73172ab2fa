"""Without this script mpremote would find no REPL: it starts a virtual board as in_vm.py does, and leaves a prompt.

Usage: micropython -i in_repl.py CONTROL-FD EVENTS-FD, on a terminal. Mounts the flash image as the root; runs boot.py
and, unless the host says that this is a soft reset in raw mode, main.py. Then the interpreter's own REPL begins.
"""

import json
import os
import struct
import sys
import time as real_time

import vfs

_control_fd, _events_fd = int(sys.argv[1]), int(sys.argv[2])
_control = open(_control_fd, "rb")
_told = json.loads(_control.read(struct.unpack(">I", _control.read(4))[0]))
_here = _told["stand_ins"]
sys.path[:] = [_here]

import flash  # noqa: E402
import host  # noqa: E402
import wire  # noqa: E402

host.connect(_control, _control_fd, _events_fd, real_time, _told)
_stand_ins = vfs.VfsPosix(_here)
_chip = flash.Flash(_told["flash"], _told.get("cut"))
vfs.umount("/")
vfs.mount(vfs.VfsLfs2(_chip), "/")
vfs.mount(_stand_ins, "/.stand_ins")
sys.path[:] = ["/.stand_ins", "", "/lib", ".frozen"]
sys.argv[:] = []
os.chdir("/")


def _run(name):
    """What the port's start does with boot.py and main.py; 0 when it came to its end, 1 when it raised."""
    try:
        with open(name) as source:
            code = compile(source.read(), name, "exec")
    except OSError:
        return 0
    try:
        exec(code, {"__name__": "__main__"})
    except SystemExit:  # on a board that is a soft reset
        host.call(wire.SOFT_RESET)
    except BaseException as why:
        sys.print_exception(why)
        return 1
    return 0


_run("boot.py")
if _told["run_main"]:
    host.note(wire.NOTE_MAIN_ENDED, bytes((_run("main.py"),)))
    host.call(wire.RTC_READ)  # the host knows now, and sends no Ctrl-C for main.py any more; one may be on its way
    while True:
        try:
            host.wait(0)
            break
        except KeyboardInterrupt:
            continue
