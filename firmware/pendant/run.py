"""The pendant at work: the steps of wake.py on a real clock, with sleep between them; without it nothing would move."""

import time

from firmware import config
from firmware.pendant import supervisor
from firmware.pendant.memory import LongClock, Memory
from firmware.pendant.motion import Motion
from firmware.pendant.wake import Pendant
from shared.compat import const

_LISTEN_SLICE_MS = const(20)  # while listening, the button is looked at this often


def run(identity, board_module, chip, crashes, is_safe_mode):
    """Never returns. board_module is a file of boards/, chip the machine module; crashes counts those just before."""
    from firmware.radio import Radio

    settings, complaint = config.load()
    dog = chip.WDT(timeout=settings.watchdog_s * 1_000)
    board = board_module.Board(settings)
    now_ms = board.now_ms()
    rtc = chip.RTC()
    memory = Memory(rtc.memory())
    clock = LongClock(memory, _chip_ms(), now_ms)
    memory.new_boot()
    if not clock.is_continued:
        memory.epoch = memory.boot

    def save():
        memory.long_ms = clock.ms
        memory.saved_ms = _chip_ms()
        rtc.memory(memory.pack())

    save()
    faults = []
    motion = None
    if is_safe_mode:
        faults.append(supervisor.FAULT_SAFE_MODE)
    else:
        motion = _begin_motion(board, board_module, faults)
    if crashes:
        faults.append(supervisor.FAULT_CRASH)
    if complaint:
        faults.append(supervisor.FAULT_SETTINGS)
    radio = Radio(identity.channel)
    pendant = Pendant(identity, settings, board, radio, memory, clock, motion, save, now_ms)
    pendant.begin(chip.reset_cause(), is_safe_mode, faults, now_ms)
    while True:
        dog.feed()
        turn(pendant, board, radio, settings)


def turn(pendant, board, radio, settings):
    """One step, and then the cheapest way to wait that misses nothing."""
    wait_ms = pendant.step(board.now_ms())
    if pendant.link.is_listening:
        heard = radio.listen(min(wait_ms, _LISTEN_SLICE_MS))
        if heard:
            pendant.heard(heard[1], heard[2], board.now_ms())
    elif pendant.button.is_pressed or pendant.player.is_playing or radio.is_on:
        # Light sleep stops the motor's PWM and the radio, and a pressed button would end it at once.
        board.wait(min(wait_ms, settings.button_look_ms))
    elif wait_ms:
        board.sleep(wait_ms)


def _begin_motion(board, board_module, faults):
    try:
        board.imu.begin()
        if not board.imu.self_test():
            faults.append(supervisor.FAULT_IMU)
        return Motion(board.imu, board_module.IMU_HZ, board_module.IMU_FIFO_SAMPLES)
    except OSError:
        faults.append(supervisor.FAULT_IMU)  # the button is worth having without it
        return None


def _chip_ms():
    """The chip's clock: it goes on through deep sleep and resets, and stops with the power."""
    return time.time_ns() // 1_000_000
