"""The page as a task of the gateway: through TLS, and never the gateway's end, whatever stands in its way."""

import asyncio
import ipaddress
import socket
import ssl
from datetime import UTC, datetime, timedelta

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.station import app, doors
from gateway.trace import Trace
from tests.gateway.station.house import HTML, add_users, config, sign_in, sources
from tools.home.broker import free_port


def certificate(directory):
    """A certificate for 127.0.0.1 and its key, as two files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "station")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = serialization.NoEncryption()
    (directory / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return directory / "cert.pem", directory / "key.pem"


def served(directory, scene, **settings):
    """Play scene(steps) while the page is served as the gateway serves it; the steps it has told."""
    told = []

    async def play():
        trace = Trace(lambda step, facts: told.append((step, facts)))
        task = asyncio.create_task(app.serve(config(directory, **settings), sources(directory), trace))
        try:
            await asyncio.wait_for(scene(told), 60)
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(play())
    return told


async def until(told, wanted):
    """Wait until such a step was told."""
    while not any(step == wanted for step, _ in told):
        await asyncio.sleep(0.02)


def test_it_speaks_tls_with_the_certificate(tmp_path):
    """Cookies are for TLS alone then, and browsers are told to stay with it."""
    cert_file, key_file = certificate(tmp_path)
    port = free_port()
    add_users(tmp_path)

    async def scene(told):
        await until(told, "station")
        context = ssl.create_default_context(cafile=cert_file)
        jar = aiohttp.CookieJar(unsafe=True)
        connector = aiohttp.TCPConnector(ssl=context)
        base = f"https://127.0.0.1:{port}"
        async with aiohttp.ClientSession(base, cookie_jar=jar, connector=connector, headers=HTML) as client:
            assert (await sign_in(client))[0] == 303
            kept = next(cookie for cookie in jar if cookie.key == doors.SESSION_COOKIE)
            assert kept["secure"]
            async with client.get("/") as answer:
                assert answer.status == 200
                assert answer.headers["Strict-Transport-Security"].startswith("max-age=")

    served(tmp_path, scene, port=port, cert_file=cert_file, key_file=key_file)


def test_a_taken_port_is_waited_for(tmp_path, monkeypatch):
    """The gateway goes on and says so once; as soon as the port is free the page is there."""
    monkeypatch.setattr(app, "AGAIN_S", 0.05)
    port = free_port()
    taken = socket.create_server(("127.0.0.1", port))

    async def scene(told):
        await until(told, "trouble")
        await asyncio.sleep(0.3)
        taken.close()
        await until(told, "station")
        async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}/sign-in") as answer:
            assert answer.status == 200

    told = served(tmp_path, scene, port=port)
    assert [step for step, _ in told].count("trouble") == 1


def test_a_certificate_that_is_none_is_said(tmp_path, monkeypatch):
    """Which file, and the gateway goes on."""
    monkeypatch.setattr(app, "AGAIN_S", 0.05)
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("nonsense")

    async def scene(told):
        await until(told, "trouble")

    told = served(tmp_path, scene, port=free_port(), cert_file=tmp_path / "cert.pem", key_file=tmp_path / "key.pem")
    assert "cert.pem: cannot be used" in dict(told)["trouble"]["text"]


def test_a_page_that_cannot_be_put_together_ends_nothing(tmp_path, monkeypatch):
    """Damaged files of the program: said once, and the task ends quietly."""
    told = []

    def broken(*_):
        raise FileNotFoundError("station.css")

    monkeypatch.setattr(app, "Station", broken)
    trace = Trace(lambda step, facts: told.append((step, facts)))
    asyncio.run(app.serve(config(tmp_path), sources(tmp_path), trace))

    assert "FileNotFoundError: station.css" in dict(told)["trouble"]["text"]
