"""The virtual modem answers as the standards say, whoever speaks to it; what it is given is read as others write it."""

import time

import pytest
import serial

from hil_tests.virtual.modem import VirtualModem, decode


@pytest.fixture
def line(tmp_path):
    """A modem whose SIM is locked, and its port."""
    with VirtualModem(tmp_path / "modem", pin="0042") as modem:
        port = serial.Serial(str(tmp_path / "modem"), 115_200, timeout=0.05)
        yield modem, port
        port.close()


def ask(port, command, end=b"\r"):
    """What it says to a command, until it has said OK, an error or a prompt."""
    port.write(command.encode() + end)
    said, until_s = b"", time.monotonic() + 10
    while not said.rstrip(b" ").endswith((b"OK\r\n", b"ERROR\r\n", b">")) and b" ERROR: " not in said[:-3]:
        assert time.monotonic() < until_s, said
        said += port.read(200)
    return said


def test_it_echoes_until_it_is_told_not_to_and_knows_what_it_does_not_know(line):
    """V.250: ATE1 is how a modem begins."""
    _, port = line

    assert ask(port, "AT") == b"AT\r\r\nOK\r\n"
    assert ask(port, "ATE0") == b"ATE0\r\r\nOK\r\n"
    assert ask(port, "AT+NONSENSE") == b"\r\nERROR\r\n"
    assert ask(port, "rubbish") == b"\r\nERROR\r\n"


def test_three_wrong_pins_lock_the_sim(line):
    """TS 27.007: then it wants the PUK, and not even the right PIN opens it."""
    modem, port = line
    ask(port, "ATE0")

    assert b"SIM PIN" in ask(port, "AT+CPIN?")
    for _ in range(3):
        assert b"+CME ERROR: 16" in ask(port, 'AT+CPIN="1111"')
    assert b"SIM PUK" in ask(port, "AT+CPIN?")
    assert b"+CME ERROR: 3" in ask(port, "AT+CPIN=0042")
    assert modem.pin_tries_left == 0


def test_a_message_is_taken_after_the_prompt_or_given_up(line):
    """TS 27.005: Ctrl-Z sends, ESC does not; a length that is not the PDU's is refused."""
    modem, port = line
    ask(port, "ATE0")
    assert b"+CMS ERROR: 311" in ask(port, "AT+CMGS=10")
    ask(port, "AT+CPIN=0042")
    ask(port, "AT+CMGF=1")
    assert ask(port, 'AT+CMGS="10086"') == b"\r\n> "
    assert ask(port, "hello", b"\x1b") == b"\r\nOK\r\n"
    ask(port, 'AT+CMGS="10086"')
    assert b"+CMGS: 1" in ask(port, "hello", b"\x1a")
    ask(port, "AT+CMGF=0")
    ask(port, "AT+CMGS=10")
    assert b"+CMS ERROR: 304" in ask(port, "0001000B819010325476F8000012C8F71D14969741F9771D447EA7DDE71F", b"\x1a")

    assert [(one.number, one.text, one.mode) for one in modem.messages] == [("10086", "hello", "text")]


@pytest.mark.parametrize(
    ("pdu", "number", "text"),
    [
        ("0001000B819010325476F8000012C8F71D14969741F9771D447EA7DDE71F", "09012345678", "How are you doing?"),
        ("0001000B819010325476F800080A30533093306B3061308F", "09012345678", "こんにちわ"),
    ],
)
def test_what_other_encoders_have_written_is_read(pdu, number, text):
    """Published examples of another program: septets, and UCS-2."""
    found = decode(pdu)

    assert (found.number, found.text, found.count) == (number, text, 1)
