"""A driver on a virtual board reaches its sensor through I2C, and the sensor reaches it through a pin."""

import pytest

from tests.hil_tests.virtual.conftest import IN_THE_VM

_BUS = """
import machine, time
bus = machine.I2C(0, scl=machine.Pin(7), sda=machine.Pin(6), freq=400_000)
"""
_ARM = """
for register, value in ((0x10, 0x44), (0x56, 0x01), (0x5B, 4), (0x5E, 0x20), (0x58, 0x80)):
    bus.writeto_mem(0x6A, register, bytes((value,)))
"""
_BLOW = [(0, 0, 1000), (0, 0, 1000), (0, 0, 8000), (0, 0, 8000), (0, 0, 1000)]


def test_the_sensor_answers_at_its_address_and_pins(make_board):
    """Wrong pins, a wrong address or a broken sensor are ENODEV; the right ones are the chip."""
    board = make_board(
        _BUS,
        r"""
        print(bus.scan(), bus.readfrom_mem(0x6A, 0x0F, 1))
        bus.writeto(0x6A, b'\x0f')
        print(bus.readfrom(0x6A, 1))
        try:
            bus.readfrom_mem(0x68, 0x75, 1)
        except OSError as why:
            print('errno', why.errno)
        wrong = machine.I2C(1, scl=machine.Pin(6), sda=machine.Pin(7))
        print(wrong.scan())
        print('end')
        """,
    )
    board.console.expect("end")

    assert [line.text for line in board.console.lines] == ["[106] b'l'", "b'l'", "errno 19", "[]", "end"]


def test_what_is_played_is_what_is_read(make_board):
    """The FIFO holds the recording at the sensor's own rate."""
    board = make_board(
        _BUS,
        """
        before_ms = time.ticks_ms()
        for register, value in ((0x10, 0x44), (0x09, 0x04), (0x0A, 0x06)):
            bus.writeto_mem(0x6A, register, bytes((value,)))
        print('ready')
        begun_ms = time.ticks_ms()
        time.sleep_ms(400)
        read_ms = time.ticks_ms()
        low, high = bus.readfrom_mem(0x6A, 0x3A, 2)
        after_ms = time.ticks_ms()
        n = low | (high & 3) << 8
        words = bytearray(7 * n)
        bus.readfrom_mem_into(0x6A, 0x78, words)
        xs = [int.from_bytes(words[i + 1 : i + 3], 'little') for i in range(0, len(words), 7)]
        least = time.ticks_diff(read_ms, begun_ms) * 104 // 1000 - 2
        most = time.ticks_diff(after_ms, before_ms) * 104 // 1000 + 2
        print('words', least <= n <= most, 'played', sum(2000 < x < 2100 for x in xs) >= 20)
        """,
    )
    board.console.expect("ready")
    board.play([(1000, 0, 0)] * 40, 100, then="rest")

    board.console.expect("words True played True")


@IN_THE_VM
@pytest.mark.parametrize("routed", [True, False])
def test_an_impact_wakes_from_deep_sleep_only_when_routed(make_board, routed):
    """INT1 at GPIO 3 ends the sleep; without the route in MD1_CFG nothing comes but the timer."""
    board = make_board(
        """
        import esp32
        """,
        _BUS,
        _ARM,
        "" if routed else "bus.writeto_mem(0x6A, 0x5E, b'\\0')\n",
        """
        print('cause', machine.reset_cause(), machine.wake_reason(), bus.readfrom_mem(0x6A, 0x1B, 1)[0] & 8)
        esp32.wake_on_gpio((machine.Pin(3, machine.Pin.IN),), esp32.WAKEUP_ANY_HIGH)
        if machine.reset_cause() == 1: machine.deepsleep(300)
        """,
    )
    board.wait_for(lambda board: board.lives and board.lives[-1].ending)
    board.play(_BLOW, 104)

    board.console.expect("cause 4 7 8" if routed else "cause 4 4")


@IN_THE_VM
def test_the_fifo_survives_the_chips_sleep_but_not_a_power_cut(make_board):
    """Sensor and chip have power of their own: what came before the wake is still there after it."""
    board = make_board(
        _BUS,
        """
        print('level', bus.readfrom_mem(0x6A, 0x3A, 1)[0] > 20)
        if machine.reset_cause() == 1:
            for register, value in ((0x10, 0x44), (0x09, 0x04), (0x0A, 0x06)):
                bus.writeto_mem(0x6A, register, bytes((value,)))
            machine.deepsleep(300)
        """,
    )
    board.console.expect("level False")
    board.console.expect("level True")
    board.power_cut()
    again_s = board.clock.now_s()
    board.power_on()

    board.console.expect("level False", since_s=again_s)
