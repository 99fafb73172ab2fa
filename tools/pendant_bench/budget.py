"""Without this file "months of battery" would be a wish: currents, charges and the sum of a day.

The formula: mean current = floor + sum over kinds of wake of (how often a day * charge of one) / 86,400 s. Every number
has its source beside it; [M] is from memory and to be looked up, [G] a guess to be measured first.
"""

from dataclasses import dataclass

DAY_S = 86_400
USABLE = 0.85  # of the printed capacity: self-discharge, the last volts, ageing [G]


@dataclass(frozen=True)
class Currents:
    """One board. µA for what always flows, mA for what flows while awake, mC for one frame, s for one start."""

    name: str
    cell_mah: int
    floor_ua: float
    awake_ma: float
    light_ma: float
    look_s: float  # awake for a look, whatever it finds: waking, FIFO level, going to sleep again
    sample_s: float  # and for each sample in it: the bus, the driver, the detector
    boot_s: float
    frame_mc: float
    listen_ma: float
    listen_s: float  # until the acknowledgement is there


XIAO_C3 = Currents(
    name="xiao_c3",
    cell_mah=500,
    # 44 µA: the board in deep sleep, maker's measurement of the XIAO ESP32C3; 44 µA: LSM6DSO, accelerometer alone at
    # 104 Hz in normal mode [M]; 4 µA: battery divider, 2 x 470 kΩ at 3.9 V
    floor_ua=44 + 44 + 4,
    awake_ma=24.4,  # modem-sleep, the same measurement
    light_ma=1.3,  # MicroPython's lightsleep on a FeatherS3 (micropython#12104); the bare C3 draws 0.13 mA
    look_s=0.002,  # [G]
    # 7 bytes at 400 kHz are 0.16 ms; driver and detector took 3 µs a sample in the VM, a C3 is 150 times slower [G]
    sample_s=0.0006,
    boot_s=0.40,  # [G] ROM, bootloader, MicroPython, thirty modules from littlefs
    frame_mc=0.9,  # esp-idf#5044: radio start and one message
    listen_ma=84,  # ESP32-C3 datasheet, receiving
    listen_s=0.06,
)

M5STICKC_PLUS2 = Currents(
    name="m5stickc_plus2",
    cell_mah=200,
    # 310 µA: MPU-6886 accelerometer in low-noise mode [M]; 50 µA: regulator and the unused display's controller [G]
    floor_ua=310 + 50,
    awake_ma=35,  # ESP32 at 240 MHz, radio off (datasheet: 30 to 50 mA)
    light_ma=1.3,  # as above; the ESP32 datasheet says 0.8 mA
    look_s=0.002,  # [G]
    # 8 bytes at 400 kHz are 0.18 ms; 3 µs a sample in the VM, an ESP32 at 240 MHz is 100 times slower [G]
    sample_s=0.0005,
    boot_s=0,
    frame_mc=0.9,
    listen_ma=97,  # ESP32 datasheet, receiving
    listen_s=0.06,
)


@dataclass(frozen=True)
class Hour:
    """One hour of a kind of life, as counted: wakes, looks into the FIFO, samples, seconds of light sleep between."""

    name: str
    wakes: float
    looks: float
    samples: float
    awake_s: float


def beat_mc(board: Currents) -> float:
    """One beat: a start and a glance where the board was off, then a frame and the wait for its answer."""
    start_mc = (board.boot_s + board.look_s) * board.awake_ma
    return start_mc + board.frame_mc + board.listen_s * board.listen_ma


def day_mc(board: Currents, day: list[tuple[float, Hour]], beats: int) -> dict[str, float]:
    """Charge of a day in mC, by what it went into. day is (hours, kind of hour), 24 hours in all."""
    wakes = sum(hours * hour.wakes for hours, hour in day)
    looks_s = sum(hours * (hour.looks * board.look_s + hour.samples * board.sample_s) for hours, hour in day)
    awake_s = sum(hours * hour.awake_s for hours, hour in day)
    return {
        "always": board.floor_ua * DAY_S / 1_000,
        "starts": wakes * board.boot_s * board.awake_ma,
        "looks": looks_s * board.awake_ma,
        "light sleep": awake_s * board.light_ma,
        "beats": beats * beat_mc(board),
    }


def days(board: Currents, day_mc: float) -> float:
    """How long the cell lasts."""
    return board.cell_mah * 3_600 * USABLE / day_mc
