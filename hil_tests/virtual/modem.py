"""Without this module the way out by text message could be tried only with a SIM card that costs money.

A modem on a pseudo-terminal that answers AT as 3GPP says: TS 27.007 (SIM PIN, registration, +CME ERROR), TS 27.005
(text messages, +CMS ERROR), V.250 (echo, result codes). What it is given to send is decoded back into text. It can be
slow, silent, busy, without network, locked, noisy, and pulled out.
"""

import queue
import re
import threading
import time
from typing import NamedTuple

from gateway.second_way import alphabet
from hil_tests.virtual.clock import Clock
from hil_tests.virtual.serial_line import SerialLine

_CTRL_Z, _ESC = b"\x1a", b"\x1b"
_PIN_TRIES = 3


class Message(NamedTuple):
    """What somebody's telephone would show."""

    number: str
    text: str
    parts: int
    at_s: float  # monotonic
    mode: str  # "text" or "pdu"


class _Part(NamedTuple):
    number: str
    text: str
    reference: int
    count: int
    index: int


class VirtualModem:
    """Set the attributes at any moment; `messages` is what arrived. Its port is `path` while it is plugged in."""

    def __init__(self, path, *, pin=None):
        self.path = path
        self.pin = pin  # what the SIM wants to hear; None: it wants nothing
        self.pin_tries_left = _PIN_TRIES
        self.wrong_pin = "+CME ERROR: 16"  # incorrect password; not every maker keeps to the number
        self.is_unlocked = pin is None
        self.registration = 1  # +CREG: 0 not searching, 1 home, 2 searching, 3 denied, 5 roaming; 6, 7 for SMS only
        self.is_lte_only = False  # +CREG says `elsewhere`, +CEREG the truth
        self.elsewhere = 0
        self.sending_s = 0.0  # how long the network takes for one message
        self.is_silent = False
        self.has_text_mode = True
        self.noise = b""  # comes before every answer
        self.refusals = []  # +CMS ERROR numbers for the next messages, first things first
        self.messages = []
        self.commands = []
        self._parts = {}
        self._input = queue.SimpleQueue()
        self._line = SerialLine(path, Clock(1), self._input.put)
        self._is_running = False
        self._forget_settings()

    def _forget_settings(self):
        self._has_echo = True
        self._is_pdu = True
        self._taking = None  # what AT+CMGS named, while the text is expected
        self._received = b""

    def __enter__(self):
        self.plug()
        return self

    def __exit__(self, *_):
        self.unplug()

    def plug(self):
        """Appear, switched on anew: a SIM with a PIN is locked."""
        self._forget_settings()
        self.is_unlocked = self.pin is None
        self._is_running = True
        self._line.plug()
        self._thread = threading.Thread(target=self._serve, name="modem", daemon=True)
        self._thread.start()

    def unplug(self):
        """Vanish in the middle of whatever it does."""
        if not self._is_running:
            return
        self._is_running = False
        self._input.put(b"")
        self._line.unplug()
        self._thread.join()

    def say(self, text):
        """An unsolicited line, like RING."""
        self._line.write(f"\r\n{text}\r\n".encode())

    # ---- V.250: lines in, result codes out

    def _serve(self):
        while self._is_running:
            data = self._input.get()
            if self.is_silent:
                continue
            self._received += data
            while self._is_running and self._take_one():
                pass

    def _take_one(self):
        """Deal with one command or one text that is complete; False if none is."""
        if self._taking is not None:
            return self._take_text()
        self._received = self._received.lstrip(b"\n" + _ESC)
        line, end, rest = self._received.partition(b"\r")
        if not end:
            return False
        self._received = rest
        if self._has_echo:
            self._line.write(line + b"\r")
        command = line.decode("ascii", "replace").strip()
        if command:
            self.commands.append(command)
            self._answer(self._do(command))
        return True

    def _answer(self, reply):
        if reply is not None:
            self._line.write(self.noise + "".join(f"\r\n{line}\r\n" for line in reply.split("\n")).encode())

    def _do(self, command):
        if not command.upper().startswith("AT"):
            return "ERROR"
        name = command[2:].upper()
        for pattern, act in (
            ("", lambda _: "OK"),
            (r"E([01])", self._echo),
            (r"\+CMEE=\d", lambda _: "OK"),
            (r"\+CPIN\?", self._ask_pin),
            (r'\+CPIN="?(\d+)"?', self._enter_pin),
            (r"\+C(E?|G)REG\?", self._ask_registration),
            (r"\+CSQ", lambda _: "+CSQ: 20,99\nOK"),
            (r"\+CMGF=([01])", self._choose_mode),
            (r'\+CSCS="IRA"', lambda _: "OK"),
            (r"\+CSMP=17,(\d+),0,0", lambda _: "OK"),
            (r'\+CMGS=(\d+|"[^"]+")', self._begin_message),
        ):
            if found := re.fullmatch(pattern, name):
                return act(found)
        return "ERROR"

    def _echo(self, found):
        self._has_echo = found[1] == "1"
        return "OK"

    # ---- TS 27.007

    def _ask_pin(self, _):
        if self.is_unlocked:
            return "+CPIN: READY\nOK"
        return f"+CPIN: {'SIM PIN' if self.pin_tries_left else 'SIM PUK'}\nOK"

    def _enter_pin(self, found):
        if self.is_unlocked or not self.pin_tries_left:
            return "+CME ERROR: 3"
        if found[1] != self.pin:
            self.pin_tries_left -= 1
            return self.wrong_pin
        self.pin_tries_left = _PIN_TRIES
        self.is_unlocked = True
        return "OK"

    def _ask_registration(self, found):
        is_lte = found[1] == "E"
        status = self.registration if self.is_unlocked and is_lte == self.is_lte_only else self.elsewhere
        return f"+C{found[1]}REG: 0,{status}\nOK"

    # ---- TS 27.005

    def _choose_mode(self, found):
        if found[1] == "1" and not self.has_text_mode:
            return "+CMS ERROR: 303"
        self._is_pdu = found[1] == "0"
        return "OK"

    def _begin_message(self, found):
        if not self.is_unlocked:
            return "+CMS ERROR: 311"
        if found[1].startswith('"') == self._is_pdu:
            return "+CMS ERROR: 304" if self._is_pdu else "+CMS ERROR: 305"
        self._taking = found[1].strip('"')
        self._line.write(b"\r\n> ")
        return None

    def _take_text(self):
        ends = [at for mark in (_CTRL_Z, _ESC) if (at := self._received.find(mark)) >= 0]
        if not ends:
            return False
        content, mark = self._received[: min(ends)], self._received[min(ends) : min(ends) + 1]
        self._received = self._received[min(ends) + 1 :]
        about, self._taking = self._taking, None
        self._answer(self._send(about, content.decode("ascii")) if mark == _CTRL_Z else "OK")
        return True

    def _send(self, about, content):
        until_s = time.monotonic() + self.sending_s
        while self._is_running and time.monotonic() < until_s:
            time.sleep(0.01)
        if not self._is_running:
            return None  # pulled out in the middle: no word of it, and nobody has the message
        if self.refusals:
            return f"+CMS ERROR: {self.refusals.pop(0)}"
        if self.registration not in {1, 5, 6, 7}:
            return "+CMS ERROR: 331"
        if not self._is_pdu:
            self.messages.append(Message(about, content, 1, time.monotonic(), "text"))
        elif len(content) != 2 * int(about) + 2:
            return "+CMS ERROR: 304"
        else:
            self._collect(decode(content))
        return "+CMGS: 1\nOK"

    def _collect(self, part):
        """Put the parts of a long text together, as a telephone does."""
        parts = self._parts.setdefault((part.number, part.reference, part.count), {})
        parts[part.index] = part.text
        if len(parts) == part.count:
            del self._parts[part.number, part.reference, part.count]
            text = "".join(parts[index] for index in sorted(parts))
            self.messages.append(Message(part.number, text, part.count, time.monotonic(), "pdu"))


def decode(content):
    """A PDU as AT+CMGS takes it -> what it says. TS 23.040, 9.2.2.2; ValueError or IndexError if it is none."""
    octets = bytes.fromhex(content)
    octets = octets[1 + octets[0] :]  # the service centre
    first, digits, kind = octets[0], octets[2], octets[3]
    size = (digits + 1) // 2
    number = "".join(f"{octet & 15:x}{octet >> 4:x}" for octet in octets[4 : 4 + size])[:digits]
    coding, at = octets[5 + size], 6 + size + (0, 7, 1, 7)[first >> 3 & 3]  # behind TP-VP, 9.2.3.3
    length, data = octets[at], octets[at + 1 :]
    header = data[: 1 + data[0]] if first & 0x40 else b""
    if coding == 8:
        text = data[len(header) : length].decode("utf-16-be")
    else:
        septets = -(-8 * len(header) // 7)
        text = alphabet.unpack(data[len(header) :], length - septets, 7 * septets - 8 * len(header))
    reference, count, index = header[3:6] if header else (0, 1, 1)
    return _Part(("+" if kind == 0x91 else "") + number, text, reference, count, index)
