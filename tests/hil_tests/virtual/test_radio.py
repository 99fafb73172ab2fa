"""ESP-NOW on a virtual board keeps the rules of the port, the uncomfortable ones too."""

from .conftest import IN_THE_VM, MAC

_OTHER = bytes.fromhex("0200000000b2")
_ON = (
    "import espnow, machine, network, time\n"
    "wlan = network.WLAN(network.WLAN.IF_STA)\nwlan.active(True)\nwlan.config(channel=6)\n"
    "now = espnow.ESPNow()\nnow.active(True)\n"
    "def tried(what):\n    try:\n        print('did', what())\n    except OSError as why:\n        print('no:', why.args[-1])\n"
)


def test_two_boards_talk(make_board, air):
    """A broadcast of one is heard by the other with address, bytes and strength."""
    air.set(rssi_dbm=-71)
    ear = make_board(
        _ON + "print('listening')\nmac, data = now.recv(3000)\n"
        "print('heard', mac.hex(), data.hex(), now.peers_table[mac][0], 0 <= time.ticks_ms() - now.peers_table[mac][1] < 500)",
        mac=_OTHER,
    )
    ear.console.expect("listening")
    make_board(
        _ON + "now.add_peer(b'\\xff' * 6)\nprint('sent', now.send(b'\\xff' * 6, bytes((0, 10, 13, 255))))"
    ).console.expect("sent True")

    ear.console.expect(f"heard {MAC.hex()} 000a0dff -71 True")


def test_the_errors_are_those_of_the_port(make_board):
    """Not active, unknown peer, known twice, too long, interface down: each has its name."""
    board = make_board(
        _ON + "everybody = b'\\xff' * 6\n"
        "tried(lambda: now.send(everybody, b'x'))\n"
        "now.add_peer(everybody)\n"
        "tried(lambda: now.add_peer(everybody))\n"
        "tried(lambda: now.send(everybody, bytes(251)))\n"
        "tried(lambda: now.send(everybody, bytes(250)))\n"
        "wlan.active(False)\ntried(lambda: now.send(everybody, b'x'))\n"
        "now.active(False)\ntried(lambda: now.recv(0))\n"
        "print('end')\n"
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
        _ON + "print('deaf')\ntime.sleep_ms(300)\nn = 0\nwhile now.recv(0)[0]: n += 1\nprint('got', n, now.stats()[4])"
    )
    board.console.expect("deaf")
    for _ in range(5):
        air.inject(_OTHER, bytes(250), channel=6)

    board.console.expect("got 2 3")


@IN_THE_VM
def test_the_table_of_peers_is_read_only(make_board, air):
    """As in the port, where the dict is fixed: the firmware cannot tidy it."""
    board = make_board(
        _ON
        + "print('on')\nnow.recv(2000)\ntry:\n    now.peers_table.clear()\nexcept TypeError:\n    print('fixed', len(now.peers_table))"
    )
    board.console.expect("on")
    air.inject(_OTHER, b"x", channel=6)

    board.console.expect("fixed 1")


def test_nothing_is_heard_asleep_and_a_radio_left_on_stays_dead(make_board, air):
    """Frames during a light sleep are lost; a radio that was on must be switched off and on again, and tuned again."""
    board = make_board(
        _ON
        + "print('on')\nmachine.lightsleep(150)\nprint('asleep was', now.recv(0)[0])\nprint('dead', now.recv(100)[0])\n"
        "wlan.active(False)\nwlan.active(True)\nprint('channel', wlan.config('channel'))\nwlan.config(channel=6)\n"
        "print('alive')\nprint('then', now.recv(2000)[1])\n"
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
        "import machine\n"
        "button = machine.Pin(2, machine.Pin.IN, machine.Pin.PULL_UP)\nbutton.irq(lambda pin: print('edge'), machine.Pin.IRQ_FALLING)\n"
        + _ON
        + "print('listening')\nbegan = time.ticks_ms()\nnow.recv(300)\nprint('full', 300 <= time.ticks_diff(time.ticks_ms(), began) < 400)"
    )
    start_s = board.console.expect("listening").t_s
    board.press()

    assert board.console.expect("edge").t_s - start_s < 0.15
    board.console.expect("full True")


@IN_THE_VM
def test_irq_tells_of_a_frame(make_board, air):
    """A handler given to irq() is called soon after a frame has come."""
    board = make_board(
        _ON + "now.irq(lambda n: print('irq', n.recv(0)[1]))\nprint('on')\ntime.sleep_ms(400)\nprint('end')"
    )
    board.console.expect("on")
    air.inject(_OTHER, b"x", channel=6)

    board.console.expect("irq b'x'")
