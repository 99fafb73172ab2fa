"""Without these facts a virtual board would not know what is soldered where."""

from dataclasses import dataclass, field

from hil_tests.virtual.imu_lsm6dso import Lsm6dso
from hil_tests.virtual.imu_mpu6886 import Mpu6886
from hil_tests.virtual.ina226 import Ina226

_ESP32_PINS = (*range(6), *range(12, 24), 25, 26, 27, *range(32, 40))
_ESP32_RTC_PINS = (0, 2, 4, 12, 13, 14, 15, 25, 26, 27, *range(32, 40))
_C3_PINS = (*range(11), 18, 19, 20, 21)


@dataclass(frozen=True)
class Profile:
    """One product's wiring. Pins are GPIO numbers; None means there is no such part."""

    chip: str
    pins: tuple[int, ...]
    rtc_pins: tuple[int, ...]
    wake_sources: tuple[str, ...]
    input_only_pins: tuple[int, ...] = ()
    imu: type | None = None
    i2c_scl: int | None = None
    i2c_sda: int | None = None
    imu_int1: int | None = None
    button: int | None = None  # active low
    button_has_pull_up: bool = False  # a resistor on the board; otherwise the firmware must ask for the internal one
    power_hold: int | None = None
    battery_adc: int | None = None  # half the cell's voltage
    charger: int | None = None  # high while external power is there
    outputs: dict[int, str] = field(default_factory=dict)  # pin to the name under which it is felt
    inputs: tuple[int, ...] = ()  # pins that the bench drives, see VirtualBoard.drive
    cpu_hz: int = 160_000_000
    serial: bool = False  # powered by USB, with a serial port on it
    flash_blocks: int = 256  # 1 MiB of 4 KiB blocks: half of what the smallest board has for files


PROFILES = {
    "m5stickc_plus2": Profile(
        chip="ESP32",
        pins=_ESP32_PINS,
        rtc_pins=_ESP32_RTC_PINS,
        wake_sources=("ext",),
        input_only_pins=(34, 35, 36, 37, 38, 39),
        imu=Mpu6886,
        i2c_scl=22,
        i2c_sda=21,
        button=37,
        button_has_pull_up=True,
        power_hold=4,
        battery_adc=38,
        outputs={2: "buzzer", 19: "led"},
        cpu_hz=240_000_000,
    ),
    "xiao_c3": Profile(
        chip="ESP32-C3",
        pins=_C3_PINS,
        rtc_pins=(0, 1, 2, 3, 4, 5),
        wake_sources=("gpio",),
        imu=Lsm6dso,
        i2c_scl=7,
        i2c_sda=6,
        imu_int1=3,
        button=2,
        battery_adc=4,
        charger=5,
        outputs={10: "vibration", 20: "led"},
    ),
    "bridge_esp32": Profile(
        chip="ESP32",
        pins=_ESP32_PINS,
        rtc_pins=_ESP32_RTC_PINS,
        wake_sources=("ext",),
        input_only_pins=(34, 35, 36, 37, 38, 39),
        outputs={2: "led"},
        cpu_hz=240_000_000,
        serial=True,
    ),
    "bench_helper": Profile(
        chip="ESP32",
        pins=_ESP32_PINS,
        rtc_pins=_ESP32_RTC_PINS,
        wake_sources=("ext",),
        input_only_pins=(34, 35, 36, 37, 38, 39),
        imu=Ina226,
        i2c_scl=22,
        i2c_sda=21,
        inputs=(34, 35),
        cpu_hz=240_000_000,
        serial=True,
    ),
}
