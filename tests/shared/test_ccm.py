"""The seal: held to RFC 3610, and to refusing everything that was changed."""

from shared.ccm import Ccm, SealError

_RFC_KEY = bytes(range(0xC0, 0xD0))

# RFC 3610 section 8, the packet vectors with M = 8: nonce, bytes in clear, bytes in all, the sealed rest.
_VECTORS = (
    ("00000003020100a0a1a2a3a4a5", 8, 31, "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0"),
    ("00000004030201a0a1a2a3a4a5", 8, 32, "72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3ba091d56e10400916"),
    ("00000005040302a0a1a2a3a4a5", 8, 33, "51b1e5f44a197d1da46b0f8e2d282ae871e838bb64da8596574adaa76fbd9fb0c5"),
    ("00000006050403a0a1a2a3a4a5", 12, 31, "a28c6865939a9a79faaa5c4c2a9d4a91cdac8c96c861b9c9e61ef1"),
    ("00000007060504a0a1a2a3a4a5", 12, 32, "dcf1fb7b5d9e23fb9d4e131253658ad86ebdca3e51e83f077d9c2d93"),
    ("00000008070605a0a1a2a3a4a5", 12, 33, "6fc1b011f006568b5171a42d953d469b2570a4bd87405a0443ac91cb94"),
)

_NONCE = bytes(range(13))


def test_the_vectors_of_the_rfc():
    """What we seal is what RFC 3610 seals, and it opens again."""
    for nonce_hex, clear_size, size, sealed_hex in _VECTORS:
        nonce = bytes.fromhex(nonce_hex)
        clear, text = bytes(range(size))[:clear_size], bytes(range(size))[clear_size:]
        sealed = bytes.fromhex(sealed_hex)

        assert Ccm(_RFC_KEY).seal(nonce, clear, text) == sealed
        assert Ccm(_RFC_KEY).open(nonce, clear, sealed) == text


def test_any_flipped_bit_is_refused():
    """No bit of ciphertext, tag, nonce or clear header can be changed unnoticed."""
    cipher = Ccm(_RFC_KEY)
    clear = b"header"
    sealed = cipher.seal(_NONCE, clear, b"the floor is cold")
    for part, whole in enumerate((_NONCE, clear, sealed)):
        for bit in range(8 * len(whole)):
            changed = bytearray(whole)
            changed[bit >> 3] ^= 1 << (bit & 7)
            pieces = [_NONCE, clear, sealed]
            pieces[part] = bytes(changed)

            assert _is_refused(cipher, pieces)


def test_another_key_does_not_open_it():
    """One pendant's key says nothing about another's."""
    sealed = Ccm(_RFC_KEY).seal(_NONCE, b"", b"help")

    assert _is_refused(Ccm(bytes(16)), (_NONCE, b"", sealed))


def test_empty_text_is_sealed_too():
    """A frame without a body still carries its tag."""
    cipher = Ccm(_RFC_KEY)
    sealed = cipher.seal(_NONCE, b"only clear", b"")

    assert len(sealed) == 8
    assert cipher.open(_NONCE, b"only clear", sealed) == b""


def test_every_truncation_is_refused():
    """However a frame is cut short, it does not open."""
    cipher = Ccm(_RFC_KEY)
    sealed = cipher.seal(_NONCE, b"c", b"sixteen bytes ..")
    for size in range(len(sealed)):
        assert _is_refused(cipher, (_NONCE, b"c", sealed[:size]))


def _is_refused(cipher, pieces):
    try:
        cipher.open(*pieces)
    except SealError:
        return True
    return False
