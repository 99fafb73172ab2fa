"""ESP-NOW on a virtual board keeps the rules of the port, the uncomfortable ones too."""

from tests.hil_tests.virtual.conftest import IN_THE_VM, MAC

_OTHER = bytes.fromhex("0200000000b2")
_ON = """
import espnow, machine, network, time
wlan = network.WLAN(network.WLAN.IF_STA)
wlan.active(True)
wlan.config(channel=6)
now = espnow.ESPNow()
now.active(True)
def tried(what):
    try:
        print('did', what())
    except OSError as why:
        print('no:', why.args[-1])
"""


def test_two_boards_talk(make_board, air):
    """A broadcast of one is heard by the other with address, bytes and strength."""
    air.set(rssi_dbm=-71)
    ear = make_board(
        _ON,
        """
        print('listening')
        mac, data = now.recv(3000)
        rssi_dbm, when_ms = now.peers_table[mac]
        print('heard', mac.hex(), data.hex(), rssi_dbm, 0 <= time.ticks_diff(time.ticks_ms(), when_ms) < 500)
        """,
        mac=_OTHER,
    )
    ear.console.expect("listening")
    make_board(
        _ON,
        r"""
        now.add_peer(b'\xff' * 6)
        print('sent', now.send(b'\xff' * 6, bytes((0, 10, 13, 255))))
        """,
    ).console.expect("sent True")

    ear.console.expect(f"heard {MAC.hex()} 000a0dff -71 True")


def test_the_errors_are_those_of_the_port(make_board):
    """Not active, unknown peer, known twice, too long, interface down: each has its name."""
    board = make_board(
        _ON,
        r"""
        everybody = b'\xff' * 6
        tried(lambda: now.send(everybody, b'x'))
        now.add_peer(everybody)
        tried(lambda: now.add_peer(everybody))
        tried(lambda: now.send(everybody, bytes(251)))
        tried(lambda: now.send(everybody, bytes(250)))
        wlan.active(False)
        tried(lambda: now.send(everybody, b'x'))
        now.active(False)
        tried(lambda: now.recv(0))
        print('end')
        """,
    )
    board.console.expect("end")

    assert [line.text for line in board.console.lines] == [
        "no: ESP_ERR_ESPNOW_NOT_FOUND",
        "no: ESP_ERR_ESPNOW_EXIST",
        "no: ESP_ERR_ESPNOW_ARG",
        "did True",
        "no: ESP_ERR_ESPNOW_IF",
        "no: ESP_ERR_ESPNOW_NOT_INIT",
        "end",
    ]


@IN_THE_VM
def test_a_full_receive_buffer_drops(make_board, air):
    """What does not fit into rxbuf is lost, and counted; what fitted is there."""
    board = make_board(
        _ON,
        """
        print('deaf')
        time.sleep_ms(300)
        n = 0
        while now.recv(0)[0]: n += 1
        print('got', n, now.stats()[4])
        """,
    )
    board.console.expect("deaf")
    for _ in range(5):
        air.inject(_OTHER, bytes(250), channel=6)

    board.console.expect("got 2 3")


@IN_THE_VM
def test_the_table_of_peers_is_read_only(make_board, air):
    """As in the port, where the dict is fixed: the firmware cannot tidy it."""
    board = make_board(
        _ON,
        """
        print('on')
        now.recv(2000)
        try:
            now.peers_table.clear()
        except TypeError:
            print('fixed', len(now.peers_table))
        """,
    )
    board.console.expect("on")
    air.inject(_OTHER, b"x", channel=6)

    board.console.expect("fixed 1")


def test_nothing_is_heard_asleep_and_a_radio_left_on_stays_dead(make_board, air):
    """Frames during a light sleep are lost; a radio that was on must be switched off and on again, and tuned again."""
    board = make_board(
        _ON,
        """
        print('on')
        machine.lightsleep(150)
        print('asleep was', now.recv(0)[0])
        print('dead', now.recv(100)[0])
        wlan.active(False)
        wlan.active(True)
        print('channel', wlan.config('channel'))
        wlan.config(channel=6)
        print('alive')
        print('then', now.recv(2000)[1])
        """,
    )
    board.wait_for(lambda board: board.is_asleep)
    air.inject(_OTHER, b"lost", channel=6)
    board.console.expect("asleep was None")
    air.inject(_OTHER, b"lost too", channel=6)
    board.console.expect("dead None")
    board.console.expect("channel 1")
    board.console.expect("alive")
    air.inject(_OTHER, b"here", channel=6)

    board.console.expect("then b'here'")


def test_a_press_interrupts_the_wait_for_a_frame(make_board):
    """The handler of a pin runs while the firmware listens, and the listening goes on."""
    board = make_board(
        """
        import machine
        button = machine.Pin(2, machine.Pin.IN, machine.Pin.PULL_UP)
        button.irq(lambda pin: print('edge'), machine.Pin.IRQ_FALLING)
        """,
        _ON,
        """
        print('listening')
        began = time.ticks_ms()
        now.recv(300)
        print('full', 300 <= time.ticks_diff(time.ticks_ms(), began) < 1300)
        """,
    )
    start_s = board.console.expect("listening").t_s
    board.press()

    assert board.console.expect("edge").t_s - start_s < 0.29  # it did not wait for the end of the listening
    board.console.expect("full True")


@IN_THE_VM
def test_irq_tells_of_a_frame(make_board, air):
    """A handler given to irq() is called soon after a frame has come."""
    board = make_board(
        _ON,
        """
        now.irq(lambda n: print('irq', n.recv(0)[1]))
        print('on')
        time.sleep_ms(400)
        print('end')
        """,
    )
    board.console.expect("on")
    air.inject(_OTHER, b"x", channel=6)

    board.console.expect("irq b'x'")
