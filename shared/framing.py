"""Without this file a lost byte on the serial line would take every later frame with it.

Between bridge and gateway: payloads with a CRC, stuffed by COBS (Cheshire and Baker, IEEE/ACM Transactions on
Networking 7(2), 1999) so that the byte 0x00 stands between frames and nowhere else. Bytes in, messages out; it opens
nothing and never raises on rubbish, it counts it.
"""

from binascii import crc32

from shared.compat import const
from shared.crc import crc16

# bridge -> gateway
HELLO = const(0x01)
HEARD = const(0x02)
LOG = const(0x03)
ALARMS = const(0x41)
# gateway -> bridge
SEND = const(0x81)
ASK_HELLO = const(0x82)
SET_CHANNEL = const(0x83)
KNOWN = const(0x84)
ALLOW = const(0x85)
SEND_ALL = const(0xC1)

PROTOCOL_VERSION = const(1)
SHORT_FORMS = const(1)  # a bit of HELLO's abilities and of ALLOW: ALARMS and SEND_ALL are understood
_QUICK = const(0x40)  # kinds with this bit are checked by CRC-32, which MicroPython has in C: 16 times as fast there
LONGEST_PAYLOAD_SIZE = const(280)  # HEARD with a full ESP-NOW frame (250), its sender, its strength; and some air
LONGEST_ENCODED_SIZE = const(320)
_CRC_SIZE = const(2)
_LONGEST_RUN = const(254)


def check_of(payload: bytes | bytearray) -> int:
    """The two bytes that end a message: its CRC-16, or the lower half of its CRC-32, as its kind says."""
    return crc32(payload) & 0xFFFF if payload[0] & _QUICK else crc16(payload)


def encode(kind: int, body: bytes) -> bytes:
    """Return the bytes for the line, the closing 0x00 included; ValueError if body is too long."""
    payload = bytes((kind,)) + bytes(body)
    if len(payload) > LONGEST_PAYLOAD_SIZE:
        raise ValueError("{} bytes do not fit into a frame of {}".format(len(payload), LONGEST_PAYLOAD_SIZE))
    crc = check_of(payload)
    return _stuff(payload + bytes((crc >> 8, crc & 0xFF))) + b"\x00"


class Decoder:
    """Takes the line's bytes as they come, in any pieces; gives whole, checked messages.

    ``rejected`` counts frames that were damaged, too long or empty of sense: the line's health.
    """

    def __init__(self) -> None:
        self.rejected = 0
        self._pending = bytearray()
        self._is_skipping = False  # a frame grew too long: nothing counts until the next 0x00

    def feed(self, chunk: bytes) -> list[tuple[int, bytes]]:
        """Take bytes; return a list of (kind, body) with everything that they completed."""
        messages: list[tuple[int, bytes]] = []
        start = 0
        while True:
            end = chunk.find(b"\x00", start)
            self._keep(chunk[start:] if end < 0 else chunk[start:end])
            if end < 0:
                return messages
            message = self._close()
            if message:
                messages.append(message)
            start = end + 1

    def _keep(self, piece: bytes) -> None:
        if self._is_skipping:
            return
        if len(self._pending) + len(piece) > LONGEST_ENCODED_SIZE:
            self._is_skipping = True
            self._pending = bytearray()
        else:
            self._pending.extend(piece)

    def _close(self) -> tuple[int, bytes] | None:
        """The delimiter has come: the pending bytes are a frame, or rubbish, or nothing at all."""
        stuffed = self._pending
        was_skipping = self._is_skipping
        self._pending = bytearray()
        self._is_skipping = False
        if was_skipping:
            self.rejected += 1
            return None
        if not stuffed:
            return None  # two delimiters in a row: how a sender clears the line, not an error
        payload = _unstuff(stuffed)
        if payload is None or len(payload) <= _CRC_SIZE:
            self.rejected += 1
            return None
        message = bytes(payload[:-_CRC_SIZE])
        if check_of(message) != payload[-2] << 8 | payload[-1]:
            self.rejected += 1
            return None
        return message[0], message[1:]


def _stuff(data: bytes) -> bytes:
    """COBS: every run up to a zero is led by its length, so that no zero remains."""
    stuffed = bytearray()
    for run in bytes(data).split(b"\x00"):
        size = len(run)
        while size >= _LONGEST_RUN:
            stuffed.append(_LONGEST_RUN + 1)
            stuffed += run[:_LONGEST_RUN]
            run = run[_LONGEST_RUN:]
            size -= _LONGEST_RUN
        stuffed.append(size + 1)
        stuffed += run
    return bytes(stuffed)


def _unstuff(stuffed: bytearray) -> bytearray | None:
    """Undo COBS; None if the lengths do not come out even."""
    data = bytearray()
    at, size = 0, len(stuffed)
    while at < size:
        code = stuffed[at]
        end = at + code
        if not code or end > size:
            return None
        data += stuffed[at + 1 : end]
        at = end
        if code <= _LONGEST_RUN and at < size:
            data.append(0)
    return data
