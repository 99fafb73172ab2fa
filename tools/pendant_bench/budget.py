"""Without this file "months of battery" would be a wish: currents, charges and the sum of a day.

The formula: mean current = floor + sum over kinds of wake of (how often a day * charge of one) / 86,400 s. Every number
has its source beside it; [M] is from memory and to be looked up, [G] a guess to be measured first. What the firmware
computes is measured in the VM in turns of an empty loop (effort.py); what a turn takes on the chip is [M].
"""

from dataclasses import dataclass, replace

from tools.pendant_bench.effort import Effort

DAY_S = 86_400
_GLANCE_SAMPLES = 52  # firmware/pendant/motion.py
USABLE = 0.85  # of the printed capacity: self-discharge, the last volts, ageing [G]


@dataclass(frozen=True)
class Currents:
    """One board. µA for what always flows, mA for what flows while awake, mC for one frame, s for one start."""

    name: str
    cell_mah: int
    floor_ua: float
    awake_ma: float
    light_ma: float
    turn_s: float  # a turn of an empty loop in MicroPython
    waking_s: float  # out of light sleep and into it again
    bus_s: float  # each sample of the FIFO
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
    turn_s=6e-6,  # [M] half as slow again as an ESP32 at 240 MHz
    waking_s=0.002,  # [G] the datasheet promises less than 1 ms; MicroPython's own way in and out is added
    bus_s=7 * 9 / 400_000,  # a FIFO word has 7 bytes, each takes 9 clocks
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
    turn_s=4e-6,  # [M] 3 to 4 µs at 240 MHz
    waking_s=0.002,  # [G] as above
    bus_s=8 * 9 / 400_000,  # a FIFO frame has 8 bytes
    boot_s=0,
    frame_mc=0.9,
    listen_ma=97,  # ESP32 datasheet, receiving
    listen_s=0.06,
)


@dataclass(frozen=True)
class Hour:
    """One hour of a kind of life, as counted: wakes, looks into the FIFO, samples, seconds of light sleep between.

    Of the looks ``rests`` found that the sensor had felt nothing; ``held`` samples passed in them, unread.
    """

    name: str
    wakes: float
    looks: float
    samples: float
    awake_s: float
    rests: float = 0
    held: float = 0


def looks_s(board: Currents, effort: Effort, hour: Hour) -> float:
    """Seconds of an hour in which the chip is awake to look at the motion."""
    turns = hour.samples * effort.sample + hour.held * effort.held
    turns += (hour.looks - hour.rests) * effort.look + hour.rests * effort.rest
    return hour.looks * board.waking_s + hour.samples * board.bus_s + turns * board.turn_s


def beat_mc(board: Currents, effort: Effort) -> float:
    """One beat: a start and a glance where the board was off, then a frame and the wait for its answer."""
    start_mc = (board.boot_s + _GLANCE_SAMPLES * board.bus_s + effort.look * board.turn_s) * board.awake_ma
    return (start_mc if board.boot_s else 0) + board.frame_mc + board.listen_s * board.listen_ma


def day_mc(board: Currents, effort: Effort, day: list[tuple[float, Hour]], beats: int) -> dict[str, float]:
    """Charge of a day in mC, by what it went into. day is (hours, kind of hour), 24 hours in all."""
    return {
        "always": board.floor_ua * DAY_S / 1_000,
        "starts": sum(hours * hour.wakes for hours, hour in day) * board.boot_s * board.awake_ma,
        "looks": sum(hours * looks_s(board, effort, hour) for hours, hour in day) * board.awake_ma,
        "light sleep": sum(hours * hour.awake_s for hours, hour in day) * board.light_ma,
        "beats": beats * beat_mc(board, effort),
    }


def doubts(board: Currents) -> list[tuple[str, Currents]]:
    """What the estimate hangs on most, taken the worse way: half as long again."""
    found = [("everything computes half as slow again", replace(board, turn_s=1.5 * board.turn_s))]
    if board.boot_s:
        found.append(("a start takes half as long again", replace(board, boot_s=1.5 * board.boot_s)))
    return found


def days(board: Currents, day_mc: float) -> float:
    """How long the cell lasts."""
    return board.cell_mah * 3_600 * USABLE / day_mc
