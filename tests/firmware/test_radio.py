"""The radio's driver, on a virtual board and on a desk: what the port does to it must not end it."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hil_tests.virtual import Air, VirtualBoard
from tools.board_files import BoardFile, read_files

_MAIN = b"""
from firmware.radio import Radio
radio = Radio(6)
radio.on()
print("listening")
heard = 0
while radio.senders < 257:
    heard += bool(radio.listen(1000))
print("senders after", heard)
radio.off()
radio.on()
print("off and on:", radio.senders)
"""


def test_many_senders_are_noticed_and_nothing_breaks(tmp_path):
    """Frames of 300 different senders: each is heard and counted, and switching off and on forgets none of them."""
    files = [*read_files(["firmware/radio.py", "shared/compat.py"]), BoardFile("main.py", _MAIN)]
    with Air() as air, VirtualBoard("bridge_esp32", b"\x02\0\0\0\0\1", tmp_path, air, files=files) as board:
        if board.runtime != "micropython":
            board.install([*read_files(["firmware/radio.py", "shared/compat.py"], compiled=False), files[-1]])
        board.power_on()
        board.console.expect("listening")
        for number in range(300):
            air.inject(b"\x04\0\0\0" + number.to_bytes(2, "big"), b"rubbish", channel=6)
            if number % 10 == 9:
                board.clock.sleep(0.02)  # a receive buffer holds a dozen
        board.console.expect("senders after 257")
        board.console.expect("off and on: 257")


_MAC = b"\x02\0\0\0\0\2"


class TornPort:
    """The port's ESPNow. A ring that was read between the pieces of a frame is torn until it is made anew."""

    def __init__(self):
        self.ring = []
        self.is_torn = False
        self.peers = []
        self.rxbuf = 526
        self.ring_bytes = 0
        self.peers_table = {_MAC: [-60, 0]}

    def config(self, rxbuf):
        """Kept until it is switched on."""
        self.rxbuf = rxbuf

    def active(self, is_on):
        """Each time a new ring, out of the heap, and no peers."""
        self.ring_bytes = self.rxbuf if is_on else 0
        self.ring, self.peers = [], []
        self.is_torn = self.is_torn and not is_on

    def add_peer(self, mac):
        """Whom it may send to."""
        self.peers.append(mac)

    def recv(self, _ms):
        """As modespnow.c: from the first torn frame on, nothing but this."""
        if self.is_torn:
            raise ValueError("ESPNow.recv(): buffer error")
        return (_MAC, self.ring.pop(0)) if self.ring else (None, None)


@pytest.fixture
def torn(monkeypatch):
    """(the driver, switched on, its port, channels it was tuned to)."""
    port = TornPort()
    channels = []

    class Wlan:
        IF_STA = 0
        PM_NONE = 0

        def __init__(self, _interface):
            """One station."""

        def active(self, is_on):
            """Nothing to do."""

        def comes(self):
            """What is heard while the chip changes the channel."""

        def config(self, asked=None, channel=0, pm=None):
            """Where it listens: the country that ESP-IDF begins with ends at 11."""
            if channel > 11:
                raise RuntimeError("Wifi Unknown Error 0x0102")
            if channel:
                self.comes()
                channels.append(channel)
            return channels[-1] if asked else None

    monkeypatch.setitem(sys.modules, "espnow", SimpleNamespace(ESPNow=lambda: port))
    monkeypatch.setitem(sys.modules, "network", SimpleNamespace(WLAN=Wlan))
    spec = importlib.util.spec_from_file_location("radio_on_a_desk", Path("firmware/radio.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    radio = module.Radio(6)
    radio.on()
    return radio, port, channels


def test_a_torn_ring_is_no_crash_and_the_next_frame_is_heard(torn):
    """Three crashes would be a pendant without fall detection, and a bridge that is deaf for minutes."""
    radio, port, _channels = torn
    port.is_torn = True
    port.ring.append(b"lost with the ring")

    assert radio.listen(5) is None
    assert radio.torn == 1
    assert radio.is_on
    assert port.peers == [b"\xff" * 6]
    port.ring.append(b"whole")
    assert radio.listen(5) == (_MAC, -60, b"whole")


def test_a_ring_that_is_torn_while_the_channel_changes_ends_on_the_new_one(torn):
    """Where the search for a gateway goes on."""
    radio, port, channels = torn
    port.is_torn = True
    radio.tune(11)

    assert channels[-1] == 11
    port.ring.append(b"whole")
    assert radio.listen(5) == (_MAC, -60, b"whole")


def test_what_comes_while_the_channel_changes_is_not_of_the_new_one(torn):
    """An acknowledgement that was late would make an empty channel the good one: beats unheard for an hour."""
    radio, port, _channels = torn
    port.ring.append(b"before")
    radio._wlan.comes = lambda: port.ring.append(b"meanwhile")
    radio.tune(11)

    assert radio.listen(5) is None
    port.ring.append(b"on the new one")
    assert radio.listen(5) == (_MAC, -60, b"on the new one")


def test_a_channel_that_the_chip_refuses_is_no_crash_and_says_where_we_are(torn):
    """Each search for a gateway ends at 12 and 13: three of them out of reach, and no fall would be seen any more."""
    radio, port, channels = torn
    radio.tune(13)

    assert (radio.channel, channels[-1]) == (6, 6)
    port.ring.append(b"whole")
    assert radio.listen(5) == (_MAC, -60, b"whole")
    radio.off()
    radio.tune(12)
    radio.on()
    assert radio.channel == 6
    radio.tune(11)
    assert (radio.channel, channels[-1]) == (11, 11)


def test_a_pendants_ring_is_small_each_time(torn):
    """Four times as much found no room in the heap of a pendant that owes 48 calls: a crash instead of a call."""
    radio, port, _channels = torn
    assert port.ring_bytes == 1_024
    radio.off()
    radio.on()

    assert port.ring_bytes == 1_024
