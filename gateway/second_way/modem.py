"""Without this file a text message could not leave the house: SIM, network, and one message after another.

Text mode carries what ASCII and the GSM alphabet share and fits into one message; everything else, Chinese above all,
goes in PDU mode. It blocks: it runs in a thread.
"""

import hashlib
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from gateway.configuration.second_way import ModemConfig
from gateway.second_way import pdu
from gateway.second_way.at_line import NOT_THE_PIN, AtLine, ModemFault, open_port

SEND_S = 60.0  # a network may take that long (TS 27.005 names no limit; makers of modems name 60 s and more)
REGISTER_S = 30.0
PIN_S = 20.0  # an answer that is not waited for is another try of three
SIM_READY_S = 10.0
_ASK_AGAIN_S = 0.5
# <stat>, TS 27.007, 7.2: at home and roaming; the same for SMS only, and without calls
_REGISTERED, _DENIED = ("1", "5", "6", "7", "9", "10"), "3"
REFUSED_PIN_NAME = "sim-pin-refused"


class Modem:
    """One modem. Its port stays open between messages, and is opened anew after every fault."""

    def __init__(self, config: ModemConfig, data_dir: Path) -> None:
        self._config = config
        self._refused_pin = data_dir / REFUSED_PIN_NAME
        self._refused = ""  # the same in memory: a full disk takes no note, and three tries lock the SIM
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._line: AtLine | None = None

    def stop(self) -> None:
        """End every wait at once, for ever."""
        self._stop.set()

    def close(self) -> None:
        """Let go of the port."""
        with self._lock:
            self._drop()

    def probe(self) -> None:
        """Be ready to send. ModemFault says what is missing."""
        with self._lock:
            try:
                self._ready()
            except ModemFault:
                self._drop()
                raise

    def send(self, number: str, text: str, reference: int) -> int:
        """Send a text; back when the network has taken all of it. The number of messages it took."""
        with self._lock:
            try:
                line = self._ready()
                if pdu.is_one_plain_message(text) and self._send_text(line, number, text):
                    return 1
                return self._send_pdus(line, number, text, reference)
            except ModemFault:
                self._drop()
                raise

    def _drop(self) -> None:
        if self._line:
            self._line.close()
        self._line = None

    def _ready(self) -> AtLine:
        line = self._line = self._line or open_port(self._config.port, self._config.baud, self._stop)
        line.wake()
        self._unlock(line)
        self._register(line)
        return line

    def _unlock(self, line: AtLine) -> None:
        """Give the SIM its PIN, once: three wrong ones lock it for good."""
        state = _said(line.command("AT+CPIN?"), "+CPIN:")
        if state == "READY":
            return
        if state != "SIM PIN":
            raise ModemFault(f"the SIM asks for {state}; unlock it in a telephone", is_final=True)
        pin = self._config.pin
        if pin is None:
            raise ModemFault("the SIM wants its PIN; write it into the file named by [modem] pin_file", is_final=True)
        if self._was_refused(pin):
            raise _wrong_pin()
        try:
            line.command(f'AT+CPIN="{pin}"', limit_s=PIN_S)
        except ModemFault as fault:
            if not fault.is_said or fault.number in NOT_THE_PIN:
                raise
            self._note_refused(pin)
            raise _wrong_pin() from None
        until_s = time.monotonic() + SIM_READY_S
        while _said(line.command("AT+CPIN?"), "+CPIN:") != "READY":
            if time.monotonic() > until_s:
                raise ModemFault("the SIM is not ready")
            self._stop.wait(_ASK_AGAIN_S)

    def _was_refused(self, pin: str) -> bool:
        if self._refused == _trace_of(pin):
            return True
        try:
            return self._refused_pin.read_text("ascii") == _trace_of(pin)
        except FileNotFoundError:
            return False
        except (OSError, ValueError) as fault:
            raise ModemFault(f"{self._refused_pin} cannot be read ({fault}); delete it", is_final=True) from None

    def _note_refused(self, pin: str) -> None:
        self._refused = _trace_of(pin)
        with suppress(OSError):
            self._refused_pin.touch(0o600)
            self._refused_pin.write_text(_trace_of(pin), "ascii")
            if os.geteuid() == 0:  # `sudo tiexin-gateway doctor`: the service has to read it too
                owner = self._refused_pin.parent.stat()
                os.chown(self._refused_pin, owner.st_uid, owner.st_gid)

    def _register(self, line: AtLine) -> None:
        """Wait until some network has us: the old one (+CREG), or the one of LTE (+CEREG), which some modems lack."""
        until_s = time.monotonic() + REGISTER_S
        while True:
            found = []
            for query, prefix in (("AT+CREG?", "+CREG:"), ("AT+CEREG?", "+CEREG:")):
                with suppress(_Unknown):
                    found += [one.strip() for one in _said(_known(line, query), prefix).split(",")[1:2]]
            if any(one in _REGISTERED for one in found):
                return
            if _DENIED in found:  # by neither of the two: one may refuse calls where the other takes messages
                raise ModemFault("the network refuses the SIM; is it paid for, is roaming allowed?", is_final=True)
            if time.monotonic() > until_s:
                raise ModemFault("there is no network; look at the aerial and the place")
            self._stop.wait(_ASK_AGAIN_S)

    def _send_text(self, line: AtLine, number: str, text: str) -> bool:
        """False if the modem has no text mode."""
        try:
            line.command("AT+CMGF=1")
            line.command('AT+CSCS="IRA"')
            line.command("AT+CSMP=17,11,0,0")  # as in pdu.py: valid for an hour, GSM alphabet
        except ModemFault:
            return False
        line.message(f'AT+CMGS="{number}"', text, SEND_S)
        return True

    def _send_pdus(self, line: AtLine, number: str, text: str, reference: int) -> int:
        line.command("AT+CMGF=0")
        parts = pdu.submit(number, text, reference)
        for part in parts:
            line.message(f"AT+CMGS={part.length}", part.hex, SEND_S)
        return len(parts)


class _Unknown(Exception):
    """The modem does not know this query."""


def _known(line: AtLine, query: str) -> list[str]:
    try:
        return line.command(query)
    except ModemFault as fault:
        if fault.number is None and "does not know" in str(fault):
            raise _Unknown from None
        raise


def _said(lines: list[str], prefix: str) -> str:
    """What stands behind the prefix in one of the lines; a modem's other remarks are passed over."""
    return next((line.removeprefix(prefix).strip() for line in lines if line.startswith(prefix)), "")


def _trace_of(pin: str) -> str:
    return hashlib.sha256(b"tiexin sim pin " + pin.encode()).hexdigest()


def _wrong_pin() -> ModemFault:
    text = "the SIM refuses the PIN, which is not tried again before it changes: correct the file of [modem] pin_file"
    return ModemFault(text, is_final=True)
