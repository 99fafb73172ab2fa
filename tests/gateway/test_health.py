"""Bytes in hours, certificates in days."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from gateway.health import Capacity, certificate_days, in_words
from gateway.space import Limits

HOUR_MS = 3_600_000


def test_bytes_become_hours():
    """At 10 MB an hour 100 free MB hold for ten hours."""
    capacity = Capacity(Limits(136_000_000, 16_000_000))
    capacity.note(0, 0)
    capacity.note(HOUR_MS, 10_000_000)

    assert capacity.holds_h(20_000_000) == 10.0


def test_the_rate_is_that_of_the_last_day():
    """A busy week ago does not count."""
    capacity = Capacity(Limits(116_000_000, 16_000_000))
    capacity.note(0, 0)
    capacity.note(HOUR_MS, 90_000_000)
    capacity.note(48 * HOUR_MS, 90_000_000)
    capacity.note(49 * HOUR_MS, 91_000_000)

    assert capacity.holds_h(0) == 100.0


def test_without_a_rate_nothing_is_claimed():
    """Just started, or nothing came."""
    capacity = Capacity(Limits(100, 10))
    capacity.note(0, 0)
    assert capacity.holds_h(0) is None
    capacity.note(HOUR_MS, 0)
    assert capacity.holds_h(0) is None


def test_it_is_said_in_words():
    """What an operator asks first."""
    store = {"waiting": {"alarm": 0, "event": 1, "telemetry": 7}, "used_mb": 3.2, "max_mb": 512, "holds_h": 31.2}

    assert in_words({"store": store}).endswith("3.2 of 512 MB used; holds 31 h at today's rate")


NOW = datetime(2026, 11, 22, tzinfo=UTC)


def certified(path, days):
    """A file with a certificate that is good for so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(NOW - timedelta(days=90)).not_valid_after(NOW + timedelta(days=days, hours=5))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


def test_a_certificate_has_days_left(tmp_path):
    """Whole days; a file without a certificate is a ValueError."""
    path = certified(tmp_path / "cert.pem", 20)

    assert certificate_days(path, NOW.timestamp()) == 20
    path.write_text("nothing")
    with pytest.raises(ValueError, match="PEM"):
        certificate_days(path, NOW.timestamp())
