"""The serial port of a virtual bridge is one that pyserial opens, loses and opens again."""

import os
import time

import pytest
import serial

from tests.hil_tests.virtual.conftest import IN_THE_VM

_ECHO = """
import micropython, select, sys
micropython.kbd_intr(-1)
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
stdin = getattr(sys.stdin.buffer, 'raw', sys.stdin.buffer)
out = sys.stdout.buffer
out.write(b'ready')
out.flush() if hasattr(out, 'flush') else None
while True:
    poll.poll(1000)
    byte = stdin.read(1)
    out.write(byte)
    out.flush() if hasattr(out, 'flush') else None
"""


def _open(board, timeout_s=2):
    return serial.Serial(str(board.serial_port), 115_200, timeout=timeout_s)


def test_every_byte_value_goes_through_both_ways(make_board):
    """No tty touches the stream: 0x00, 0x03, 0x04, 0x0a, 0x0d, 0x11, 0x7f arrive as they were sent."""
    every = bytes(range(256))
    board = make_board(
        """
        import time
        time.sleep(0.3)
        """,
        _ECHO,
        profile="bridge_esp32",
    )
    with _open(board) as port:
        assert port.read(5) == b"ready"
        port.write(every[:128])
        first = port.read(128)
        port.write(every[128:])

        assert first + port.read(128) == every
    assert board.uart_overruns == 0


@IN_THE_VM
def test_a_board_that_does_not_read_loses_bytes(make_board):
    """The port's ring holds 260 bytes; what comes while the firmware is busy and does not fit is gone."""
    board = make_board(
        """
        import time
        print('ready', end='')
        time.sleep(5)
        """,
        profile="bridge_esp32",
    )
    with _open(board) as port:
        board.wait_for(lambda board: board.lives)
        time.sleep(0.1)
        port.write(bytes(400))
        board.wait_for(lambda board: board.uart_overruns >= 140)

    assert board.uart_overruns == 140


def test_unplugged_it_fails_and_plugged_it_is_back(make_board):
    """The open port raises, the name is gone; plugged in again, the same name is a fresh board."""
    board = make_board(
        """
        import time
        time.sleep(0.2)
        """,
        _ECHO,
        profile="bridge_esp32",
    )
    with _open(board) as port:
        assert port.read(5) == b"ready"
        board.unplug()
        with pytest.raises((serial.SerialException, OSError)):
            port.read(1)
        assert not os.path.lexists(board.serial_port)
        assert not board.is_powered

    board.plug()
    with _open(board) as port:
        assert port.read(5) == b"ready"
    assert len(board.lives) == 2


@IN_THE_VM
def test_what_nobody_reads_is_lost_not_kept(make_board):
    """A serial line does not wait: who opens it late sees what comes from then on."""
    board = make_board(
        """
        import time
        for n in range(60):
            print(n, end=' ')
            time.sleep_ms(10)
        """,
        profile="bridge_esp32",
    )
    board.wait_for(lambda board: board.lives)
    time.sleep(0.3)
    with _open(board, timeout_s=1) as port:
        seen = port.read_until(b"59 ")

    assert b"0 1 2" not in seen
    assert seen.endswith(b"58 59 ")
