"""Without this script a VM would have no flash and no main.py: it does what a board's ROM and boot code do.

Usage: micropython in_vm.py CONTROL-FD EVENTS-FD. The host sends the facts first (length u32, JSON): a command line
longer than 255 bytes is more than this VM can bear. Mounts the flash image as the root, sets the path, runs main.py;
then, like the REPL of a board, stays there with the power on.
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


def _run_main():
    """What the REPL's start does with main.py; 0 when it came to its end, 1 when it raised."""
    try:
        with open("main.py") as source:
            code = compile(source.read(), "main.py", "exec")
        exec(code, {"__name__": "__main__"})
    except SystemExit:  # on a board that is a soft reset
        host.call(wire.SOFT_RESET)
    except BaseException as why:
        sys.print_exception(why)
        return 1
    return 0


host.note(wire.NOTE_MAIN_ENDED, bytes((_run_main(),)))
while True:
    host.wait(1000)
