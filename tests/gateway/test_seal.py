"""The library's seal and the pendant's composition are the same seal."""

import os

import pytest

from gateway.seal import Ccm
from shared import ccm


def test_what_one_seals_the_other_opens():
    """Byte for byte the same, both ways, at every length a frame can have."""
    for size in range(0, 220, 7):
        key, nonce, clear, text = os.urandom(16), os.urandom(13), os.urandom(14), os.urandom(size)
        ours, theirs = Ccm(key), ccm.Ccm(key)

        sealed = ours.seal(nonce, clear, text)

        assert sealed == theirs.seal(nonce, clear, text)
        assert ours.open(nonce, clear, sealed) == text


@pytest.mark.parametrize("at", [0, 5, -1])
def test_a_changed_bit_is_noticed(at):
    """A seal that does not hold raises SealError and nothing else."""
    sealed = bytearray(Ccm(bytes(16)).seal(bytes(13), b"head", b"alarm"))
    sealed[at] ^= 1

    with pytest.raises(ccm.SealError):
        Ccm(bytes(16)).open(bytes(13), b"head", bytes(sealed))


def test_a_stump_is_no_seal():
    """Fewer bytes than a tag are refused in the same way."""
    with pytest.raises(ccm.SealError):
        Ccm(bytes(16)).open(bytes(13), b"head", b"1234567")
