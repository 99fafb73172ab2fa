"""Any bytes at all, at every door: refused and counted by reason, never raised (hypothesis)."""

import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.bridge.relay import Relay
from gateway import counters
from shared import frames, framing, gateway_frames
from shared.ccm import Ccm
from tools.fuzzing.trip import Trip

_QUICK = settings(max_examples=150, deadline=None)
_BODIES = (
    gateway_frames.unpack_event, gateway_frames.unpack_beat, gateway_frames.unpack_poll,
    frames.unpack_ack, frames.unpack_answer,
    frames.unpack_command,
)  # fmt: skip
_AIR = st.one_of(
    st.binary(max_size=300),
    st.builds(lambda head, rest: bytes((1, head)) + rest, st.integers(0, 255), st.binary(max_size=260)),
)


@pytest.fixture(scope="module")
def trip():
    """One gateway, one bridge, two pendants; whatever is thrown, they stay in use."""
    with tempfile.TemporaryDirectory() as directory:
        yield Trip(Path(directory))


@_QUICK
@given(_AIR)
def test_any_bytes_as_a_frame(data):
    """The only exception is FrameError, of the header, the seal and every body."""
    cipher = Ccm(bytes(16))
    for read in (lambda air: frames.open_frame(air, cipher) if frames.read_header(air) else None, *_BODIES):
        with suppress(frames.FrameError):
            read(data)


@_QUICK
@given(st.lists(st.binary(max_size=400), max_size=8))
def test_any_bytes_on_the_line(chunks):
    """In any pieces; and a whole message behind them is still understood."""
    decoder = framing.Decoder()
    for chunk in chunks:
        for kind, body in decoder.feed(chunk):
            assert 0 <= kind <= 255
            assert len(body) < framing.LONGEST_PAYLOAD_SIZE
    whole = decoder.feed(b"\x00" + framing.encode(framing.LOG, b"still here"))

    assert whole[-1] == (framing.LOG, b"still here")


@_QUICK
@given(st.binary(max_size=framing.LONGEST_PAYLOAD_SIZE - 1), st.integers(0, 255), st.data())
def test_what_was_encoded_comes_back_in_whatever_pieces(body, kind, data):
    """And costs at most two bytes in 254, plus the delimiter."""
    line = framing.encode(kind, body)
    assert line.count(b"\x00") == 1
    at = data.draw(st.integers(0, len(line)))
    decoder = framing.Decoder()

    assert decoder.feed(line[:at]) + decoder.feed(line[at:]) == [(kind, body)]


@_QUICK
@given(air=_AIR)
def test_any_bytes_at_the_gateway_are_counted_once(trip, air):
    """By exactly one reason, and nothing is stored or sent."""
    before = sum(trip.custody.counts.values())
    trip.throw_at_gateway(air)

    assert sum(trip.custody.counts.values()) == before + 1
    assert set(trip.custody.counts) <= {*counters.REASONS, "from a gateway"}
    assert trip.store.stored == []


@_QUICK
@given(air=_AIR, number=st.integers(0, 1))
def test_a_pendant_believes_nothing(trip, air, number):
    """Forged acknowledgements and answers, in whatever shape."""
    trip.throw_at_pendant(number, air)

    assert not trip.believed


@_QUICK
@given(st.lists(st.tuples(st.booleans(), _AIR), max_size=40))
def test_the_bridges_memory_is_bounded(pieces):
    """Any frames from the air, any bytes from the line; what waits fits, and comes out framed."""
    relay = Relay((0, 1, 0), b"bridge", 6, 2_000, 0)
    for is_line, data in pieces:
        if is_line:
            relay.from_line(data)
        else:
            relay.heard(b"sender", -50, data)
    out = b"".join(iter(relay.for_line, b""))

    assert 1 <= relay.channel <= 13
    assert all(kind in {framing.HELLO, framing.HEARD} for kind, _ in framing.Decoder().feed(out))
