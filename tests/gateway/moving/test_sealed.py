"""An export opens with its passphrase and whole, or not at all."""

import io
import tracemalloc

import pytest

from gateway.errors import SetUpError
from gateway.moving.sealed import CHUNK_BYTES, Opener, Sealer

PASS = "correct horse battery"
HEAD, SEALED = 32, CHUNK_BYTES + 16


def sealed(data, passphrase=PASS):
    """The stream of that."""
    to = io.BytesIO()
    sealer = Sealer(to, passphrase)
    for at in range(0, len(data), 10_000):
        sealer.write(data[at : at + 10_000])
    sealer.close()
    return to.getvalue()


def opened(stream, passphrase=PASS):
    """All of what is in it."""
    opener = Opener(io.BytesIO(stream), passphrase, "file")
    found = b""
    while chunk := opener.read(7_777):
        found += chunk
    return found


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 200_001])
def test_what_goes_in_comes_out(size):
    """On and around the edges of chunks; nothing of it can be read without."""
    data = bytes(range(256)) * (size // 256 + 1)
    stream = sealed(data[:size])

    assert opened(stream) == data[:size]
    assert data[:64] not in stream


def test_no_two_are_alike():
    """Each has a key of its own."""
    assert sealed(b"x")[HEAD:] != sealed(b"x")[HEAD:]


@pytest.mark.parametrize("left", [0, 10, HEAD - 1, HEAD, HEAD + 5, HEAD + SEALED, HEAD + 2 * SEALED, -1])
def test_a_stream_that_was_cut_off(left):
    """At any place, also exactly between two chunks."""
    stream = sealed(b"y" * (2 * CHUNK_BYTES + 10))

    with pytest.raises(SetUpError, match="file: "):
        opened(stream[:left])


def test_a_stream_that_was_changed():
    """A bit, two chunks exchanged, one twice, one left out, something added, another head."""
    stream = sealed(b"z" * (3 * CHUNK_BYTES))
    head, first, second, third = stream[:HEAD], *(stream[HEAD + n * SEALED : HEAD + (n + 1) * SEALED] for n in range(3))
    flipped = bytearray(stream)
    flipped[HEAD + SEALED + 5] ^= 1
    salted = bytearray(stream)
    salted[HEAD - 1] ^= 1
    exchanged, twice, without = second + first + third, first + first + second + third, first + third
    for wrong in (bytes(flipped), head + exchanged, head + twice, head + without, stream + b"more", stream + third,
                  bytes(salted), b"no export at all"):  # fmt: skip
        with pytest.raises(SetUpError, match="file: "):
            opened(wrong)


def test_another_passphrase():
    """Is told as such; a short one is refused before anything is written."""
    with pytest.raises(SetUpError, match="passphrase"):
        opened(sealed(b"x"), "another passphrase")
    with pytest.raises(SetUpError, match="at least 12 characters"):
        sealed(b"x", "short")


def test_the_memory_it_takes_has_a_bound():
    """However long the stream: a few chunks (the 32 MB of scrypt are freed before)."""

    class Nowhere(io.RawIOBase):
        def write(self, data):
            return len(data)

    sealer = Sealer(Nowhere(), PASS)
    block = bytes(256 * 1024)
    tracemalloc.start()
    for _ in range(128):
        sealer.write(block)
    sealer.close()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 2_000_000
