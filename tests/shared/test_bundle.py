"""Alarms that travel together come out as they went in, and whatever else goes in comes out as nothing."""

from shared import bundle, framing, words


def noise(size, seed):
    """Bytes that look random, zeros among them."""
    made = bytearray()
    for _ in range(size):
        seed = (seed * 75 + 74) % 65_537
        made.append(0 if seed % 7 == 0 else seed & 0xFF)
    return bytes(made)


def test_what_goes_in_comes_out():
    """Strength and every byte of each, through the line too."""
    for count in range(1, bundle.MOST + 1):
        for rssi_dbm in (-128, -127, -71, -1, 0, 1, 127):
            frames = [
                (rssi_dbm, bytes((1, words.ALARM)) + noise(41, 100 * count + number + 1)) for number in range(count)
            ]
            assert all(bundle.fits(frame) for _, frame in frames)
            line = framing.encode(framing.ALARMS, b"".join(bundle.item(one[0], one[1]) for one in frames))
            ((kind, body),) = framing.Decoder().feed(line)

            assert kind == framing.ALARMS
            assert bundle.split(body) == frames


def test_rubbish_gives_whole_items_or_none():
    """Never an exception, never half an alarm."""
    for size in range(300):
        found = bundle.split(noise(size, size + 1))

        assert len(found) == (size // 42 if size % 42 == 0 else 0)
        assert all(len(frame) == 43 for _, frame in found)


def test_only_the_one_shape_fits():
    """Another kind, another version, another length travel alone, whatever they will mean one day."""
    alarm = bytes((1, words.ALARM)) + bytes(41)

    assert bundle.fits(alarm)
    for other in (alarm[:-1], alarm + b"\0", bytes((1, words.EVENT)) + alarm[2:], bytes((2,)) + alarm[1:], b""):
        assert not bundle.fits(other)


def test_six_alarms_are_a_fifth_shorter_together():
    """The figure of docs/protocol.md: 258 bytes instead of 330."""
    alarm = bytes((1, words.ALARM)) + bytes(range(1, 42))
    together = framing.encode(framing.ALARMS, b"".join(bundle.item(-60, alarm) for _ in range(bundle.MOST)))
    alone = framing.encode(framing.HEARD, b"sender\xc4" + alarm)

    assert (len(together), bundle.MOST * len(alone)) == (258, 330)
