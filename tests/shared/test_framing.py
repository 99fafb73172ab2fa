"""The serial line: whatever happens to its bytes, the next whole frame is read."""

from shared import framing


def test_the_known_check_value():
    """CRC-16/CCITT-FALSE of "123456789" is 0x29B1, as its catalogue entry says."""
    assert framing.crc16(b"123456789") == 0x29B1


def test_known_vectors_lock_the_wire_format():
    """These bytes are in the field: they may not change."""
    assert framing.encode(framing.ASK_HELLO, b"") == bytes.fromhex("0482503a00")
    assert framing.encode(framing.SET_CHANNEL, b"\x0b") == bytes.fromhex("05830be2af00")
    assert framing.encode(framing.LOG, b"\x00\x00") == bytes.fromhex("0203010395cc00")


def test_every_length_comes_back_in_any_pieces():
    """What is encoded is decoded, whole or byte by byte, across the runs of 254 that COBS splits."""
    for size in (0, 1, 2, 250, 251, 252, 253, 254, 255, 256, 260, 279):
        for fill in (0, 1, 255):
            body = bytes((fill,)) * size
            line = framing.encode(framing.HEARD, body)

            assert 0 not in line[:-1]
            assert len(line) <= framing.LONGEST_ENCODED_SIZE
            assert framing.Decoder().feed(line) == [(framing.HEARD, body)]
            assert _byte_by_byte(framing.Decoder(), line) == [(framing.HEARD, body)]


def test_rubbish_between_frames_costs_only_itself():
    """Boot messages of a chip do not swallow the frame after them."""
    decoder = framing.Decoder()
    noise = b"rst:0x1 (POWERON_RESET),boot:0x13\r\n\x00"

    assert decoder.feed(noise + framing.encode(framing.LOG, b"up")) == [(framing.LOG, b"up")]
    assert decoder.rejected == 1


def test_a_flipped_bit_is_counted_and_never_delivered():
    """Every single-bit error of a frame is caught by its check, of either kind, or by the lengths."""
    for kind in (framing.HEARD, framing.ALARMS):
        line = framing.encode(kind, bytes(range(42)))
        for bit in range(8 * (len(line) - 1)):
            changed = bytearray(line)
            changed[bit >> 3] ^= 1 << (bit & 7)
            decoder = framing.Decoder()

            assert decoder.feed(bytes(changed) + b"\x00") == []
            assert decoder.rejected >= 1


def test_a_lost_byte_costs_its_own_frame_or_with_the_delimiter_one_more():
    """Whichever byte it is: what comes is what was sent, in its order, and the frames behind it are whole."""
    sent = [(framing.HEARD, bytes(range(30))), (framing.ALARMS, bytes(range(42))), (framing.LOG, b"\x00\x00up")]
    lines = [framing.encode(kind, body) for kind, body in sent]
    line = b"".join(lines)
    at = 0
    for i in range(len(sent)):
        for place in range(at, at + len(lines[i])):
            is_delimiter = place == at + len(lines[i]) - 1
            lost = sent[i : i + 2] if is_delimiter else sent[i : i + 1]
            messages = framing.Decoder().feed(line[:place] + line[place + 1 :])

            assert messages == [one for one in sent if one not in lost]
        at += len(lines[i])


def test_memory_is_bounded_by_the_longest_frame():
    """100 kB without a delimiter are thrown away as they come; the next frame is read."""
    decoder = framing.Decoder()
    for _ in range(1000):
        assert decoder.feed(b"\x55" * 100) == []
        assert len(decoder._pending) <= framing.LONGEST_ENCODED_SIZE

    assert decoder.feed(b"\x00" + framing.encode(framing.LOG, b"x")) == [(framing.LOG, b"x")]
    assert decoder.rejected == 1


def test_too_long_a_body_is_refused_by_the_sender():
    """Nothing leaves that the other side would have to throw away."""
    try:
        framing.encode(framing.LOG, bytes(framing.LONGEST_PAYLOAD_SIZE))
    except ValueError:
        return
    raise AssertionError("it was encoded")


def _byte_by_byte(decoder, line):
    messages = []
    for i in range(len(line)):
        messages += decoder.feed(line[i : i + 1])
    return messages
