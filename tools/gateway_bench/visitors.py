"""Without this file the station page would be measured while nobody looks: browsers' stand-ins that keep it open.

They sign in as a carer, listen to the stream as open pages do, and load the board again and again.
"""

import http.cookiejar
import re
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Self

from gateway.station import users

_NAME, _PASSWORD = "visitor", "looks at the board"
_AGAIN_S = 2.0


class Visitors:
    """So many open pages, until the end of the with block."""

    def __init__(self, address: str, users_file: Path, number: int = 4) -> None:
        users.put(users_file, _NAME, "carer", _PASSWORD)
        self._address = address
        self._number = number
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.loads_s: list[float] = []  # how long each load of the board took

    def __enter__(self) -> Self:
        browser = self._sign_in()
        looks = [self._listen] * self._number + [self._load]
        self._threads = [threading.Thread(target=look, args=(browser,), daemon=True) for look in looks]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _sign_in(self) -> urllib.request.OpenerDirector:
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        browser = urllib.request.build_opener(jar)
        browser.addheaders = [("Accept", "text/html")]
        form = browser.open(f"{self._address}sign-in", timeout=30).read().decode()
        token = re.search(r'name="token" value="([^"]+)"', form)
        assert token
        fields = {"name": _NAME, "password": _PASSWORD, "token": token[1]}
        browser.open(f"{self._address}sign-in", urllib.parse.urlencode(fields).encode(), timeout=30).read()
        return browser

    def _listen(self, browser: urllib.request.OpenerDirector) -> None:
        with browser.open(f"{self._address}events", timeout=60) as stream:
            while not self._stop.is_set() and stream.readline():
                pass

    def _load(self, browser: urllib.request.OpenerDirector) -> None:
        while not self._stop.is_set():
            began_s = time.monotonic()
            browser.open(self._address, timeout=60).read()
            self.loads_s.append(time.monotonic() - began_s)
            self._stop.wait(_AGAIN_S)
