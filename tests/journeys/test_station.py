"""From the pendant to the carer's screen, and from her finger back to the wearer's skin."""

import time

import pytest

from tests.gateway.rig import wait_for
from tests.journeys.conftest import ids
from tools.home import feelings
from tools.home.house import Home
from tools.station_page import browser as browsers

pytestmark = pytest.mark.journey
CARER, PASSWORD = "Chen Li", "a long password"
_HOLD_MS = 3_400
_WITHIN_S = 20  # generous: a busy machine; make bench-station has the figures


def test_a_carer_answers_from_the_page_and_the_wearer_feels_it(tmp_path):
    """A held button rings on an open page; "I answer" there is felt at the pendant; the platform hears of it."""
    if why := browsers.missing():
        pytest.skip(why)
    with Home(tmp_path, seed=1, carers={CARER: PASSWORD}) as home, browsers.opened() as browser:
        home.power_on()
        page = browser.new_context(locale="en-GB").new_page()
        browsers.sign_in(page, home.gateway.station_address, CARER, PASSWORD)
        page.evaluate("window.isTheSamePage = true")
        pendant = home.pendants[0]

        pendant.press_for_ms(_HOLD_MS)
        page.locator(".case.unanswered").wait_for(timeout=1000 * _WITHIN_S)
        seen_s = time.time()
        (call,) = ids(home, "tiexin.help.requested")
        stored_s = home.gateway.expect("stored", event=call).at_s
        page.locator("[data-do=answer]").click()

        wait_for(lambda: "answered" in names(home, pendant), _WITHIN_S)
        page.locator(".case.answered").wait_for()
        home.platform.expect(lambda one: one.type == "tiexin.alarm.answered", _WITHIN_S)
        assert page.evaluate("window.isTheSamePage")
        assert seen_s - stored_s < _WITHIN_S
        page.goto(home.gateway.station_address + f"cases/{call}")
        page.get_by_text("the wearer has felt the answer").wait_for()


def names(home, pendant):
    """What the wearer has felt so far."""
    return [felt.name for felt in feelings.read(pendant.felt, home.clock.now_s())]
