"""Without this module firmware would need a chip to run on.

Stands in for MicroPython's machine on an ESP32 or ESP32-C3 (names and values of ports/esp32). Pins, buses and memory
are the host's; what is not here (UART, SPI, Timer, touch) the firmware does not use.
"""

import struct

import host
import wire

PWRON_RESET = wire.RESET_POWER_ON
HARD_RESET = wire.RESET_HARD
WDT_RESET = wire.RESET_WATCHDOG
DEEPSLEEP_RESET = wire.RESET_DEEPSLEEP
SOFT_RESET = wire.RESET_SOFT

PIN_WAKE = wire.WOKEN_BY_EXT0
EXT0_WAKE = wire.WOKEN_BY_EXT0
EXT1_WAKE = wire.WOKEN_BY_EXT1
TIMER_WAKE = wire.WOKEN_BY_TIMER
TOUCHPAD_WAKE = 5
ULP_WAKE = 6
GPIO_WAKE = wire.WOKEN_BY_GPIO

SLEEP = 2
DEEPSLEEP = 4

_EINVAL = 22


class Pin:
    """One GPIO."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2
    WAKE_LOW = 4
    WAKE_HIGH = 5
    DRIVE_0 = 0
    DRIVE_1 = 1
    DRIVE_2 = 2
    DRIVE_3 = 3

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=None, hold=None):
        if not isinstance(id, int) or id not in host.facts["pins"]:
            raise ValueError("invalid pin")
        self._id = id
        if mode != -1 or pull != -1 or value is not None:
            self.init(mode, pull, value=value, drive=drive, hold=hold)

    def init(self, mode=-1, pull=-1, *, value=None, drive=None, hold=None):
        """Choose direction and pull; set the level of an output."""
        if mode in (Pin.OUT, Pin.OPEN_DRAIN) and self._id in host.facts["input_only_pins"]:
            raise ValueError("pin can only be input")
        if mode == -1:
            mode = 0xFF
        if pull == -1:
            pull = 0xFF
        elif pull is None:
            pull = 0
        if value is not None:
            host.call(wire.PIN_WRITE, bytes((self._id, 1 if value else 0)))
        host.call(wire.PIN_SETUP, bytes((self._id, mode, pull)))

    def value(self, level=None):
        """Read the level, or set it."""
        if level is None:
            host.wait(0)
            return host.call(wire.PIN_READ, bytes((self._id,)))[0]
        host.call(wire.PIN_WRITE, bytes((self._id, 1 if level else 0)))
        return None

    __call__ = value

    def on(self):
        """Set the level to 1."""
        self.value(1)

    def off(self):
        """Set the level to 0."""
        self.value(0)

    def toggle(self):
        """Change the level of an output."""
        self.value(1 - self.value())

    def irq(self, handler=None, trigger=IRQ_FALLING | IRQ_RISING, *, wake=None, hard=False):
        """Call handler(pin) at an edge; with a WAKE level: end light sleep (wake=machine.SLEEP)."""
        if trigger in (Pin.WAKE_LOW, Pin.WAKE_HIGH):
            host.call(wire.PIN_WAKE, bytes((self._id, 1 if trigger == Pin.WAKE_HIGH else 0)))
            return
        if handler is None:
            host.pin_handlers.pop(self._id, None)
            trigger = 0
        else:
            host.pin_handlers[self._id] = (handler, self)
        host.call(wire.PIN_IRQ, bytes((self._id, trigger)))

    def __repr__(self):
        return "Pin({})".format(self._id)


def pin_number(pin):
    """The number of a Pin, or of a number."""
    return pin if isinstance(pin, int) else pin._id  # noqa: SLF001 - as C code sees it


class Signal:
    """A pin that may be active low."""

    def __init__(self, pin, invert=False):
        self._pin = pin
        self._invert = 1 if invert else 0

    def value(self, level=None):
        """Read or set, with the sense of the signal."""
        if level is None:
            return self._pin.value() ^ self._invert
        return self._pin.value((1 if level else 0) ^ self._invert)

    def on(self):
        """Active."""
        self.value(1)

    def off(self):
        """Not active."""
        self.value(0)


class I2C:
    """A bus on two pins; what answers there is soldered to the virtual board."""

    def __init__(self, id=0, *, scl=None, sda=None, freq=400_000, timeout=50_000):
        scl = 0xFF if scl is None else pin_number(scl)
        sda = 0xFF if sda is None else pin_number(sda)
        self._bus = host.call(wire.I2C_OPEN, struct.pack(">BBI", scl, sda, freq))

    def scan(self):
        """The addresses that answer."""
        return list(host.call(wire.I2C_SCAN, self._bus))

    def readfrom(self, addr, nbytes, stop=True):
        """Read nbytes from the register that was last named."""
        return host.call(wire.I2C_READ, self._bus + struct.pack(">BH", addr, nbytes))

    def readfrom_into(self, addr, buf, stop=True):
        """As readfrom, into buf."""
        buf[:] = self.readfrom(addr, len(buf))

    def writeto(self, addr, buf, stop=True):
        """Write; the first byte names the register. Returns the bytes acknowledged."""
        host.call(wire.I2C_WRITE, self._bus + bytes((addr,)) + bytes(buf))
        return len(buf)

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        """Read nbytes beginning at a register."""
        return host.call(wire.I2C_READ_REGISTER, self._bus + struct.pack(">BBH", addr, memaddr, nbytes))

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        """As readfrom_mem, into buf."""
        buf[:] = self.readfrom_mem(addr, memaddr, len(buf))

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        """Write beginning at a register."""
        host.call(wire.I2C_WRITE, self._bus + bytes((addr, memaddr)) + bytes(buf))


SoftI2C = I2C


class ADC:
    """A pin's voltage."""

    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3
    # About what ESP-IDF gives as the top of the usable range of an ESP32 for each attenuation
    _TOP_UV = (950_000, 1_250_000, 1_750_000, 2_450_000)

    def __init__(self, pin, *, atten=ATTN_0DB):
        self._pin = pin_number(pin)
        self._atten = atten

    def init(self, *, atten=ATTN_0DB):
        """Choose the attenuation."""
        self._atten = atten

    def atten(self, atten):
        """Choose the attenuation."""
        self._atten = atten

    def read_uv(self):
        """Microvolts at the pin; more than the attenuation allows reads as its top."""
        uv = struct.unpack(">I", host.call(wire.ADC_READ, bytes((self._pin,))))[0]
        return min(uv, self._TOP_UV[self._atten])

    def read_u16(self):
        """0 to 65535 of the range."""
        return self.read_uv() * 65535 // self._TOP_UV[self._atten]

    def read(self):
        """0 to 4095 of the range."""
        return self.read_u16() >> 4


class PWM:
    """A pin that is switched fast: a motor's strength, a buzzer's note, a lamp's brightness."""

    def __init__(self, pin, freq=None, duty=None, duty_u16=None, duty_ns=None, invert=False):
        self._pin = pin_number(pin)
        self._freq = 5000
        self._duty = 32768
        self.init(freq=freq, duty=duty, duty_u16=duty_u16, duty_ns=duty_ns)

    def init(self, freq=None, duty=None, duty_u16=None, duty_ns=None):
        """Set what is given and begin."""
        if freq is not None:
            if not 1 <= freq <= 40_000_000:
                raise ValueError("frequency must be from 1Hz to 40MHz")
            self._freq = freq
        if duty is not None:
            self._duty = min(65535, duty * 64)
        if duty_u16 is not None:
            self._duty = max(0, min(65535, duty_u16))
        if duty_ns is not None:
            self._duty = min(65535, duty_ns * self._freq * 65536 // 1_000_000_000)
        self._tell(self._duty)

    def freq(self, freq=None):
        """Read or set the frequency in Hz."""
        if freq is None:
            return self._freq
        return self.init(freq=freq)

    def duty_u16(self, duty=None):
        """Read or set the duty, 0 to 65535."""
        if duty is None:
            return self._duty
        return self.init(duty_u16=duty)

    def duty(self, duty=None):
        """Read or set the duty, 0 to 1023."""
        if duty is None:
            return self._duty // 64
        return self.init(duty=duty)

    def duty_ns(self, duty=None):
        """Read or set the pulse width."""
        if duty is None:
            return self._duty * 1_000_000_000 // (65536 * self._freq)
        return self.init(duty_ns=duty)

    def deinit(self):
        """Stop; the pin goes low."""
        self._tell(0)

    def _tell(self, duty):
        host.call(wire.PWM_SET, struct.pack(">BIH", self._pin, self._freq, duty))


class WDT:
    """The watchdog: once started it cannot be stopped, and unfed it resets the board."""

    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError("WDT(" + str(id) + ") doesn't exist")
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        host.call(wire.DOG_START, struct.pack(">I", timeout))

    def feed(self):
        """Not yet."""
        host.call(wire.DOG_FEED)


class RTC:
    """Memory that survives deep sleep and resets, not the loss of power."""

    def __init__(self, id=0):
        pass

    def memory(self, data=None):
        """Read or replace the user memory; raises ValueError above 2048 bytes."""
        if data is None:
            return host.call(wire.RTC_READ)
        if len(data) > wire.RTC_BYTES_MAX:
            raise ValueError("buffer too long")
        host.call(wire.RTC_WRITE, bytes(data))
        return None


def reset():
    """Reset the chip; RTC memory stays."""
    host.wait(0)  # somebody may have pressed Ctrl-C
    host.call(wire.RESET)


def soft_reset():
    """Begin again with a fresh heap."""
    host.call(wire.SOFT_RESET)


def deepsleep(time_ms=0):
    """Power down; the next thing that runs is main.py, after the time or at a wake source."""
    host.wait(0)  # somebody may have pressed Ctrl-C
    host.call(wire.DEEPSLEEP, struct.pack(">I", _sleep_ms(time_ms)))


def lightsleep(time_ms=0):
    """Stand still, radio off, until the time is over or a wake source acts."""
    host.facts["wake_reason"] = host.call(wire.LIGHTSLEEP, struct.pack(">I", _sleep_ms(time_ms)))[0]


def _sleep_ms(time_ms):
    if time_ms < 0:
        raise OSError(_EINVAL)
    return time_ms


def idle():
    """Give interrupts a chance."""
    host.wait(0)


def reset_cause():
    """Why the chip started."""
    return host.facts["reset_cause"]


def wake_reason():
    """What ended the last sleep."""
    return host.facts["wake_reason"]


def unique_id():
    """The chip's six bytes, its MAC."""
    return bytes(host.facts["mac"])


def freq(hz=None):
    """The CPU clock; setting it is accepted and changes nothing here."""
    if hz is None:
        return host.facts["cpu_hz"]
    host.facts["cpu_hz"] = hz
    return None


def disable_irq():
    """Handlers run only where the stand-ins look for them: nothing to hold back."""
    return 0


def enable_irq(state):
    """The other half of disable_irq."""
