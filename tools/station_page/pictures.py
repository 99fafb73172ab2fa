"""Without this file the manual would show a page of last year: `make station-pictures`.

Imaginary wearers, a real page, a real browser; into docs/pictures/station_*.png, few colours, small files.
"""

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from shared import words
from tools.station_page import browser as browsers
from tools.station_page import installers
from tools.station_page.house import CARER, INSTALLER, House, Served, lived_in

_OUT = Path(__file__).resolve().parents[2] / "docs" / "pictures"
_WEARERS = 18
_ORDERS = ((2, words.MEALS), (8, words.MEALS), (14, words.SHOPPING), (1, words.MEALS), (10, words.MEALS))
_DONE_WITH = {1, 10}
_FEW = 6
_HEARD_DBM = (-58, -71, -79, -90, -66)
_LATER_MS = 1_700  # until the next press is another one
_LONG_AFTER_MS = 6_000
_MOST_BYTES = 150_000
_COLOURS = 250
_DESK = {"viewport": {"width": 1280, "height": 860}}
_PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
_LOCALES = {"en": "en-GB", "zh": "zh-CN"}
_SETTLED_MS = 900


def main() -> None:
    """Take all pictures, in both languages."""
    if why := browsers.missing():
        sys.exit(why)
    with tempfile.TemporaryDirectory() as folder, browsers.opened() as browser:
        served = Served(Path(folder) / "house", _WEARERS)
        served.house.add_users("not shown anywhere", **{CARER: "carer", INSTALLER: "installer"})
        cookie = served.house.let_in(CARER)
        served.house.lend = installers.lend
        lived_in(served.house)
        with served:
            _quiet(served, browser, cookie)
            _alarms(served, browser, cookie)
        _installers(Path(folder) / "another", browser)


def _quiet(served: Served, browser: Any, cookie: str) -> None:
    for tongue in _LOCALES:
        page = _page(browser, tongue, _DESK)
        page.goto(f"{served.house.address}sign-in")
        _shoot(page, f"sign_in_{tongue}")
        browsers.enter(page, served.house.address, cookie)
        page.wait_for_timeout(_SETTLED_MS)
        _shoot(page, f"quiet_{tongue}")


def _installers(folder: Path, browser: Any) -> None:
    served = Served(folder, _FEW)
    served.house.add_users("not shown anywhere", **{INSTALLER: "installer"})
    cookie = served.house.let_in(INSTALLER)
    served.house.lend = installers.lend
    with served:
        for wearer, rssi_dbm in enumerate(_HEARD_DBM):
            _beat(served, wearer, rssi_dbm)
        page = _page(browser, "en", _DESK)
        page.wait_for_timeout(_LONG_AFTER_MS)
        browsers.enter(page, served.house.address, cookie, "installer")
        _shoot(page, "installer_health", full_page=True)
        page = _page(browser, "zh", _DESK)
        browsers.enter(page, served.house.address, cookie, "installer/walk")
        _walk(served, page)
        _shoot(page, "installer_walk")


def _walk(served: Served, page: Any) -> None:
    page.select_option("#pendant", served.house.pendants[2].hex())
    page.click("form.line button")
    page.wait_for_selector("#walk")
    for room, rssi_dbm in (("客厅", -61), ("卧室", -79), ("浴室", -91)):
        _beat(served, 2, rssi_dbm)
        page.get_by_text(f"{rssi_dbm} dBm").wait_for()
        page.fill(".note input[name=note]", room)
        page.click(".note button")
        page.wait_for_timeout(_LATER_MS)


def _beat(served: Served, wearer: int, rssi_dbm: int) -> None:
    async def beat(house: House) -> None:
        await house.beat(wearer, 80, words.WORN, rssi_dbm)

    served.do(beat)


def _alarms(served: Served, browser: Any, cookie: str) -> None:
    fall = _happen(served)
    for tongue in _LOCALES:
        page = _page(browser, tongue, _DESK)
        browsers.enter(page, served.house.address, cookie)
        _shoot(page, f"alarms_{tongue}")
        phone = _page(browser, tongue, _PHONE)
        browsers.enter(phone, served.house.address, cookie)
        _shoot(phone, f"phone_{tongue}")
        for name, to in (
            ("case", f"cases/{fall}"),
            ("wearer", f"wearers/{served.house.pendants[3].hex()}"),
            ("services", "services"),
            ("meals", "services/meals"),
        ):
            page.goto(served.house.address + to)
            page.wait_for_timeout(_SETTLED_MS)
            _shoot(page, f"{name}_{tongue}", full_page=name == "case")


def _happen(served: Served) -> str:
    """An afternoon in a minute; the id of the fall that somebody has answered."""
    return served.do(_afternoon)


async def _afternoon(house: House) -> str:
    answered = await house.say(3, words.FALL_SUSPECTED, age_ms=70_000, delay_ms=910)
    await house.say(3, words.FALL_CONFIRMED, age_ms=50_000, ref=1)
    await house.cases.answer(answered, CARER, None, "station")
    await installers.move(house, answered)
    fresh = await house.say(9, words.FALL_SUSPECTED, age_ms=4_000, delay_ms=870)
    await installers.move(house, fresh, "fall_side", 3)
    await house.say(5, words.HELP_REQUESTED, age_ms=16_000, delay_ms=3_000)
    await house.say(11, words.HELP_REQUESTED, arg=words.MEDICAL, age_ms=41_000, delay_ms=3_000)
    for wearer, service in _ORDERS:
        case = await house.say(wearer, words.HELP_REQUESTED, arg=service, delay_ms=3_000)
        if wearer in _DONE_WITH:
            await house.cases.answer(case, CARER, None, "station")
            await house.cases.close(case, "true", CARER)
    return answered


def _page(browser: Any, tongue: str, size: dict[str, Any]) -> Any:
    context = browser.new_context(locale=_LOCALES[tongue], **size)
    return context.new_page()


def _shoot(page: Any, name: str, *, full_page: bool = False) -> None:
    picture = Image.open(io.BytesIO(page.screenshot(full_page=full_page)))
    few = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    path = _OUT / f"station_{name}.png"
    few.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.relative_to(_OUT.parents[1])}  {size // 1000} kB")
    if size > _MOST_BYTES:
        sys.exit(f"{path.name} has become larger than {_MOST_BYTES} bytes")


if __name__ == "__main__":
    main()
