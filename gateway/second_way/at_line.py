"""Without this file a modem's half sentence, its chatter and its silence would all look alike.

A dialogue with a modem, line by line, as V.250 and 3GPP TS 27.007/27.005 say: a command, some lines, a final result.
Whatever else a modem says in between is passed over. Every wait has an end. It blocks: it runs in a thread.
"""

import re
import termios
import threading
import time
from contextlib import suppress
from typing import Any

import serial

COMMAND_S = 5.0
WAKE_S = 1.0
_WAKES = 4
_POLL_S = 0.1
_MOST_BYTES = 8_192  # of one answer; a modem that says more says nothing of use
_MOST_LINES = 200
_CTRL_Z, _ESC = b"\x1a", b"\x1b"
_FAILED = re.compile(r"\+(CM[ES]) ERROR: *(.{1,60})")

# TS 27.007, 9.2 and TS 27.005, 3.2.5 (below 128: TS 24.011, annex E): what somebody can do something about.
_CME = {
    10: "no SIM is inserted", 11: "the SIM wants its PIN; write it into the file named by [modem] pin_file",
    12: "the SIM is locked and wants its PUK; unlock it in a telephone", 13: "the SIM fails; clean or replace it",
    14: "the SIM is busy", 15: "this is the wrong SIM", 16: "the SIM refuses the PIN", 30: "there is no network",
    31: "the network did not answer", 32: "the network allows emergency calls only; is the SIM paid for?",
}  # fmt: skip
_CMS = {
    1: "the number does not exist", 21: "the message was rejected", 27: "the number is out of order",
    28: "the number does not exist", 38: "the network is out of order", 41: "the network fails for now",
    42: "the network is overloaded", 47: "the network has no room for it now",
    50: "the SIM may not send messages; ask its provider", 69: "the network does not carry messages",
    304: "the modem does not understand the message", 305: "the modem does not understand the message",
    310: _CME[10], 311: _CME[11], 313: _CME[13], 314: _CME[14], 315: _CME[15], 316: _CME[12],
    330: "the SIM knows no service centre; store its number in a telephone", 331: _CME[30], 332: _CME[31],
}  # fmt: skip
_FINAL = {"CME": (10, 11, 12, 13, 15, 16), "CMS": (50, 310, 311, 313, 315, 316, 330)}
NOT_THE_PIN = (10, 13, 14, 15)  # why a SIM may not have looked at a PIN; any other error may be "wrong", in any words


# What pyserial raises when a port vanishes under its hands; termios.error is no OSError.
_GONE = (OSError, serial.SerialException, termios.error, TypeError)


class ModemFault(Exception):
    """It did not work; the text says why. is_final: not before somebody has put it right.

    is_said: the modem has said so, and number is that of its +CME or +CMS ERROR; otherwise it said nothing.
    """

    def __init__(
        self, text: str, *, is_final: bool = False, is_said: bool = False, number: int | None = None
    ) -> None:  # fmt: skip
        super().__init__(text)
        self.is_final = is_final
        self.is_said = is_said
        self.number = number


class AtLine:
    """One open port. `stop` ends every wait at once."""

    def __init__(self, port: serial.Serial, stop: threading.Event) -> None:
        self._port = port
        self._stop = stop

    def close(self) -> None:
        """Let go of the port."""
        with suppress(*_GONE):
            self._port.reset_output_buffer()  # or closing would wait, up to 30 s, for a modem that takes nothing
        with suppress(*_GONE):
            self._port.close()

    def wake(self) -> None:
        """Leave whatever the modem was in the middle of, find its speed, and let it be quiet and explicit."""
        self._write(_ESC + b"\r")
        fault = None
        for _ in range(_WAKES):
            try:
                self.command("AT", limit_s=WAKE_S)
                break
            except ModemFault as one:
                fault = one
        else:
            raise fault or ModemFault("the modem does not answer")
        self.command("ATE0")
        self.command("AT+CMEE=1")

    def command(self, line: str, limit_s: float = COMMAND_S) -> list[str]:
        """Give a command; its lines, once the modem has said OK. ModemFault otherwise."""
        self._clear()
        self._write(line.encode("ascii") + b"\r")
        return self._answer(line, limit_s)

    def message(self, line: str, content: str, limit_s: float) -> None:
        """Give a command that asks for a text, and the text; back when the network has taken it."""
        self._clear()
        self._write(line.encode("ascii") + b"\r")
        self._answer(line, COMMAND_S, is_prompt=True)
        self._write(content.encode("ascii") + _CTRL_Z)
        try:
            self._answer(content, limit_s)
        except ModemFault:
            with suppress(ModemFault):
                self._write(_ESC)  # if it still waits for the text's end
            raise

    def _clear(self) -> None:
        try:
            self._port.reset_input_buffer()
        except _GONE as fault:
            raise _gone(fault) from None

    def _write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except _GONE as fault:
            raise _gone(fault) from None

    def _answer(self, echo: str, limit_s: float, *, is_prompt: bool = False) -> list[str]:
        until_s = time.monotonic() + limit_s
        received = b""
        lines: list[str] = []
        while True:
            *whole, received = re.split(rb"[\r\n]+", received + self._read(until_s, echo))
            for raw in whole:
                line = raw.decode("ascii", "replace").strip()
                if line == "OK":
                    return lines
                _raise_if_failed(line)
                if line and line != echo and len(lines) < _MOST_LINES:
                    lines.append(line)
            if is_prompt and received.endswith(b"> "):
                return lines
            received = received[-_MOST_BYTES:]

    def _read(self, until_s: float, echo: str) -> bytes:
        while time.monotonic() < until_s:
            if self._stop.is_set():
                raise ModemFault("the gateway stops")
            try:
                data: Any = self._port.read(max(1, self._port.in_waiting))
            except _GONE as fault:
                raise _gone(fault) from None
            if data:
                return bytes(data)
        about = echo if echo.startswith("AT") and "CPIN" not in echo and "CMGS" not in echo else "the message"
        raise ModemFault(f"the modem does not answer ({about})")


def _raise_if_failed(line: str) -> None:
    if line == "ERROR":
        raise ModemFault("the modem does not know the command", is_said=True)
    if found := _FAILED.fullmatch(line):
        number = int(found[2]) if found[2].isdigit() else -1
        said = (_CME if found[1] == "CME" else _CMS).get(number, "it did not work")
        is_final = number in _FINAL[found[1]]
        raise ModemFault(f"{said} (+{found[1]} ERROR: {found[2]})", is_final=is_final, is_said=True, number=number)


def _gone(fault: Exception) -> ModemFault:
    return ModemFault(f"the modem is gone ({fault}); plug it in")


def open_port(path: str, baud: int, stop: threading.Event) -> AtLine:
    """Open the port for ourselves alone. ModemFault says what stands in the way."""
    try:
        return AtLine(serial.Serial(path, baud, timeout=_POLL_S, write_timeout=2.0, exclusive=True), stop)
    except (*_GONE, ValueError) as fault:
        said = str(fault)
        if "lock" in said or "busy" in said:
            raise ModemFault(f"{path} is in use by another program") from None
        if "Permission" in said:
            raise ModemFault(f"{path} may not be opened; let the gateway's user into the group dialout") from None
        raise ModemFault(f"{path} cannot be opened; plug the modem in, or correct [modem] port") from None
