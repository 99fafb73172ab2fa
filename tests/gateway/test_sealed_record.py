"""A record that only one gateway can read, and only a desk can make."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sealed_record import PASSED_ON, SHUT, STRANGE_DESK, WRONG_SEAL, NotOpened, seal, unseal

RECORD = {"id": "0200000000a1", "key": "5a" * 16, "name": "302 室"}
GATEWAY, OTHER = X25519PrivateKey.from_private_bytes(bytes(32)), X25519PrivateKey.from_private_bytes(b"\1" * 32)
DESK, THIEF = Ed25519PrivateKey.from_private_bytes(bytes(32)), Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
DESKS = {DESK.public_key().public_bytes_raw(): "desk 1"}


def public(key):
    """32 bytes."""
    return key.public_key().public_bytes_raw()


def test_it_comes_out_as_it_went_in():
    """With the desk's name and the time of sealing; the key is nowhere to be seen on the way."""
    sealed = seal(RECORD, public(GATEWAY), DESK, 1_795_348_800)

    assert unseal(sealed, GATEWAY, DESKS) == (RECORD, 1_795_348_800, "desk 1")
    carried = base64.urlsafe_b64decode(sealed + "==")
    assert RECORD["key"].encode() not in carried
    assert bytes.fromhex(RECORD["key"]) not in carried


def test_it_is_hpke_as_the_rfc_has_it():
    """What the library's own suite makes opens here: nothing of our own is in between."""
    signed = base64.urlsafe_b64decode(seal(RECORD, public(GATEWAY), DESK, 5) + "==")
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    inside = suite.decrypt(signed, GATEWAY, info=b"tiexin-enrol-1")

    assert inside[:32] == public(DESK)
    again = suite.encrypt(inside, X25519PublicKey.from_public_bytes(public(GATEWAY)), info=b"tiexin-enrol-1")
    assert unseal(base64.urlsafe_b64encode(again).decode(), GATEWAY, DESKS).record == RECORD


@pytest.mark.parametrize(
    ("sealed", "why"),
    [
        (seal(RECORD, public(OTHER), DESK, 5), SHUT),
        (seal(RECORD, public(GATEWAY), THIEF, 5), STRANGE_DESK),
        ("", SHUT),
        ("A", SHUT),
        ("QUJD" * 50, SHUT),
    ],
)
def test_what_is_not_from_a_desk_for_us_does_not_open(sealed, why):
    """One kind of error, and it says which."""
    with pytest.raises(NotOpened) as met:
        unseal(sealed, GATEWAY, DESKS)
    assert met.value.reason == why


def test_a_box_is_not_passed_on():
    """Another gateway that a desk has trusted cannot seal the same record, as the desk's, for us."""
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    theirs = base64.urlsafe_b64decode(seal(RECORD, public(OTHER), DESK, 5) + "==")
    inside = suite.decrypt(theirs, OTHER, info=b"tiexin-enrol-1")
    passed_on = suite.encrypt(inside, GATEWAY.public_key(), info=b"tiexin-enrol-1")

    with pytest.raises(NotOpened) as met:
        unseal(base64.urlsafe_b64encode(passed_on).decode(), GATEWAY, DESKS)
    assert met.value.reason == PASSED_ON


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2_000), st.integers(1, 255))
def test_no_altered_bit_gets_through(at, change):
    """Whatever is changed in it, it does not open."""
    box = bytearray(base64.urlsafe_b64decode(seal(RECORD, public(GATEWAY), DESK, 5) + "=="))
    box[at % len(box)] ^= change

    with pytest.raises(NotOpened):
        unseal(base64.urlsafe_b64encode(box).decode(), GATEWAY, DESKS)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"for": 1}', b'{"for": "x", "sealed_s": "x", "record": {}}', b"\xff", b'{"record": 5}']
)
def test_a_desk_of_another_version_is_told_so(content):
    """Signed well, but not what we know."""
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    signed = public(DESK) + DESK.sign(b"tiexin-enrol-1 signed by a desk\x00" + content) + content
    box = suite.encrypt(signed, GATEWAY.public_key(), info=b"tiexin-enrol-1")

    with pytest.raises(NotOpened) as met:
        unseal(base64.urlsafe_b64encode(box).decode(), GATEWAY, DESKS)
    assert met.value.reason == WRONG_SEAL
