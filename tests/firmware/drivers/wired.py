"""A driver wired to the register model of its part, without a board: the bus calls the model."""

from hil_tests.virtual.motion import Motion
from tests.hil_tests.virtual.steps import HandClock


class Bus:
    """What a driver needs of machine.I2C."""

    def __init__(self, part):
        self._part = part

    def readfrom_mem_into(self, address, register, buffer):
        """Read registers."""
        self._check(address)
        buffer[:] = self._part.read(register, len(buffer))

    def writeto_mem(self, address, register, data):
        """Write registers."""
        self._check(address)
        self._part.write(register, bytes(data))

    def _check(self, address):
        if self._part is None or address != self._part.address:
            raise OSError(19)


class Wired:
    """The part, its motion, the clock and the driver; the driver's sleeps pass on this clock."""

    def __init__(self, model, driver_class, module, monkeypatch, noise_mg=0):
        self.clock = HandClock()
        self.motion = Motion(self.clock, noise_mg=noise_mg)
        self.part = model(self.motion, self.clock)
        monkeypatch.setattr(module, "sleep_ms", lambda ms: self.clock.pass_s(ms / 1_000))
        self.driver = driver_class(Bus(self.part))
