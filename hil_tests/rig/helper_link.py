"""Without this file the bench's computer would have no hands: requests to the helper, replies, and its clock.

hil_tests/helper/README.md has the verbs. The helper's milliseconds are laid onto this computer's clock by the quickest
of several hellos; they wrap after 2^30.
"""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import serial

_REPLY_S = 3.0
_HELLOS = 8
_HELLO_TRIES = 3
_LINE_BYTES_MOST = 65_536  # the helper has no memory for a longer reply
_WRAP_MS = 1 << 30


class HelperFault(Exception):
    """The helper does not answer, or says no; the text says what and why."""


class NoReply(HelperFault):
    """It has said nothing in time."""


class HelperLink:
    """One helper on a serial port. request() may be called from any thread."""

    def __init__(self, port: Path) -> None:
        try:
            self._port = serial.Serial(str(port), 115_200, timeout=0.05, exclusive=True)
        except (OSError, serial.SerialException) as fault:
            raise HelperFault(
                f"{port}: the helper's port cannot be opened ({fault}); plug it in, close other programs."
            ) from None
        self._name = str(port)
        self._number = 0
        self._replies: dict[int, str] = {}
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.has: Sequence[str] = ()
        self._zero_s = 0.0  # this computer's time.monotonic() at the helper's millisecond 0
        try:
            self._greet()
        except BaseException:
            self.close()  # nobody else can: there is no link yet
            raise

    def close(self) -> None:
        """Let go of the port."""
        self._stop.set()
        self._reader.join()
        self._port.close()

    def request(self, *words: object, within_s: float = _REPLY_S) -> list[str]:
        """Ask, wait for the reply; its words after "ok". HelperFault if it says no, or nothing."""
        with self._changed:
            self._number += 1
            number = self._number
            try:
                self._port.write(" ".join(str(word) for word in (number, *words)).encode("ascii") + b"\n")
            except (OSError, serial.SerialException) as fault:
                raise HelperFault(f"{self._name}: the helper has gone ({fault}); plug it in.") from None
            if not self._changed.wait_for(lambda: number in self._replies, within_s):
                raise NoReply(f"{self._name}: no reply to {words[0]} within {within_s} s; is it the helper's port?")
            kind, _, rest = self._replies.pop(number).partition(" ")
        if kind != "ok":
            raise HelperFault(f"{self._name}: {words[0]}: {rest}")
        return rest.split()

    def at_s(self, helper_ms: int) -> float:
        """When that was by this computer's time.monotonic(): a millisecond of the helper within the last days."""
        now_ms = int((time.monotonic() - self._zero_s) * 1000)
        behind_ms = (now_ms - helper_ms + _WRAP_MS // 2) % _WRAP_MS - _WRAP_MS // 2
        return self._zero_s + (now_ms - behind_ms) / 1000

    def _greet(self) -> None:
        best_s = float("inf")
        for _ in range(_HELLOS):
            began_s = time.monotonic()
            said = self._hello()
            took_s = time.monotonic() - began_s
            if said[:2] != ["tiexin-helper", "1"] or len(said) != 4:
                answers = " ".join(said[:2]) or "something else"
                raise HelperFault(f"{self._name}: {answers} answers, not helper 1; copy hil_tests/helper onto it.")
            now_ms, has = said[2:]
            if took_s < best_s:
                best_s = took_s
                self._zero_s = began_s + took_s / 2 - int(now_ms) / 1000
            self.has = has.split(",")

    def _hello(self) -> list[str]:
        """Asked again where nothing answers: a helper that is just starting loses what comes meanwhile."""
        for _ in range(_HELLO_TRIES - 1):
            try:
                return self.request("hello")
            except NoReply:
                continue
        return self.request("hello")

    def _read(self) -> None:
        rest = b""
        while not self._stop.is_set():
            try:
                rest += self._port.read(max(1, self._port.in_waiting))
            except (OSError, serial.SerialException):
                return  # pulled out: whoever asks next hears that nothing answers
            *lines, rest = rest[-_LINE_BYTES_MOST:].split(b"\n")
            for line in lines:
                number, _, text = line.strip().decode("ascii", "replace").partition(" ")
                if number.isdigit():
                    with self._changed:
                        self._replies[int(number)] = text
                        self._changed.notify_all()
