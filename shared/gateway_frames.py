"""Without this file a gateway could not read what a pendant says, nor answer it: the other half of ``frames``.

It stands apart because no board needs it: on a pendant it would take most of a kilobyte of heap. The same rules hold:
whatever is wrong with bytes that came from outside raises FrameError and nothing else.
"""

import struct

from shared import words
from shared.compat import const
from shared.frames import (
    LONGEST_ARGUMENT_SIZE,
    Ack,
    Answer,
    Beat,
    Command,
    Event,
    FrameError,
    Poll,
    check_size,
    pack24,
    unpack24,
)

_EVENT_SIZE = const(21)
_BEAT_SIZE = const(19)
_REF_SIZE = const(6)


def event_id(pendant: bytes, boot: int, seq: int) -> str:
    """The one name of an event, everywhere and for ever: ``<12 hex digits>-<boot>-<seq>``."""
    return "{}-{}-{}".format("".join("{:02x}".format(byte) for byte in pendant), boot, seq)


def unpack_event(body: bytes) -> Event:
    """Body of an ALARM or EVENT frame -> Event."""
    check_size(body, _EVENT_SIZE)
    code, age_ms, delay_ms, attempt, arg = struct.unpack_from(">BIHBB", body, 6)
    if code not in words.ALARM_CODES and code not in words.OTHER_CODES:
        raise FrameError("code {} has no meaning".format(code))
    return Event(
        unpack24(body, 0), unpack24(body, 3), code, age_ms, delay_ms, attempt, arg,
        unpack24(body, 15), unpack24(body, 18),
    )  # fmt: skip


def unpack_beat(body: bytes) -> Beat:
    """Body of a BEAT frame -> Beat."""
    check_size(body, _BEAT_SIZE)
    fields = struct.unpack_from(">HBbBBBBBI", body, 6)
    return Beat(
        unpack24(body, 0), unpack24(body, 3), fields[0], fields[1], fields[2], fields[3], fields[4],
        (fields[5], fields[6], fields[7]), fields[8],
    )  # fmt: skip


def unpack_poll(body: bytes) -> Poll:
    """Body of a POLL frame -> Poll."""
    check_size(body, _REF_SIZE)
    return Poll(unpack24(body, 0), unpack24(body, 3))


def pack_ack(ack: Ack) -> bytes:
    """Ack -> body of an ACK frame."""
    return pack24(ack.boot) + pack24(ack.seq) + struct.pack(">BIB", ack.status, ack.unix_s, ack.more)


def pack_answer(answer: Answer) -> bytes:
    """Answer -> body of an ANSWER frame."""
    return pack24(answer.ref_boot) + pack24(answer.ref_seq) + struct.pack(">BH", answer.stage, answer.eta_s)


def pack_command(command: Command) -> bytes:
    """Command -> body of a COMMAND frame."""
    if len(command.argument) > LONGEST_ARGUMENT_SIZE:
        raise ValueError("an argument has at most {} bytes".format(LONGEST_ARGUMENT_SIZE))
    return struct.pack(">IB", command.number, command.verb) + bytes(command.argument)
