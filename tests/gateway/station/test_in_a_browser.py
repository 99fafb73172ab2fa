"""What carers do, in a real browser: see, hear, answer, close, without a reload and with nothing from elsewhere."""

import re
from pathlib import Path

import pytest

from gateway.station import pages
from shared import words
from tests.gateway.rig import wait_for
from tests.gateway.station.conftest import PASSWORD
from tools.station_page.browser import sign_in
from tools.station_page.house import CARER

FALL, CALL = words.FALL_SUSPECTED, words.HELP_REQUESTED


def until(page, question):
    """Wait until the page says yes. Asked from outside: in the page itself its policy lets nobody evaluate a text."""
    wait_for(lambda: page.evaluate(question), 20)


def fall(made, wearer=3, **facts):
    """A wearer falls; the id of the alarm, once it has a page."""
    return _with_a_page(made, made.do(lambda house: house.say(wearer, FALL, **facts)))


def call(made, wearer, service, **facts):
    """A wearer calls for a service; the id, once it has a page."""
    return _with_a_page(made, made.do(lambda house: house.say(wearer, CALL, arg=service, delay_ms=3000, **facts)))


def _with_a_page(made, case_id):
    """The book learns of what is stored a moment after its COMMIT."""
    wait_for(lambda: made.house.cases.get(case_id), 20)
    return case_id


def test_an_alarm_comes_by_itself_is_answered_and_closed(station, tablet):
    """It appears without a reload, rings until somebody answers, and goes when closed; the file for training has it."""
    made = station()
    page = tablet(made)
    page.context.clear_cookies()
    sign_in(page, made.house.address, CARER, PASSWORD)  # with fingers; the other tests come with a session
    page.evaluate("window.isTheSamePage = true")
    assert page.is_visible("#calm")
    page.click("h1")  # the gesture that browsers want before a page may be heard
    alarm = fall(made)

    card = page.locator(f"#case-{alarm}")
    card.wait_for()
    page.locator("#calm").wait_for(state="hidden")
    page.locator("#badge-open", has_text="1").wait_for()
    assert "Fall suspected" in card.inner_text()
    until(page, "document.querySelector('#announce').textContent.includes('New alarm')")
    until(page, "document.documentElement.dataset.rang > 0 && /⚠|●/.test(document.title)")

    card.locator("[data-do=answer]").click()
    page.locator(f"#case-{alarm}.answered").wait_for()
    assert CARER in card.inner_text()
    until(page, "!/⚠|●/.test(document.title)")
    card.locator("[data-do=there]").click()
    card.locator("details[open] [value=true]").click()
    card.wait_for(state="detached")
    page.locator("#calm").wait_for()
    assert page.evaluate("window.isTheSamePage")
    case = made.house.cases.get(alarm)
    assert (case.answered_by, case.outcome, case.closed_by) == (CARER, "true", CARER)
    assert len(made.house.answers) == 1  # it goes to the wearer as soon as the pendant is heard
    assert alarm in (made.house.directory / "outcomes.jsonl").read_text()
    answered = f'"actor": "station:{CARER}", "action": "answer", "about": "{alarm}"'
    wait_for(lambda: answered in (made.house.directory / "audit.jsonl").read_text())


def test_two_carers_answer_at_once(station, tablet):
    """One of them wins, and both read who it was."""
    made = station(carers=(CARER, "Zhao"))
    pages_of = [tablet(made), tablet(made, "Zhao")]
    alarm = fall(made)
    for page in pages_of:
        page.locator(f"#case-{alarm} [data-do=answer]").wait_for()
    held = []
    for number, page in enumerate(pages_of, 1):
        page.route("**/answer", lambda route: held.append(route))  # noqa: PLW0108 - a built-in one it cannot call
        page.locator(f"#case-{alarm} [data-do=answer]").click()
        wait_for(lambda at=page, most=number: at.evaluate("1") and len(held) == most, 20)
    for route in held:  # both have said it before either is heard
        route.continue_()

    won = wait_for(lambda: made.house.cases.get(alarm).answered_by, 20)
    lost = pages_of[won == CARER]
    lost.get_by_text(f"{won} has answered already").wait_for()
    for page in pages_of:
        page.locator(f"#case-{alarm}.answered").get_by_text(won, exact=True).wait_for()


def test_the_gateway_restarts_under_an_open_page(station, tablet):
    """The page says that it is blind, comes back by itself, shows what happened meanwhile, and nobody is signed out."""
    made = station()
    page = tablet(made)
    page.evaluate("window.isTheSamePage = true")
    before = fall(made, 1)
    page.locator(f"#case-{before}").wait_for()

    made.stop()
    page.locator("#lost").wait_for()
    made.restart()
    after = fall(made, 2)
    page.locator(f"#case-{after}").wait_for()
    page.locator("#lost").wait_for(state="hidden")
    assert page.locator(f"#case-{before}").count() == 1
    page.locator("#open-count", has_text="2").wait_for()
    page.locator(f"#case-{before} [data-do=answer]").click()
    page.locator(f"#case-{before}.answered").wait_for()
    assert page.evaluate("window.isTheSamePage")


def test_a_part_of_the_page_that_does_not_come_is_asked_for_again(station, tablet):
    """The line comes back, but the list of alarms does not at first: it comes later, and nobody has to reload."""
    made = station()
    page = tablet(made)
    refused = []

    def refuse(route):
        refused.append(route.request.url)
        route.fulfill(status=500) if len(refused) < 3 else route.continue_()

    page.route("**/events*", lambda route: route.abort())
    made.restart()
    alarm = fall(made)  # while nobody listens
    made.restart()  # ... and it is not told any more: only the list has it
    page.route("**/parts/alarms", refuse)
    page.unroute("**/events*")

    page.locator(f"#case-{alarm}").wait_for()
    assert len(refused) == 3


def test_an_alarm_is_not_hidden_by_an_older_list_of_alarms(station, tablet):
    """The list is asked for, an alarm is told, and then the list comes, without it: it is asked for once more."""
    made = station()
    page = tablet(made)
    held = []

    def hold(route):
        held.append((route, route.fetch()))
        if len(held) > 1:
            route.fulfill(response=held[-1][1])

    page.route("**/parts/alarms", hold)
    made.restart()
    until(page, "document.getElementById('lost').hidden")
    wait_for(lambda: page.evaluate("1") and held, 20)
    card = page.locator(f"#case-{fall(made)}")
    card.wait_for()
    held[0][0].fulfill(response=held[0][1])
    wait_for(lambda: page.evaluate("1") and len(held) > 1, 20)
    card.wait_for()


def test_a_request_s_own_page_follows_what_is_done_about_it(station, tablet):
    """Whoever takes it there sees that it is taken, and is not asked to take it again."""
    made = station()
    meal = call(made, 1, words.MEALS)
    page = tablet(made, to=f"cases/{meal}")
    page.locator("[data-do=answer]").click()
    page.locator("[data-do=answer]").wait_for(state="detached")
    page.locator("[data-do=there]").wait_for()


def test_an_alarm_s_own_page_sees_what_happened_while_the_line_was_cut(station, tablet):
    """Somebody else has answered meanwhile, and the gateway was started anew: the page says so when it is back."""
    made = station()
    alarm = fall(made)
    page = tablet(made, to=f"cases/{alarm}")
    page.locator("[data-do=answer]").wait_for()
    page.route("**/events*", lambda route: route.abort())
    made.restart()
    made.do(lambda house: house.cases.answer(alarm, "Zhao", None, "test"))
    page.unroute("**/events*")

    page.locator("[data-do=answer]").wait_for(state="detached")
    assert "Zhao" in page.inner_text("#case")


def test_requests_are_taken_and_closed_and_meals_are_a_list(station, tablet):
    """A meal is no alarm: it waits on the list of services, and on the paper for the kitchen."""
    made = station()
    page = tablet(made, to="services")
    meal, help_ = call(made, 1, words.MEALS), call(made, 2, words.MEDICAL)
    page.locator(f"#case-{help_}").wait_for()
    page.locator("#badge-services", has_text="2").wait_for()
    page.locator("#badge-open", has_text="1").wait_for()  # a medical call rings as well

    page.locator(f"#case-{meal} [data-do=answer]").click()
    page.locator(f"#done-{meal}").click()
    page.locator(f"#case-{meal}").wait_for(state="detached")
    page.click("a[href='/services/meals']")
    if made.house.cases.get(meal).happened_unix_ms and "Nobody" in page.inner_text("main"):
        page.click(".tools a:last-child")  # after 18:00 it is for the day after tomorrow
    assert page.locator("table.list tbody tr").count() == 1
    page.emulate_media(media="print")
    assert page.is_hidden(".top") and page.is_hidden(".tools") and page.is_visible("table.list")


def test_a_row_of_a_wearer_follows_the_beats(station, tablet):
    """A beat changes the row without a reload; who needs care moves up; who has an alarm stands first."""
    made = station()
    page = tablet(made)
    worn = words.WORN
    for wearer in range(6):
        made.do(lambda house, w=wearer: house.beat(w, 9 if w == 4 else 80, worn if w != 2 else words.CHARGING))
    rows = page.locator("#wearers tr")
    page.locator(f"#w-{made.house.pendants[4].hex()}").get_by_text("charge soon").wait_for()
    until(page, "document.querySelector('#wearers tr').textContent.includes('charge soon')")
    page.locator(f"#w-{made.house.pendants[2].hex()} .state").get_by_text("charging", exact=True).wait_for()
    fall(made, 1)
    until(page, "document.querySelector('#wearers tr').className === 'alarmed'")
    assert rows.count() == 6
    page.check("#only")
    assert page.locator("#wearers tr:visible").count() == 2


def test_who_may_no_more_is_led_to_the_door(station, tablet):
    """A carer who is taken off the list sees nothing more: the stream ends, and the page leads to the sign-in."""
    made = station()
    page = tablet(made)
    (made.house.directory / "users.jsonl").write_text("")
    made.restart()
    page.wait_for_url("**/sign-in*")


def test_without_hands_on_a_mouse(station, tablet):
    """Keys alone: the first one skips to the content, and an alarm is answered with Tab and Enter."""
    made = station(wearers=1)
    page = tablet(made)
    alarm = fall(made, 0)
    page.locator(f"#answer-{alarm}").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == f"answer-{alarm}":
            break
    page.keyboard.press("Enter")
    page.locator(f"#case-{alarm}.answered").wait_for()


def test_sound_can_be_switched_off_and_stays_off(station, tablet):
    """Remembered by the browser, over a reload."""
    made = station()
    page = tablet(made)
    page.click("#sound")
    page.reload()
    assert page.get_attribute("#sound", "aria-pressed") == "false"
    fall(made)
    page.locator(".case.unanswered").wait_for()
    assert page.evaluate("document.documentElement.dataset.rang") is None
    page.click("#sound")
    until(page, "document.documentElement.dataset.rang > 0")


def test_the_page_in_chinese(station, tablet):
    """A Chinese browser reads Chinese only; a switch leads to English and is remembered."""
    made = station()
    fall(made)
    call(made, 2, words.MEALS)
    page = tablet(made, locale="zh-CN")
    for path in ("", "services", "services/meals", "cases", "wearers/" + made.house.pendants[3].hex()):
        page.goto(made.house.address + path)
        said = page.inner_text("body").replace("English", "")
        assert page.get_attribute("html", "lang") == "zh-CN"
        assert re.findall(r"[A-Za-z]{2,}", said.replace("dBm", "").replace(made.house.pendants[3].hex(), "")) == []
    page.click(".who a")
    assert page.get_attribute("html", "lang") == "en"
    page.reload()
    assert page.get_attribute("html", "lang") == "en"


_NARROW = """() => ({
  wide: document.documentElement.scrollWidth,
  small: Array.from(document.querySelectorAll('button, summary, input, nav a, .who a'))
    .filter(one => one.offsetParent).map(one => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
    .filter(([_, box]) => box.width < 44 || box.height < 44)
    .filter(([text]) => !text.includes('checkbox')).map(([text]) => text),
})"""


@pytest.mark.parametrize("width", [320, 390])
def test_a_phones_width(station, tablet, width):
    """Nothing must be pushed sideways, and everything to press is at least 44 pixels high and wide."""
    made = station(wearers=12)
    alarm = fall(made)
    call(made, 2, words.MEALS)
    page = tablet(made, viewport={"width": width, "height": 720}, has_touch=True, is_mobile=True)
    for path in (
        "",
        "services",
        "services/meals",
        "cases",
        f"cases/{alarm}",
        "wearers/" + made.house.pendants[3].hex(),
    ):
        page.goto(made.house.address + path)
        found = page.evaluate(_NARROW)
        assert (found["wide"], found["small"]) == (width, []), path


# The ratio of every text in an element to the ground behind it, as WCAG counts it.
_CONTRAST = """root => {
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number).slice(0, 3)
    .map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = one => { for (; one; one = one.parentElement) {
    const c = getComputedStyle(one).backgroundColor;
    if (!/, 0\\)$|transparent/.test(c)) return c; } return 'rgb(255,255,255)'; };
  const found = [];
  for (const one of root.querySelectorAll('*')) {
    const own = Array.from(one.childNodes).some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !one.offsetParent) continue;
    const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), one.textContent.trim().slice(0, 40)]);
  }
  return found;
}"""


def test_contrast_is_seven_to_one_and_colour_never_the_only_sign(station, tablet):
    """Every word of the page, in each colour of a clock; each colour has a word and a shape; motion only if wanted."""
    made = station()
    page = tablet(made)  # it is open before they fall: amber lasts ten seconds, and a busy machine may open it slowly
    answered = fall(made, 4)
    made.do(lambda house: house.cases.answer(answered, CARER, None, "station"))
    for wearer, age_ms in enumerate((500, 21_000, 90_000)):  # green, amber, red
        fall(made, wearer, age_ms=age_ms)
    until(page, "new Set(Array.from(document.querySelectorAll('.clock'), one => one.dataset.colour)).size >= 3")
    said = {one.get_attribute("data-colour"): one.inner_text() for one in page.query_selector_all(".clock")}
    found = page.evaluate(_CONTRAST, page.query_selector("body"))
    assert "✓ in time" in said["green"] and "▲ nearly late" in said["amber"] and "■ late" in said["red"]
    for motion, moves in (("no-preference", True), ("reduce", False)):
        page.emulate_media(reduced_motion=motion)
        look = "getComputedStyle(document.querySelector('.case.unanswered .what .icon')).animationName"
        assert (page.evaluate(look) != "none") == moves
    ground = "one => getComputedStyle(one).backgroundColor"
    wanted = {
        ".case.unanswered [data-do=answer]": "rgb(140, 16, 16)",
        ".case.answered [data-do=there]": "rgb(11, 81, 54)",
    }

    assert {one: page.eval_on_selector(one, ground) for one in wanted} == wanted  # red calls, green goes on
    assert len(found) > 60
    assert [(round(ratio, 1), text) for ratio, text in found if ratio < 7] == []


def test_five_hundred_wearers_and_fifty_alarms_stay_quick(station, tablet):
    """The page is there at once, and so is the next alarm (generous here: make bench-station has the figures)."""
    made = station(wearers=500)
    for wearer in range(50):
        fall(made, wearer)
    page = tablet(made)
    until(page, "performance.getEntriesByName('first-contentful-paint').length")
    paint_ms = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert paint_ms < 8_000
    assert page.locator(".case").count() == 50
    assert page.locator("#wearers tr").count() == 500
    alarm = fall(made, 400)
    page.locator(f"#case-{alarm}").wait_for(timeout=5_000)
    page.fill("#find", "王")
    assert 0 < page.locator("#wearers tr:visible").count() < 100


_SCRIPTS = sorted((Path(pages.__file__).parent / "static").glob("*.js"))


@pytest.mark.parametrize("script", _SCRIPTS, ids=lambda path: path.name)
def test_the_script_is_plain(script):
    """An old tablet reads it: no arrow, no template, no let or const, no optional chaining."""
    code = re.sub(r"/\*.*?\*/", "", script.read_text("utf-8"), flags=re.DOTALL)

    assert not re.search(r"=>|`|\blet\b|\bconst\b|\?\.|\basync\b|\bclass\b", code)
