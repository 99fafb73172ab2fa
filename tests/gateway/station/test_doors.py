"""The door: nobody comes in without signing in, and every answer says the same strict things to the browser."""

import asyncio
import re

import pytest

from gateway.station import doors
from gateway.station.parts import PARTS
from gateway.station.routes import ANYBODY
from tests.gateway.station.house import CARER, INSTALLER, PASSWORD, add_users, config, run, sign_in, token_in

OPEN_TO_ANYBODY = {"/sign-in", "/language/{language}", "/static/{name}", "/healthz", "/metrics"}


def routes():
    """Every route of the station."""
    return [route for part in PARTS for route in part]


def test_only_the_door_is_open_to_anybody(tmp_path):
    """Every other route turns a stranger away, whatever the method, without a word of what is behind it."""
    assert {route.path for route in routes() if route.role == ANYBODY} == OPEN_TO_ANYBODY

    async def scene(_station, client):
        for route in routes():
            if route.role != ANYBODY:
                path = re.sub(r"{case.*?}(?=/|$)", "7c9ebd100000-1-1", route.path)
                path = re.sub(r"{pendant.*?}(?=/|$)", "7c9ebd100000", path)
                async with client.request(route.method, path, allow_redirects=False) as answer:
                    assert answer.status in {303, 401}, path
                    assert not (answer.status == 303 and route.is_action)

    run(scene, tmp_path)


def test_who_signs_in_is_in_and_who_signs_out_is_out(tmp_path):
    """The cookie is for the browser alone: HttpOnly, strict, and dead after signing out."""
    add_users(tmp_path)

    async def scene(station, client):
        assert await sign_in(client) == (303, "/")
        kept = next(cookie for cookie in client.cookie_jar if cookie.key == doors.SESSION_COOKIE)
        assert kept["httponly"] and kept["samesite"] == "Strict" and not kept["secure"]
        async with client.get("/nothing") as answer:
            text = await answer.text()
        assert CARER in text
        async with client.post("/sign-out", data={"token": token_in(text)}, allow_redirects=False) as answer:
            assert answer.status == 303
        async with client.get("/events", cookies={doors.SESSION_COOKIE: kept.value}, allow_redirects=False) as answer:
            assert answer.status == 303
        assert len(station.sessions) == 0

    run(scene, tmp_path)


@pytest.mark.parametrize(("name", "password"), [(CARER, "wrong password"), ("nobody", PASSWORD), (CARER, "x" * 5000)])
def test_what_is_wrong_is_not_told_apart(tmp_path, name, password):
    """A wrong name and a wrong password get the same sentence."""
    add_users(tmp_path)

    async def scene(_station, client):
        assert (await sign_in(client, name, password))[0] == 403

    run(scene, tmp_path)


def test_a_form_of_another_site_does_nothing(tmp_path):
    """An action without the token of the session, or with that of another one, is refused."""
    add_users(tmp_path)

    async def scene(station, client):
        await sign_in(client)
        for data in ({}, {"token": "0" * 64}):
            async with client.post("/sign-out", data=data) as answer:
                assert answer.status == 403
        async with client.post("/sign-in", data={"name": CARER, "password": PASSWORD, "token": "x"}) as answer:
            assert answer.status == 403
        assert len(station.sessions) == 1

    run(scene, tmp_path)


def test_too_many_wrong_ones_must_wait(tmp_path):
    """The sixth try of a name from an address is not even looked at, be it right."""
    add_users(tmp_path)

    async def scene(_station, client):
        for _ in range(5):
            assert (await sign_in(client, password="wrong password"))[0] == 403
        assert (await sign_in(client))[0] == 429
        assert (await sign_in(client, INSTALLER))[0] == 303

    run(scene, tmp_path)


def test_every_answer_is_strict(tmp_path):
    """No script of elsewhere, no frame, no guess of types, no referrer, nothing kept; HSTS where there is TLS."""
    add_users(tmp_path)

    async def scene(_station, client):
        for path in ("/sign-in", "/nothing", "/static/station.css", "/"):
            async with client.get(path) as answer:
                assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
                assert "unsafe" not in answer.headers["Content-Security-Policy"]
                assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
                assert "Python" not in answer.headers["Server"]

    run(scene, tmp_path, settings=config(tmp_path, behind_proxy=True))


def test_a_page_that_fails_is_one_sentence(tmp_path):
    """Whatever goes wrong in a page: a sentence for who asks, and all the strict heads; a line in the log, no names."""
    add_users(tmp_path)
    told = []

    async def scene(station, client):
        await sign_in(client)
        station.board.alarms = lambda: {}["nobody"]
        async with client.get("/") as answer:
            assert answer.status == 500
            assert "alarms are not touched" in await answer.text()
            assert "frame-ancestors" in answer.headers["Content-Security-Policy"]

    run(scene, tmp_path, sink=lambda step, facts: told.append((step, facts)))
    fault = dict(told)["station-fault"]
    assert (fault["page"], fault["fault"]) == ("/", "KeyError")


def test_an_action_is_finished_whoever_hangs_up(tmp_path):
    """A tablet that loses its Wi-Fi in the middle of "I answer" has answered."""
    add_users(tmp_path)
    finished = []

    async def scene(station, client):
        await sign_in(client)
        async with client.get("/") as answer:
            token = token_in(await answer.text())
        began = asyncio.Event()

        async def end(session):
            began.set()
            await asyncio.sleep(0.3)
            finished.append(session.user)

        station.sessions.end = end
        asking = asyncio.create_task(client.post("/sign-out", data={"token": token}))
        await asyncio.wait_for(began.wait(), 10)
        asking.cancel()
        async with asyncio.timeout(10):
            while not finished:
                await asyncio.sleep(0.02)

    run(scene, tmp_path)
    assert finished == [CARER]


def test_too_much_is_refused_before_it_is_read(tmp_path):
    """A body larger than a route takes is turned away."""

    async def scene(_station, client):
        async with client.post("/sign-in", data=b"x" * 20_000) as answer:
            assert answer.status == 413

    run(scene, tmp_path)


def test_it_leads_on_to_its_own_pages_only(tmp_path):
    """?next= of another site leads to the front page."""
    add_users(tmp_path)

    async def scene(_station, client):
        for to in ("https://evil.example/", "//evil.example", "/\\evil.example", "/a\r\nX: y"):
            assert (await sign_in(client, to=to))[1] == "/"
            client.cookie_jar.clear()
        assert (await sign_in(client, to="/services"))[1] == "/services"

    run(scene, tmp_path)


def test_without_users_it_says_how_to_add_one(tmp_path):
    """No password is made up for anybody: the page shows the installer's command instead of a form."""

    async def scene(_station, client):
        async with client.get("/sign-in") as answer:
            text = await answer.text()
        assert "gateway user add" in text and 'type="password"' not in text

    run(scene, tmp_path)


@pytest.mark.parametrize(
    ("path", "cookie", "status"),
    [
        (b"/", b'"\xff\xfe"', b"303"), (b"/", b"\xff", b"303"),
        (b"/cases/%0d%0aX/motion.svg", b"x", b"303"), (b"/cases/%ff/motion.svg", b"x", b"303"),
    ],
)  # fmt: skip
def test_what_a_stranger_sends_costs_the_log_no_line(tmp_path, caplog, path, cookie, status):
    """Bytes that are no text, and line ends in an address: turned away like everybody, without a traceback."""

    async def scene(_station, client):
        async with client.get("/sign-in") as answer:
            port = answer.url.port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = (b"GET " + path + b" HTTP/1.1", b"Host: x", b"Accept: text/html", b"Cookie: tiexin-session=" + cookie)
        writer.write(b"\r\n".join(lines) + b"\r\n\r\n")
        said = await reader.readline()
        writer.close()
        return said

    assert run(scene, tmp_path).split()[1] == status
    assert not caplog.records
