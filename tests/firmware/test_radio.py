"""The radio's driver in a VM on a virtual board: what the port does to it must not end it."""

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
