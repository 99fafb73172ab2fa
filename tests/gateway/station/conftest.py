"""A real browser before a real page; tests that need one say how to get it where it is missing."""

import pytest

from tools.station_page import browser as browsers
from tools.station_page.house import CARER, INSTALLER, Served

PASSWORD = "a long password"


@pytest.fixture(scope="module")  # not longer: while the driver lives, no other test of this thread may run a loop
def chromium():
    """One browser for all tests of a file."""
    if why := browsers.missing():
        pytest.skip(why)
    with browsers.opened() as browser:
        yield browser


@pytest.fixture
def station(tmp_path):
    """A builder: a served page over imaginary wearers, a carer and an installer who may sign in."""
    served = []

    def build(wearers=6, carers=(CARER,), before=None):
        made = Served(tmp_path / "house", wearers)
        made.house.add_users(PASSWORD, **dict.fromkeys(carers, "carer"), **{INSTALLER: "installer"})
        made.cookies = {name: made.house.let_in(name) for name in (*carers, INSTALLER)}
        if before:
            before(made.house)
        served.append(made.__enter__())
        return made

    yield build
    for made in served:
        made.__exit__(None, None, None)


@pytest.fixture
def tablet(chromium):
    """A builder: a page of a browser of its own, signed in; it must ask nobody else and say no fault."""
    opened, faults = [], []

    def build(made, name=CARER, to="", **context):
        kept = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **context})
        opened.append(kept)
        page = kept.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda said: faults.append(said.text) if "Security Policy" in said.text else None)
        page.on("request", lambda asked: None if asked.url.startswith(made.house.address) else faults.append(asked.url))
        browsers.enter(page, made.house.address, made.cookies[name], to)
        return page

    yield build
    for kept in opened:
        kept.close()
    assert faults == []
