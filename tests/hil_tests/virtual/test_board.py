"""A virtual board behaves as a board on a desk does, in the ways the firmware depends on."""

import json
import os
import time

import pytest

from hil_tests.virtual import Clock, VirtualBoard
from hil_tests.virtual.flash_image import micropython
from hil_tests.virtual.stand_ins import wire
from tests.conftest import NO_VM
from tests.hil_tests.virtual.conftest import IN_THE_VM, MAC
from tools.board_files import BoardFile, board_files

LATE_S = 1.0  # what a busy machine may add
_BUTTON = """
button = machine.Pin(2, machine.Pin.IN, machine.Pin.PULL_UP)
"""


def test_starts_main_py_with_the_chips_own_facts(make_board):
    """main.py runs once the power is there, knows its chip, and finds its files."""
    board = make_board(
        """
        import machine
        print('id', machine.unique_id().hex(), machine.reset_cause(), machine.wake_reason())
        import folder.part
        print(open('folder/text').read())
        """,
        more=[BoardFile("folder/part.py", b"print('part')"), BoardFile("folder/text", b"kept")],
    )

    board.console.expect("id 0200000000a1 1 0")
    board.console.expect("part")
    board.console.expect("kept")
    board.wait_for(lambda board: board.lives[-1].main_ended == "returned")


def test_a_module_that_is_not_there_ends_main_at_the_repl(make_board):
    """A file forgotten in the manifest fails at the start, and the board sits there with a traceback."""
    board = make_board("import firmware.forgotten")

    board.console.expect("ImportError" if board.runtime == "micropython" else "ModuleNotFoundError")
    board.wait_for(lambda board: board.lives[-1].main_ended == "raised")
    assert board.is_powered and len(board.lives) == 1


def test_a_starved_watchdog_resets(make_board):
    """A loop that hangs is a reset, and the firmware can see that it was the dog."""
    board = make_board(
        """
        import machine
        print('cause', machine.reset_cause())
        if machine.reset_cause() != machine.WDT_RESET:
            dog = machine.WDT(timeout=150)
            while True: pass
        """
    )

    board.console.expect("cause 3")
    assert [life.reset_cause for life in board.lives] == [wire.RESET_POWER_ON, wire.RESET_WATCHDOG]
    assert 0.15 <= board.lives[0].end_s - board.lives[0].start_s < 0.6 + LATE_S


def test_a_fed_watchdog_does_not(make_board):
    """Feeding in time keeps a board alive for several of its periods."""
    board = make_board(
        """
        import machine, time
        dog = machine.WDT(timeout=600)
        for _ in range(24):
            dog.feed()
            time.sleep_ms(50)
        print('well')
        while True:
            dog.feed()
            time.sleep_ms(20)
        """
    )

    board.console.expect("well")
    assert len(board.lives) == 1


def test_rtc_memory_survives_deep_sleep_and_reset_but_no_power_cut(make_board):
    """What the firmware counts in RTC memory goes on after a deep sleep and a reset, and begins anew after a cut."""
    board = make_board(
        """
        import machine
        rtc = machine.RTC()
        n = len(rtc.memory())
        print('wakes', n, machine.reset_cause())
        rtc.memory(bytes(n + 1))
        if n == 0: machine.deepsleep(100)
        if n == 1: machine.reset()
        """
    )
    board.console.expect("wakes 0 1")
    board.console.expect("wakes 1 4")
    board.console.expect("wakes 2 2")

    board.power_cut()
    second_s = board.clock.now_s()
    board.power_on()

    board.console.expect("wakes 0 1", since_s=second_s)


@IN_THE_VM
def test_rtc_memory_is_as_small_as_a_boards(make_board):
    """More than 2048 bytes are refused, as the port does."""
    board = make_board(
        """
        import machine
        rtc = machine.RTC()
        rtc.memory(bytes(2048))
        try:
            rtc.memory(bytes(2049))
        except ValueError:
            print('refused', len(rtc.memory()))
        """
    )

    board.console.expect("refused 2048")


def test_the_button_ends_a_light_sleep(make_board):
    """A press wakes the chip at once and names its source; without one, time does."""
    board = make_board(
        """
        import esp32, machine, time
        """,
        _BUTTON,
        """
        esp32.wake_on_gpio((button,), esp32.WAKEUP_ALL_LOW)
        print('lie down')
        machine.lightsleep(5000)
        print('up', machine.wake_reason(), button.value())
        while not button.value(): time.sleep_ms(1)
        machine.lightsleep(100)
        print('again', machine.wake_reason())
        """,
    )
    board.console.expect("lie down")
    board.wait_for(lambda board: board.is_asleep)
    pressed_s = board.press_for_ms(60)

    woken_s = board.console.expect("up 7 0").t_s
    board.console.expect("again 4")
    assert woken_s - pressed_s < 0.06 + LATE_S
    first, second = board.sleeps
    assert (first.kind, first.asked_ms, first.woken_by) == ("light", 5000, wire.WOKEN_BY_GPIO)
    assert 0.07 <= second.end_s - second.start_s < 0.13 + LATE_S


@IN_THE_VM
def test_the_button_ends_a_deep_sleep(make_board):
    """After a press the chip begins anew and knows why."""
    board = make_board(
        """
        import esp32, machine
        """,
        _BUTTON,
        """
        print('cause', machine.reset_cause(), machine.wake_reason())
        esp32.wake_on_gpio((button,), esp32.WAKEUP_ALL_LOW)
        if machine.reset_cause() == machine.PWRON_RESET: machine.deepsleep()
        """,
    )
    board.wait_for(lambda board: board.lives and board.lives[-1].ending)
    board.press()

    board.console.expect("cause 4 7")
    assert board.sleeps[-1].woken_by == wire.WOKEN_BY_GPIO


@IN_THE_VM
def test_a_button_that_wakes_nobody_does_not_wake(make_board):
    """A pin that was not named as a wake source ends no sleep."""
    board = make_board(
        """
        import machine
        machine.lightsleep(200)
        print('up', machine.wake_reason())
        """
    )
    board.wait_for(lambda board: board.is_asleep)
    board.press()

    board.console.expect("up 4")


def test_interrupts_come_while_the_firmware_waits(make_board):
    """An armed edge calls its handler in the middle of a sleep_ms, once an edge."""
    board = make_board(
        """
        import machine, time
        """,
        _BUTTON,
        """
        button.irq(lambda pin: print('edge', pin.value()), machine.Pin.IRQ_FALLING)
        print('ready')
        time.sleep_ms(500)
        print('end')
        """,
    )
    board.console.expect("ready")
    board.press_for_ms(80)
    board.press_for_ms(80)

    board.console.expect("end")
    assert [line.text for line in board.console.lines] == ["ready", "edge 0", "edge 0", "end"]


@IN_THE_VM
def test_a_bouncing_contact_is_seen_to_bounce(make_board):
    """With bounce_ms the level changes several times before it stays."""
    board = make_board(
        """
        import machine, time
        """,
        _BUTTON,
        """
        edges = []
        button.irq(lambda pin: edges.append(1), machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING)
        print('ready')
        time.sleep_ms(600)
        print('edges', len(edges) > 3, button.value())
        """,
    )
    board.console.expect("ready")
    board.press(bounce_ms=200)  # a busy machine's VM may be 30 ms late, and see two edges of forty

    board.console.expect("edges True 0")


def test_what_the_firmware_drives_is_felt(make_board):
    """A buzz and a light appear on the timeline with their strength, and end when they end."""
    board = make_board(
        """
        import machine, time
        motor = machine.PWM(machine.Pin(10), freq=20000, duty_u16=0)
        led = machine.Pin(20, machine.Pin.OUT, value=0)
        motor.duty_u16(32768)
        led.on()
        time.sleep_ms(100)
        motor.duty_u16(0)
        led.off()
        print('done')
        """
    )
    board.console.expect("done")

    buzz, light = board.felt
    assert (buzz.output, light.output) == ("vibration", "led")
    assert buzz.duty == pytest.approx(0.5, abs=0.001)
    assert light.duty == 1
    assert 0.06 <= buzz.end_s - buzz.start_s < 0.14 + LATE_S


def test_how_late_an_edge_may_be_is_known(make_board):
    """An output can only be switched in a turn of the loop: who last turned long ago may have been due long ago."""
    board = make_board(
        """
        import machine, time
        dog = machine.WDT(timeout=60_000)
        motor = machine.PWM(machine.Pin(10), freq=200, duty_u16=0)
        for duty, pause_ms in ((0, 100), (32768, 500), (32768, 500), (0, 10)):
            dog.feed()
            motor.duty_u16(duty)
            time.sleep_ms(pause_ms)
        print('done')
        """
    )
    board.console.expect("done", within_s=30)

    (buzz,) = (one for one in board.felt if one.output == "vibration")
    assert buzz.end_s - buzz.start_s >= 1.0
    assert 0.1 <= buzz.start_late_s < buzz.end_s - buzz.start_s
    assert buzz.end_late_s >= 0.5


@IN_THE_VM
def test_pins_are_those_of_the_chip(make_board):
    """What a chip cannot do is an error here too: missing pins, outputs on inputs, foreign wake sources."""
    board = make_board(
        """
        import esp32, machine
        def tried(what):
            try:
                what()
            except ValueError as why:
                print('no:', why)
        tried(lambda: machine.Pin(12))
        tried(lambda: esp32.wake_on_gpio((machine.Pin(10),), 0))
        print('ext0', hasattr(esp32, 'wake_on_ext0'))
        """
    )
    board.console.expect("ext0 False")

    assert [line.text for line in board.console.lines][:2] == ["no: invalid pin", "no: invalid pin"]


def test_a_pull_stays_until_it_is_changed_and_input_only_pins_have_none(make_board):
    """As ports/esp32 does it: -1 leaves it, None ends it; what an ESP32 cannot pull it pulls not, and does not say."""
    board = make_board(
        """
        from machine import Pin
        pin = Pin(32, Pin.IN, Pin.PULL_UP)
        pin.init(Pin.IN)
        kept = pin.value()
        pin.init(pull=None)
        print('pull', kept, pin.value(), Pin(36, Pin.IN, Pin.PULL_UP).value())
        """,
        profile="m5stickc_plus2",
    )

    board.console.expect("pull 1 0 0")


@IN_THE_VM
def test_the_battery_is_halved_and_the_attenuation_counts(make_board):
    """The ADC sees half the cell's voltage, and no more than its attenuation allows."""
    board = make_board(
        """
        import machine
        adc = machine.ADC(machine.Pin(4), atten=machine.ADC.ATTN_11DB)
        print(adc.read_uv())
        print(machine.ADC(machine.Pin(4)).read_uv())
        """,
    )

    board.console.expect("2050000")
    board.console.expect("950000")


@IN_THE_VM
def test_a_product_with_a_latch_switches_itself_off(make_board):
    """An M5StickC Plus2 that does not hold GPIO 4 high is off after 2 s, in which a faster clock gives it no less."""
    board = make_board(
        """
        import time
        time.sleep(30)
        """,
        profile="m5stickc_plus2",
        clock=Clock(4),
    )

    board.wait_for(lambda board: not board.is_powered, within_s=60)
    assert board.lives[-1].end_s - board.lives[-1].start_s == pytest.approx(4 * 2, abs=4)


def test_ticks_wrap_as_on_a_board(make_board):
    """A clock that is about to wrap wraps, and differences stay right."""
    board = make_board(
        """
        import time
        a = time.ticks_ms()
        time.sleep_ms(300)
        b = time.ticks_ms()
        print('wrapped', a > b, 300 <= time.ticks_diff(b, a) < 1400)
        """,
        ticks_start_ms=(1 << 30) - 250,
    )

    board.console.expect("wrapped True True")


@pytest.mark.skipif(not micropython(), reason=NO_VM)
def test_a_pendant_without_one_of_its_files_never_works(tmp_path, air, clock):
    """The real manifest less one entry: the firmware crashes at every start, and nothing is ever sent."""
    identity = {"id": MAC.hex(), "key": "00" * 16, "site": "home", "role": "pendant", "board": "xiao_c3"}
    identity |= {"channel": 6, "language": "zh"}
    files = [file for file in board_files("pendant", "xiao_c3") if file.path != "shared/fall.mpy"]
    files.append(BoardFile("identity.json", json.dumps(identity).encode()))
    with VirtualBoard("xiao_c3", MAC, tmp_path / "board", air, clock=clock, files=files) as board:
        board.power_on()
        board.wait_for(lambda board: len(board.lives) > 2)
        board.power_cut()
        kept = b"".join(board.read_flash().values())

    assert b"ImportError" in kept
    assert air.record() == []


@IN_THE_VM
def test_a_crash_of_the_interpreter_is_a_reset(make_board):
    """When the VM itself dies the chip starts again, as after a panic."""
    board = make_board(
        """
        import machine, time
        print('cause', machine.reset_cause())
        time.sleep(5)
        """
    )
    board.console.expect("cause 1")
    os.kill(board.lives[-1].pid, 9)

    board.console.expect("cause 2")


@IN_THE_VM
def test_the_reset_button_begins_anew(make_board):
    """EN: the chip starts as after power-on, with its flash as it was."""
    board = make_board(
        """
        import machine, time
        print('cause', machine.reset_cause())
        time.sleep(5)
        """
    )
    board.console.expect("cause 1")
    again_s = board.clock.now_s()
    board.reset()

    board.console.expect("cause 1", since_s=again_s)


def test_nothing_is_left_behind(make_board):
    """After close() the VM is gone, however busy it was."""
    board = make_board(
        """
        print('busy')
        while True: pass
        """
    )
    board.console.expect("busy")
    pid = board.lives[-1].pid
    began = time.monotonic()
    board.power_cut()

    assert time.monotonic() - began < 1 + LATE_S
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
