"""What installers do, in a real browser: look, add, walk, try; with nothing from elsewhere."""

import json

from shared import words
from tools.station_page import installers
from tools.station_page.house import INSTALLER

RECORD = {
    "format": 1, "role": "pendant", "id": "a0b1c2d3e4aa", "key": "0f0e0d0c0b0a09080706050403020100", "boot": 5,
    "board": "xiao_c3", "site": "home", "when": "2026-11-22T12:00:00Z",
}  # fmt: skip


def lent(house):
    """Before it is opened: what installers' pages need."""
    house.lend = installers.lend


def test_an_installer_adds_a_pendant_walks_and_tries_the_way(station, tablet, tmp_path):
    """The main path: fit, a record uploaded, presses that come by themselves and keep their rooms, there and back."""
    made = station(before=lent)
    page = tablet(made, INSTALLER, "installer")
    assert "The gateway is fit." in page.inner_text("main")

    page.click("nav.ways a[href='/installer/pendants']")
    path = tmp_path / "a0b1c2d3e4aa.json"
    path.write_text(json.dumps(RECORD))
    page.set_input_files("#record", path)
    page.click("form[enctype] button")
    page.get_by_text("a0b1c2d3e4aa: added").wait_for()
    assert RECORD["key"] not in page.content()

    page.click("nav.ways a[href='/installer/walk']")
    page.select_option("#pendant", made.house.pendants[2].hex())
    page.click("text=Begin the walk")
    page.get_by_text("No press has been heard yet.").wait_for()
    page.evaluate("window.isTheSamePage = true")
    made.do(lambda house: house.beat(2, 80, words.WORN, -84))
    page.locator(".verdict.weak").wait_for()
    page.locator(".note input[name=note]").fill("bathroom")
    page.wait_for_timeout(1_600)  # sooner, it would be the same press
    made.do(lambda house: house.beat(2, 80, words.WORN, -61))
    page.wait_for_timeout(2_500)
    assert page.input_value(".note input[name=note]") == "bathroom"  # not taken from under the fingers
    assert page.evaluate("window.isTheSamePage")
    page.locator(".note button").first.click()
    page.locator("tr", has_text="-61").wait_for()
    assert "bathroom" in [box.input_value() for box in page.locator(".note input[name=note]").all()]

    page.click("nav.ways a[href='/installer/test']")
    page.click("text=Test now")
    page.get_by_text("It works: alarms reach the broker and come back.").wait_for()
    with page.expect_download() as download:
        page.click("nav.ways a[href='/installer']")
        page.click("text=Download")
    assert download.value.suggested_filename.endswith(".zip")


def test_on_a_phone_nothing_is_wider_than_the_screen(station, tablet):
    """Chinese, 390 points wide: every page of an installer."""
    made = station(before=lent)
    page = tablet(made, INSTALLER, "installer", viewport={"width": 390, "height": 780}, locale="zh-CN")
    for path in ("installer", "installer/pendants", "installer/walk", "installer/test"):
        page.goto(f"{made.house.address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
