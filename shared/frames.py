"""Without this file a pendant and a gateway could not read each other.

Values in, bytes out; bytes in, values out. Every table of docs/protocol.md stands here as a format. Whatever is wrong
with bytes that came from outside raises FrameError and nothing else. Integers are big-endian.
What only a gateway reads and writes stands in ``gateway_frames``: a pendant's heap has no room for it.
"""

import struct
from collections import namedtuple

from shared import words
from shared.ccm import NONCE_SIZE, TAG_SIZE, Ccm, SealError
from shared.compat import Aes, const

VERSION = const(1)
ID_SIZE = const(6)
LONGEST_FRAME_SIZE = const(240)  # ESP-NOW carries 250 bytes; ten are kept for a later header
UP_HEADER_SIZE = const(14)
DOWN_HEADER_SIZE = const(20)
COUNTER_MOST = const(0xFFFFFF)  # boot, seq and counter have 24 bits each
FIRST_BEAT_SEQ = const(0x800000)  # beats number themselves from here: they leave no holes among the alarms
AGE_UNKNOWN = const(0xFFFFFFFF)
DELAY_UNKNOWN_MS = const(0xFFFF)
ETA_UNKNOWN_S = const(0xFFFF)
RSSI_UNKNOWN_DBM = const(127)
PERCENT_UNKNOWN = const(255)

_DOWN = const(0x80)  # kinds from here on are a gateway's
_ACK_SIZE = const(12)
_ANSWER_SIZE = const(9)
_COMMAND_HEAD_SIZE = const(5)
LONGEST_ARGUMENT_SIZE = const(128)  # of a command: a key, or a few settings as JSON

Header = namedtuple("Header", ("kind", "pendant", "boot", "counter", "gateway"))
Event = namedtuple("Event", ("boot", "seq", "code", "age_ms", "delay_ms", "attempt", "arg", "ref_boot", "ref_seq"))
Beat = namedtuple(
    "Beat",
    ("boot", "seq", "battery_mv", "battery_percent", "rssi_dbm", "reset_cause", "flags", "firmware", "uptime_s"),
)
Poll = namedtuple("Poll", ("ref_boot", "ref_seq"))
Ack = namedtuple("Ack", ("boot", "seq", "status", "unix_s", "more"))
Answer = namedtuple("Answer", ("ref_boot", "ref_seq", "stage", "eta_s"))
Command = namedtuple("Command", ("number", "verb", "argument"))


class FrameError(ValueError):
    """These bytes are not a frame that we can trust or read; the text says why."""


# ---- the seal round every frame


def downlink_key(pendant_key: bytes, gateway: bytes) -> bytes:
    """The key with which one gateway speaks to one pendant: two gateways never share a space of nonces."""
    return Aes(pendant_key).encrypt(b"tiexindown" + gateway)


def seal(kind: int, pendant: bytes, boot: int, counter: int, body: bytes, cipher: Ccm, gateway: bytes = b"") -> bytes:
    """Return a whole frame. cipher is a Ccm of the pendant's key (up) or of downlink_key (down).

    boot and counter are the sender's and must never come twice under one key: they are the nonce.
    """
    if not 0 <= boot <= COUNTER_MOST or not 0 <= counter <= COUNTER_MOST:
        raise ValueError("a counter of 24 bits has run out: {}, {}".format(boot, counter))
    header = bytes((VERSION, kind)) + pendant + pack24(boot) + pack24(counter) + gateway
    if len(header) != _header_size(kind):
        raise ValueError("an id has 6 bytes; only a gateway's frame names the gateway")
    frame = header + cipher.seal(_nonce(header), header, body)
    if len(frame) > LONGEST_FRAME_SIZE:
        raise ValueError("a frame of {} bytes is too long for the air".format(len(frame)))
    return frame


def read_header(frame: bytes) -> Header:
    """Return the Header of a frame whose seal has not been checked yet: enough to find the key."""
    size = len(frame)
    if size > LONGEST_FRAME_SIZE:
        raise FrameError("too long")
    if size < 2:
        raise FrameError("too short")
    if frame[0] != VERSION:
        raise FrameError("version {} is not ours".format(frame[0]))
    kind = frame[1]
    header_size = _header_size(kind)
    if size < header_size + TAG_SIZE:
        raise FrameError("too short")
    return Header(
        kind, bytes(frame[2:8]), unpack24(frame, 8), unpack24(frame, 11), bytes(frame[UP_HEADER_SIZE:header_size])
    )


def open_frame(frame: bytes, cipher: Ccm) -> bytes:
    """Return the body of a frame, once its seal has been found whole."""
    header_size = _header_size(frame[1])
    header = bytes(frame[:header_size])
    try:
        return cipher.open(_nonce(header), header, bytes(frame[header_size:]))
    except SealError as broken:
        raise FrameError(str(broken))


def _header_size(kind: int) -> int:
    return DOWN_HEADER_SIZE if kind >= _DOWN else UP_HEADER_SIZE


def _nonce(header: bytes) -> bytes:
    direction = 1 if header[1] >= _DOWN else 0
    nonce = bytes((direction,)) + header[2:UP_HEADER_SIZE]
    assert len(nonce) == NONCE_SIZE
    return nonce


# ---- the bodies


def pack_event(event: Event) -> bytes:
    """Event -> body of an ALARM or EVENT frame."""
    return (
        pack24(event.boot)
        + pack24(event.seq)
        + struct.pack(">BIHBB", event.code, event.age_ms, event.delay_ms, event.attempt, event.arg)
        + pack24(event.ref_boot)
        + pack24(event.ref_seq)
    )


def pack_beat(beat: Beat) -> bytes:
    """Beat -> body of a BEAT frame."""
    major, minor, patch = beat.firmware
    return (
        pack24(beat.boot)
        + pack24(beat.seq)
        + struct.pack(
            ">HBbBBBBBI", beat.battery_mv, beat.battery_percent, beat.rssi_dbm, beat.reset_cause, beat.flags,
            major, minor, patch, beat.uptime_s,
        )
    )  # fmt: skip


def pack_poll(poll: Poll) -> bytes:
    """Poll -> body of a POLL frame."""
    return pack24(poll.ref_boot) + pack24(poll.ref_seq)


def unpack_ack(body: bytes) -> Ack:
    """Body of an ACK frame -> Ack."""
    check_size(body, _ACK_SIZE)
    status, unix_s, more = struct.unpack_from(">BIB", body, 6)
    return Ack(unpack24(body, 0), unpack24(body, 3), status, unix_s, more)


def unpack_answer(body: bytes) -> Answer:
    """Body of an ANSWER frame -> Answer."""
    check_size(body, _ANSWER_SIZE)
    stage, eta_s = struct.unpack_from(">BH", body, 6)
    if stage not in words.STAGES:
        raise FrameError("stage {} has no meaning".format(stage))
    return Answer(unpack24(body, 0), unpack24(body, 3), stage, eta_s)


def unpack_command(body: bytes) -> Command:
    """Body of a COMMAND frame -> Command."""
    if not _COMMAND_HEAD_SIZE <= len(body) <= _COMMAND_HEAD_SIZE + LONGEST_ARGUMENT_SIZE:
        raise FrameError("a command of {} bytes".format(len(body)))
    number, verb = struct.unpack_from(">IB", body, 0)
    if verb not in words.VERBS:
        raise FrameError("verb {} has no meaning".format(verb))
    return Command(number, verb, bytes(body[_COMMAND_HEAD_SIZE:]))


def command_ref(number: int) -> tuple[int, int]:
    """A command's number as the (boot, seq) that COMMAND_DONE refers to: its upper byte and its lower 24 bits."""
    return number >> 24, number & COUNTER_MOST


def check_size(body: bytes, size: int) -> None:
    if len(body) != size:
        raise FrameError("a body of {} bytes where {} belong".format(len(body), size))


def pack24(value: int) -> bytes:
    return bytes((value >> 16 & 0xFF, value >> 8 & 0xFF, value & 0xFF))


def unpack24(data: bytes, at: int) -> int:
    return data[at] << 16 | data[at + 1] << 8 | data[at + 2]
