"""Without this module the stand-ins in a VM could not reach the board's host.

Everything a board would have in silicon (pins, registers, RTC memory) lives in the host process; here are the one
blocking call that reaches it and the one place where interrupts arrive. Runs in the VM and under CPython.
"""

import os
import select
import struct

import wire

facts = {}  # what boot.py was told: chip, mac, reset_cause, wake_reason, scale ...
pin_handlers = {}
radio_handler = []
taken = [0]  # events so far: the host counts them too, and lets no wait begin while one is on its way

_INTERRUPTS_AT_ONCE = 16
_ENDS = {}


def connect(control, control_fd, events_fd, real_time, told):
    """Attach to the host: control is the stream on which told was read; real_time the interpreter's own time."""
    _ENDS["from"] = control
    _ENDS["to"] = open(control_fd, "wb", 0) if hasattr(os, "getpid") else open(control_fd, "wb")
    _ENDS["events"] = open(events_fd, "rb", 0) if hasattr(os, "getpid") else open(events_fd, "rb")
    poller = select.poll()
    poller.register(_ENDS["events"], 1)  # POLLIN has no name under CPython on every system
    _ENDS["poller"] = poller
    _ENDS["time"] = real_time
    facts.update(told)


def real_time():
    """The interpreter's own time module, which knows nothing of the bench's clock."""
    return _ENDS["time"]


def call(op, body=b""):
    """Ask the host; return its answer. Raises OSError(errno) when it refuses."""
    note(op, body)
    head = _ENDS["from"].read(3)
    if not head or len(head) < 3:
        die()
    status, length = struct.unpack(">BH", head)
    answer = _ENDS["from"].read(length) if length else b""
    if status:
        raise OSError(status, os.strerror(status)) if hasattr(os, "strerror") else OSError(status)
    return answer


def note(op, body=b""):
    """Tell the host something that needs no answer."""
    try:
        _ENDS["to"].write(struct.pack(">BH", op, len(body)) + body)
    except OSError:
        die()


def wait(real_ms):
    """Do nothing for real_ms milliseconds (0 only looks), but let interrupt handlers run as they come."""
    if _ENDS["poller"].poll(real_ms):
        _take_events()


def _take_events():
    for _ in range(_INTERRUPTS_AT_ONCE):
        event = _ENDS["events"].read(2)
        if not event:
            die()
        taken[0] = taken[0] + 1 & 0xFFFF
        kind, argument = event[0], event[1]
        if kind == wire.EVENT_PIN and argument in pin_handlers:
            handler, pin = pin_handlers[argument]
            handler(pin)
        elif kind == wire.EVENT_RADIO and radio_handler:
            handler, argument = radio_handler
            handler(argument)
        elif kind == wire.EVENT_CTRL_C:
            raise KeyboardInterrupt
        if not _ENDS["poller"].poll(0):
            return


def die():
    """Stop at once, as a board without power does: the host is gone, and nothing may outlive it."""
    if hasattr(os, "getpid"):
        os._exit(1)
    os.system("kill -9 $PPID")
