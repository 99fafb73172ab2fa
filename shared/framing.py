"""Without this file a lost byte on the serial line would take every later frame with it.

Between bridge and gateway: payloads with a CRC, stuffed by COBS (Cheshire and Baker, IEEE/ACM Transactions on
Networking 7(2), 1999) so that the byte 0x00 stands between frames and nowhere else. Bytes in, messages out; it opens
nothing and never raises on rubbish, it counts it.
"""

from shared.compat import const, crc_hqx

# bridge -> gateway
HELLO = const(0x01)
HEARD = const(0x02)
LOG = const(0x03)
# gateway -> bridge
SEND = const(0x81)
ASK_HELLO = const(0x82)
SET_CHANNEL = const(0x83)
KNOWN = const(0x84)

PROTOCOL_VERSION = const(1)
LONGEST_PAYLOAD_SIZE = const(280)  # HEARD with a full ESP-NOW frame (250), its sender, its strength; and some air
LONGEST_ENCODED_SIZE = const(320)
_CRC_SIZE = const(2)
_LONGEST_RUN = const(254)


def crc16(data: bytes | bytearray) -> int:
    """CRC-16/CCITT-FALSE of data: polynomial 0x1021, from 0xFFFF, not reflected."""
    return crc_hqx(data, 0xFFFF)


def encode(kind: int, body: bytes) -> bytes:
    """Return the bytes for the line, the closing 0x00 included; ValueError if body is too long."""
    payload = bytes((kind,)) + bytes(body)
    if len(payload) > LONGEST_PAYLOAD_SIZE:
        raise ValueError("{} bytes do not fit into a frame of {}".format(len(payload), LONGEST_PAYLOAD_SIZE))
    crc = crc16(payload)
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
        if payload is None or len(payload) <= _CRC_SIZE or crc16(payload) != 0:
            self.rejected += 1  # a CRC carried behind its data makes the whole come out as 0
            return None
        return payload[0], bytes(payload[1:-_CRC_SIZE])


def _stuff(data: bytes) -> bytes:
    """COBS: every run up to a zero is led by its length, so that no zero remains."""
    stuffed = bytearray()
    for run in bytes(data).split(b"\x00"):
        while len(run) >= _LONGEST_RUN:
            stuffed.append(_LONGEST_RUN + 1)
            stuffed.extend(run[:_LONGEST_RUN])
            run = run[_LONGEST_RUN:]
        stuffed.append(len(run) + 1)
        stuffed.extend(run)
    return bytes(stuffed)


def _unstuff(stuffed: bytearray) -> bytearray | None:
    """Undo COBS; None if the lengths do not come out even."""
    data = bytearray()
    at = 0
    while at < len(stuffed):
        code = stuffed[at]
        end = at + code
        if not code or end > len(stuffed):
            return None
        data.extend(stuffed[at + 1 : end])
        at = end
        if code <= _LONGEST_RUN and at < len(stuffed):
            data.append(0)
    return data
