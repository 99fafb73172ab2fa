"""One connection: TLS with certificates on both sides; what is not ours is not spoken to."""

import asyncio
import ssl
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.config import BrokerConfig
from gateway.mqtt_session import HungUp, Session, Unreachable, Will
from tests.gateway.running import broker_config
from tests.gateway.small_broker import SmallBroker

_KEY_USES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


class Authority:
    """Issues certificates into a directory, as a platform's operator does."""

    def __init__(self, directory, name):
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = directory / f"{name}.pem"
        self.file.write_bytes(self._sign(self._name, self._key, is_authority=True).public_bytes(Encoding.PEM))

    def _sign(self, name, key, *, is_authority=False, days=(-1, 1), address="127.0.0.1"):
        now = datetime.now(UTC)
        since, until = (now + timedelta(days=day) for day in days)
        builder = (
            x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(since).not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )  # fmt: skip
        # RFC 5280, which Python holds certificates to since 3.13: who issued this one, and what it may be used for.
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
        if is_authority:
            uses = dict.fromkeys(_KEY_USES, False) | {"key_cert_sign": True, "crl_sign": True}
            builder = builder.add_extension(x509.KeyUsage(**uses), critical=True)
            builder = builder.add_extension(identifier, critical=False)
        builder = builder.add_extension(issuer, critical=False)
        if not is_authority:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def issue(self, name, **how):
        """(certificate file, key file); how: days of validity from now, another address."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate, secret = self._directory / f"{name}.crt", self._directory / f"{name}.key"
        certificate.write_bytes(self._sign(subject, key, **how).public_bytes(Encoding.PEM))
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        secret.chmod(0o600)
        return certificate, secret


@asynccontextmanager
async def platform(directory, authority):
    """A server that shows a certificate and demands one; its port."""
    certificate, key = authority.issue("platform")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.file)
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED
    server = await asyncio.start_server(SmallBroker().speak, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def session(port, authority, pair=(None, None), on_puback=lambda mid, is_accepted: None):
    """A session that is not open yet."""
    config = BrokerConfig("127.0.0.1", port, None, None, True, authority.file, *pair, "3.1.1", 20)
    return Session(config, "gw", "3.1.1", Will("t", b""), on_puback, lambda message: None, lambda: None)


@asynccontextmanager
async def open_session(small, version, keepalive_s=20):
    """A session without TLS, open, with that broker."""
    server = await asyncio.start_server(small.speak, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    config = BrokerConfig("127.0.0.1", port, None, None, False, None, None, None, version, keepalive_s)
    made = Session(config, "gw", version, Will("t", b""), lambda *_: None, lambda message: None, lambda: None)
    await made.open()
    try:
        yield made
    finally:
        made.close()
        server.close()


def test_with_both_certificates_events_are_confirmed(tmp_path):
    """Also a message larger than one TLS record."""
    authority = Authority(tmp_path, "authority")

    async def run():
        confirmed = asyncio.Event()
        async with platform(tmp_path, authority) as port:
            made = session(port, authority, authority.issue("gateway"), lambda mid, is_accepted: confirmed.set())
            await made.open()
            made.publish("t", b"x" * 100_000)
            await asyncio.wait_for(confirmed.wait(), 5)
            made.close(farewell=True)

    asyncio.run(run())


def test_without_our_certificate_nobody_listens_to_us(tmp_path):
    """It is said as a refused login, not as a broker that is away."""
    authority = Authority(tmp_path, "authority")

    async def run():
        async with platform(tmp_path, authority) as port:
            made = session(port, authority)
            with pytest.raises(HungUp):
                await made.open()

    asyncio.run(run())


def test_a_platform_that_is_not_ours_gets_nothing(tmp_path):
    """Its certificate is not of our authority: no CONNECT is sent, with no password in it."""
    authority, stranger = Authority(tmp_path, "authority"), Authority(tmp_path, "stranger")

    async def run():
        async with platform(tmp_path, stranger) as port:
            made = session(port, authority, authority.issue("gateway"))
            with pytest.raises(Unreachable, match="certificate verify failed"):
                await made.open()

    asyncio.run(run())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda certificate, key, other: certificate.unlink(),
        lambda certificate, key, other: certificate.write_bytes(certificate.read_bytes()[:40]),
        lambda certificate, key, other: certificate.write_bytes(other.read_bytes()),
    ],
    ids=["gone", "half written", "before its key"],
)
def test_a_certificate_that_is_being_renewed_ends_nobody(tmp_path, spoil):
    """Gone, half written, or there before its key: nobody can be reached now; once it is whole, the next try works."""
    authority = Authority(tmp_path, "authority")
    certificate, key = authority.issue("gateway")
    whole = certificate.read_bytes()
    spoil(certificate, key, authority.issue("renewed")[0])

    async def run():
        async with platform(tmp_path, authority) as port:
            with pytest.raises(Unreachable, match="cert_file or key_file cannot be used"):
                await session(port, authority, (certificate, key)).open()
            certificate.write_bytes(whole)
            made = session(port, authority, (certificate, key))
            await made.open()
            made.close(farewell=True)

    asyncio.run(run())


def test_a_broker_that_hangs_up_while_we_say_hello_leaves_nothing_behind(monkeypatch):
    """The descriptor's number belongs to the next file that is opened: the loop must not close it behind a thread."""
    faults, seen = [], []
    hello = mqtt.Client._send_connect

    def late_hello(client, keepalive):
        time.sleep(0.05)  # in the thread that connects; the loop goes on
        seen.append(client.socket())
        return hello(client, keepalive)

    monkeypatch.setattr(mqtt.Client, "_send_connect", late_hello)

    async def hang_up(_reader, writer):
        writer.transport.abort()

    async def run():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: faults.append(context))
        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        config = BrokerConfig("127.0.0.1", port, None, None, False, None, None, None, "5", 20)
        for _ in range(5):
            made = Session(config, "gw", "5", Will("t", b""), lambda *_: None, lambda message: None, lambda: None)
            with pytest.raises(HungUp):
                await made.open()
            assert made.ended.is_set()
        await asyncio.sleep(0.05)
        server.close()

    asyncio.run(run())
    assert len(seen) == 5
    assert None not in seen
    assert faults == []


def test_what_the_broker_says_at_the_end_is_known():
    """Another gateway with the same id throws us out: the log says so, and not that the line was lost."""
    small = SmallBroker(receive_most=20)

    async def run():
        async with open_session(small, "5") as made:
            small._writer.write(b"\xe0\x01\x8e")
            await asyncio.wait_for(made.ended.wait(), 10)
            return made.why

    assert asyncio.run(run()) == "the broker has ended it: Session taken over"


def test_a_broker_that_does_not_answer_a_ping_is_told_from_one_that_hangs_up(monkeypatch):
    """It takes what we say and says nothing: a sick platform, or a half-open line."""
    monkeypatch.setattr("paho.mqtt.client.time_func", lambda: time.monotonic() * 20)

    async def run(hang_up):
        small = SmallBroker()
        async with open_session(small, "3.1.1", keepalive_s=5) as made:
            if hang_up:
                small._writer.close()
            await asyncio.wait_for(made.ended.wait(), 20)
            return made.why

    assert asyncio.run(run(hang_up=False)) == "the broker did not answer in time"
    assert asyncio.run(run(hang_up=True)) == "the broker closed the connection"


def test_who_is_told_to_end_in_the_moment_of_the_answer_ends():
    """With asyncio.wait_for() of Python 3.11 a gateway went on for ever: until systemd had waited long enough."""

    class Interrupted(Session):
        def _connected(self, *answer):
            super()._connected(*answer)
            opening.cancel()

    async def run():
        nonlocal opening
        server = await asyncio.start_server(SmallBroker().speak, "127.0.0.1", 0)
        config = broker_config(server.sockets[0].getsockname()[1])
        made = Interrupted(config, "gw", "3.1.1", Will("t", b""), lambda *_: None, lambda message: None, lambda: None)
        opening = asyncio.create_task(made.open())
        with pytest.raises(asyncio.CancelledError):
            await opening
        made.close()
        server.close()

    opening = None
    asyncio.run(run())
