"""The check of records and lines, under both Pythons."""

from shared.crc import crc16


def test_the_check_value_of_the_catalogue():
    """CRC-16/CCITT-FALSE of "123456789" is 0x29B1."""
    assert crc16(b"123456789") == 0x29B1
    assert crc16(b"") == 0xFFFF


def test_a_record_that_ends_in_its_own_check_comes_to_nought():
    """That is how journal and memory look at what they read; one flipped bit, and it does not."""
    record = b"an alarm"
    whole = record + crc16(record).to_bytes(2, "big")

    assert crc16(whole) == 0
    for bit in range(8 * len(whole)):
        spoilt = bytearray(whole)
        spoilt[bit >> 3] ^= 1 << (bit & 7)
        assert crc16(spoilt) != 0
