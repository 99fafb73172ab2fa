"""Without this file a carer would sign in for every answer: who is signed in, by a secret that only the browser has.

The browser's cookie holds 256 random bits; here lies only their hash, so neither a copy of the file nor a look into
memory lets anybody in. Bounded in number and in time; kept over a restart, so that a screen on the wall stays in.
"""

import hashlib
import hmac
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.station.book import Book
from gateway.station.users import User, Users

SCHEMA = """
CREATE TABLE IF NOT EXISTS signed_in (
  secret BLOB PRIMARY KEY, user TEXT NOT NULL, password BLOB NOT NULL, began_s INTEGER NOT NULL, seen_s INTEGER NOT NULL
) WITHOUT ROWID;
"""
IDLE_S = 12 * 3600  # a page that stands open counts as in use
LONGEST_S = 30 * 86_400
MOST = 256
MOST_OF_A_USER = 16
_NOTE_EVERY_S = 600  # how exactly the file knows when a session was last used


@dataclass
class Session:
    """One browser in which one person is signed in."""

    secret: bytes  # the hash of what the browser has
    user: str
    password: bytes  # the fingerprint of the password that let them in: with another one it is over
    began_s: int
    seen_s: int
    noted_s: int = 0

    def form_token(self, cookie: str) -> str:
        """What a form of this session carries, and a form of another site cannot know."""
        return hmac.new(cookie.encode(), b"tiexin form", hashlib.sha256).hexdigest()


class Sessions:
    """All of them, by the hash of their secret."""

    def __init__(self, book: Book, users: Users, now_s: Callable[[], float] = time.time) -> None:
        self._book = book
        self._users = users
        self._now_s = now_s
        self._sessions: dict[bytes, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    async def load(self) -> None:
        """Take up those of before the restart."""
        rows: list[tuple[bytes, str, bytes, int, int]] = []
        for row in await self._book.do(_all, rows):
            session = Session(*row)
            self._sessions[session.secret] = session

    async def begin(self, user: User) -> str:
        """Let a person in whose password was right; the cookie's value."""
        cookie, now_s = secrets.token_urlsafe(32), int(self._now_s())
        session = Session(_hash(cookie), user.name, _hash(user.password), now_s, now_s, now_s)
        dropped = self._make_room(user.name)
        self._sessions[session.secret] = session
        await self._book.do(lambda db: _replace(db, session, dropped), None)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """The session of a cookie, if it is in force."""
        session = self._sessions.get(_hash(cookie)) if cookie else None
        return session if session and self.is_in_force(session) else None

    async def use(self, session: Session) -> None:
        """Note that it is in use."""
        session.seen_s = int(self._now_s())
        if session.seen_s - session.noted_s >= _NOTE_EVERY_S or session.seen_s < session.noted_s:
            session.noted_s = session.seen_s
            await self._book.do(lambda db: put(db, session), None)

    async def end(self, session: Session) -> None:
        """Sign out."""
        self._sessions.pop(session.secret, None)
        await self._book.do(lambda db: _drop(db, [session.secret]), None)

    async def tidy(self) -> None:
        """Let go of what is over."""
        over = [session.secret for session in self._sessions.values() if not self.is_in_force(session)]
        for secret in over:
            self._sessions.pop(secret, None)
        if over:
            await self._book.do(lambda db: _drop(db, over), None)

    def is_in_force(self, session: Session) -> bool:
        """Whether it is neither ended nor too old, and its person is still on the list under the same password."""
        user = self._users.get(session.user)
        now_s = self._now_s()
        return (
            session.secret in self._sessions
            and user is not None
            and _hash(user.password) == session.password
            and now_s - session.seen_s < IDLE_S
            and now_s - session.began_s < LONGEST_S
        )

    def _make_room(self, user: str) -> list[bytes]:
        """Let the longest unused go, of this person first."""
        own = sorted((s for s in self._sessions.values() if s.user == user), key=lambda s: s.seen_s)
        dropped = [session.secret for session in own[: max(0, len(own) - MOST_OF_A_USER + 1)]]
        if not dropped and len(self._sessions) >= MOST:
            dropped = [min(self._sessions.values(), key=lambda s: s.seen_s).secret]
        for secret in dropped:
            del self._sessions[secret]
        return dropped


def _hash(text: str) -> bytes:
    # What a stranger sends as a cookie need not be text.
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def _all(db: sqlite3.Connection) -> list[tuple[bytes, str, bytes, int, int]]:
    return db.execute("SELECT secret, user, password, began_s, seen_s FROM signed_in LIMIT ?", (MOST,)).fetchall()


def _replace(db: sqlite3.Connection, session: Session, dropped: list[bytes]) -> None:
    _drop(db, dropped)
    put(db, session)


def put(db: sqlite3.Connection, session: Session) -> None:
    """Write it into the file."""
    row = (session.secret, session.user, session.password, session.began_s, session.seen_s)
    db.execute("INSERT OR REPLACE INTO signed_in VALUES (?, ?, ?, ?, ?)", row)


def _drop(db: sqlite3.Connection, gone: list[bytes]) -> None:
    db.executemany("DELETE FROM signed_in WHERE secret = ?", [(secret,) for secret in gone])
