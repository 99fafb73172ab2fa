"""Without this module a board could not live faster than the wall clock.

Shadows MicroPython's time: ticks start at nought at power-on and wrap at 2**30 as on an ESP32, every duration follows
the bench's clock (scale), and waiting lets interrupt handlers run. Wall-clock time starts at the port's epoch, as on a
board whose RTC nobody has set.
"""

import host

_TICKS_PERIOD = 1 << 30
_TICKS_MAX = _TICKS_PERIOD - 1
_TICKS_HALF = _TICKS_PERIOD >> 1
_real = host.real_time()
_scale = host.facts["scale"]
_start_us = _real.ticks_us()
_offset_us = host.facts["ticks_start_ms"] * 1000
# Since the host read the RTC for us this process has started; both ends read the same monotonic clock.
_rtc_start_us = host.facts["rtc_ms"] * 1000 + int(max(0, _start_us - host.facts["told_us"]) * _scale)

gmtime = _real.gmtime
localtime = _real.localtime
mktime = _real.mktime


def _us():
    return int(_real.ticks_diff(_real.ticks_us(), _start_us) * _scale) + _offset_us


def ticks_us():
    """Microseconds since power-on, wrapping at 2**30."""
    return _us() & _TICKS_MAX


def ticks_ms():
    """Milliseconds since power-on, wrapping at 2**30."""
    return _us() // 1000 & _TICKS_MAX


def ticks_cpu():
    """A fast counter; here the microseconds."""
    return _us() & _TICKS_MAX


def ticks_add(ticks, delta):
    """The tick that comes delta after ticks."""
    return ticks + delta & _TICKS_MAX


def ticks_diff(end, start):
    """How much later end is than start."""
    return (end - start + _TICKS_HALF & _TICKS_MAX) - _TICKS_HALF


def sleep_us(us):
    """Wait; interrupt handlers may run."""
    end_us = _us() + us
    host.wait(0)
    while True:
        left_us = int((end_us - _us()) / _scale)
        if left_us <= 0:
            return
        if left_us < 1000:
            _real.sleep_us(left_us)
        else:
            host.wait(left_us // 1000)


def sleep_ms(ms):
    """Wait; interrupt handlers may run."""
    sleep_us(ms * 1000)


def sleep(s):
    """Wait; interrupt handlers may run."""
    sleep_us(int(s * 1_000_000))


def time():
    """Seconds since the epoch of a board that was never told the time."""
    return (_rtc_start_us + _us() - _offset_us) // 1_000_000


def time_ns():
    """Nanoseconds since the epoch of a board that was never told the time."""
    return (_rtc_start_us + _us() - _offset_us) * 1000
