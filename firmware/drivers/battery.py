"""Volts to percent, and percent to days; without it the last day of a battery would come as a surprise.

The curve is typical of a single lithium-polymer cell at a light load: flat in the middle, steep at the end. Cells
differ, so it is good to about ten percentage points; it is not any maker's and has not been measured on ours yet.
"""

_CURVE = (
    (4_150, 100), (4_050, 90), (3_970, 80), (3_900, 70), (3_850, 60), (3_810, 50), (3_780, 40), (3_750, 30),
    (3_700, 20), (3_650, 12), (3_580, 7), (3_480, 3), (3_300, 0),
)  # fmt: skip
_READINGS = 8  # the ADC of the ESP32 is noisy; the mean of eight is enough for a percent
_DAY_MS = 86_400_000

DAYS_UNKNOWN = 255


def percent_of(mv):
    """Charge left, 0 to 100, of a resting cell at mv millivolts."""
    above_mv, above_percent = _CURVE[0]
    if mv >= above_mv:
        return 100
    for below_mv, below_percent in _CURVE[1:]:
        if mv >= below_mv:
            return below_percent + (above_percent - below_percent) * (mv - below_mv) // (above_mv - below_mv)
        above_mv, above_percent = below_mv, below_percent
    return 0


def days_left(percent, used_percent, used_ms):
    """Whole days that percent will last if it goes on as it has: used_percent in used_ms. DAYS_UNKNOWN if unused."""
    if used_percent <= 0:
        return DAYS_UNKNOWN
    return min(percent * used_ms // used_percent // _DAY_MS, DAYS_UNKNOWN - 1)


class Battery:
    """A cell behind a divider. adc has read_uv(); factor undoes the divider (2 = halved)."""

    def __init__(self, adc, factor=2):
        self._adc = adc
        self._factor = factor

    def read_mv(self):
        """The cell's voltage now, in mV."""
        total_uv = 0
        for _ in range(_READINGS):
            total_uv += self._adc.read_uv()
        return total_uv // _READINGS * self._factor // 1_000
