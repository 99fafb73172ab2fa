"""Without this file tests, pictures and bench would each start a browser in their own way, and explain its lack.

Debian's chromium, driven by Playwright; nothing is downloaded, and nothing but the page is asked for anything.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SESSION_COOKIE = "tiexin-session"
ARGUMENTS = (
    "--no-sandbox",  # tests run as root in containers; the only page it ever sees is ours
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",  # a ring can be heard by a test that has no fingers
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def missing() -> str:
    """Why there is no browser here, and how to get it; empty if there is."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "no Playwright: make extras (or pip install -r locks/extra.txt)"
    if _chromium() is None:
        return "no chromium: apt install chromium, or name one in TIEXIN_CHROMIUM"
    return ""


@contextmanager
def opened() -> Iterator[Any]:
    """A browser; its contexts are as apart as two tablets."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=_chromium(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def sign_in(page: Any, address: str, name: str, password: str, to: str = "") -> None:
    """Fill the form in; back when the next page is there."""
    page.goto(f"{address}sign-in?next=/{to}")
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("button.main")
    page.wait_for_selector("#act", state="attached")


def enter(page: Any, address: str, cookie: str, to: str = "") -> None:
    """Go on with a session that was begun before."""
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": address}])
    page.goto(f"{address}{to}")
    page.wait_for_selector("#act", state="attached")


def _chromium() -> str | None:
    named = os.environ.get("TIEXIN_CHROMIUM")
    return named or next((found for found in map(shutil.which, _NAMES) if found), None)
