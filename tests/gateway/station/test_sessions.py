"""Sessions and tries: bounded in number and in time, and over as soon as the person is off the list."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from gateway.station import attempts, sessions, users
from gateway.station.book import Book
from gateway.station.sessions import Sessions
from gateway.station.users import Users
from gateway.trace import Trace, silent_sink
from tests.gateway.station.house import CARER, add_users


@asynccontextmanager
async def opened(directory, now_s):
    """Sessions over a book in that folder."""
    book = Book(directory / "station.db", (sessions.SCHEMA,), Trace(silent_sink))
    await book.open()
    found = Sessions(book, Users(directory / "users.jsonl"), now_s)
    await found.load()
    try:
        yield found
    finally:
        await book.close()


def test_a_session_outlives_a_restart_and_not_its_person(tmp_path):
    """The file has only a hash of what the browser has; a new password or a removal ends it at once."""
    add_users(tmp_path)

    async def scene():
        async with opened(tmp_path, lambda: 1000) as before:
            cookie = await before.begin(before._users.get(CARER))
        assert cookie.encode() not in (tmp_path / "station.db").read_bytes()
        async with opened(tmp_path, lambda: 1001) as after:
            assert after.find(cookie).user == CARER
            assert after.find(cookie + "x") is None
            users.put(tmp_path / "users.jsonl", CARER, users.CARER, "another password")
            assert after.find(cookie) is None
            cookie = await after.begin(after._users.get(CARER))
            assert after.find(cookie).user == CARER
            (tmp_path / "users.jsonl").write_text("")
            assert after.find(cookie) is None

    asyncio.run(scene())


@pytest.mark.parametrize("now_s", [1_795_348_800, 0, 2**33])
def test_a_new_password_ends_every_session_whatever_the_clock_says(tmp_path, monkeypatch, now_s):
    """Set in the same second, or while the clock was behind or ahead; also one like the old."""
    monkeypatch.setattr(time, "time", lambda: now_s)
    users.put(tmp_path / "users.jsonl", CARER, users.CARER, "the same password")

    async def scene():
        async with opened(tmp_path, lambda: 1_795_348_800) as found:
            first = found._users.get(CARER)
            cookie = await found.begin(first)
            assert found.find(cookie)
            users.put(tmp_path / "users.jsonl", CARER, users.CARER, "the same password")
            assert found.find(cookie) is None
            late = await found.begin(first)  # its password was checked just before it changed
            assert found.find(late) is None

    asyncio.run(scene())


def test_a_session_ends_when_it_is_idle_or_old(tmp_path):
    """Twelve hours unused, or thirty days at all; the file forgets it too."""
    add_users(tmp_path)
    now = [1000]

    async def scene():
        async with opened(tmp_path, lambda: now[0]) as found:
            cookie = await found.begin(found._users.get(CARER))
            for _ in range(61):
                now[0] += sessions.IDLE_S - 1
                if found.find(cookie):
                    await found.use(found.find(cookie))
            assert found.find(cookie) is None
            assert now[0] - 1000 > sessions.LONGEST_S
            await found.tidy()
            assert len(found) == 0
        async with opened(tmp_path, lambda: 1000) as again:
            assert len(again) == 0

    asyncio.run(scene())


def test_sessions_are_bounded(tmp_path):
    """One person has sixteen at most, all together 256: the longest unused goes."""
    add_users(tmp_path, **{f"carer{number}": "carer" for number in range(30)})
    now = [1000]

    async def scene():
        async with opened(tmp_path, lambda: now[0]) as found:
            cookies = []
            for _ in range(20):
                now[0] += 1
                cookies.append(await found.begin(found._users.get(CARER)))
            assert [cookie for cookie in cookies if found.find(cookie)] == cookies[-sessions.MOST_OF_A_USER :]
            for number in range(30):
                for _ in range(10):
                    await found.begin(found._users.get(f"carer{number}"))
            assert len(found) == sessions.MOST

    asyncio.run(scene())


def test_wrong_passwords_run_out_and_come_back():
    """Five in a row, then one a minute; another address is not touched; memory is bounded."""
    now = [0.0]
    tries = attempts.Attempts(lambda: now[0])
    for _ in range(5):
        assert tries.wait_s("chen", "here") == 0
        tries.wrong("chen", "here")

    assert 0 < tries.wait_s("chen", "here") <= attempts.NAME_AGAIN_S
    assert tries.wait_s("chen", "there") == 0
    now[0] += attempts.NAME_AGAIN_S
    assert tries.wait_s("chen", "here") == 0
    for number in range(attempts.MOST_BUCKETS + 50):
        tries.wrong(f"name {number}", "there")
    assert len(tries._names) <= attempts.MOST_BUCKETS
    assert tries.wait_s("anybody", "there") > 0
