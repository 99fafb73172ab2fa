"""Words: each in both languages, chosen as the browser asks, and times as the home's clock has them."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway import counters, enrol, keys, motion_reading, pendant_state, probe
from gateway.case_tables import REQUESTED, STATES
from gateway.casework import NOTES, OUTCOMES
from gateway.record import LANE_NAMES
from gateway.station import case_views, language, tabs, wearer_pages, wearer_views, words
from gateway.station.health_check import REASONS
from gateway.station.times import Times
from shared.word_names import SERVICE_NAMES

_STATION = Path(words.__file__).parent
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SAME_IN_BOTH = {"other_language", "other_language_label"}  # these name the other language


PREFIXES = {
    "heard_",
    "wait_",
    "state_",
    "outcome_",
    "stage_",
    "step_",
    "fall_",
    "help_",
    "service_",
    "weekday_",
    "ins_",
    "ins_lane_",
    "ins_refused_",
    "ins_enrol_",
    "ins_step_",
    "ins_why_",
}


def tabs_keys():
    """What leads to the pages."""
    return [tab.key for tab in tabs.TABS]


def used():
    """Every word that a template or a module asks for by name."""
    found = set()
    for path in [*_STATION.glob("pages/*"), *_STATION.glob("*.py")]:
        found |= set(re.findall(r"""\b(?:t|say)\(\s*['"]([a-z][a-z0-9_]*)['"]""", path.read_text("utf-8")))
    return found


def test_no_word_is_missing():
    """What a page says is in the table."""
    assert used()
    assert used() - PREFIXES <= set(words.TEXTS)


@pytest.mark.parametrize(
    ("prefix", "ends"),
    [
        ("wait_", [*case_views.LIMITS_MS, "outcome"]),
        ("ins_", ["code", *keys.DESCRIBED, "good", "weak", "none_verdict", *REASONS]),
        ("ins_lane_", LANE_NAMES),
        ("ins_step_", probe.STEPS),
        ("ins_why_", probe.STEPS),
        ("stage_", [*case_views.LIMITS_MS, "heard", "outcome"]),
        ("outcome_", [*OUTCOMES, "call"]),
        ("fall_", [state for state in STATES.values() if state != REQUESTED]),
        ("help_", [REQUESTED]),
        ("service_", SERVICE_NAMES),
        ("step_", [*(note.replace("-", "_") for note in NOTES), "answered", "outcome", "felt", "delivered"]),
        ("step_", ["raised", "heard", "stored", "confirmed_by_broker"]),
        ("state_", [getattr(wearer_views, name) for name in ("NEVER", "CHARGING", "WORN", "STILL", "OFF")]),
        ("state_", [pendant_state.MISSING, pendant_state.UNKNOWN]),
        ("motion_", [motion_reading.SAME, motion_reading.TILTED, motion_reading.TURNED, motion_reading.UNCLEAR]),
        ("ins_done_", [enrol.NEW, enrol.CHANGED, enrol.SAME]),
        ("ins_enrol_", [*enrol.REASONS, "list"]),
        ("ins_refused_", [reason.replace(" ", "_") for reason in counters.REASONS]),
        ("event_", [key.removeprefix("event_") for key in wearer_pages._KEYS.values()]),
        ("weekday_", range(7)),
        ("heard_", ["near", "within", "far"]),
        ("", tabs_keys()),
    ],
)
def test_no_word_is_missing_that_is_put_together(prefix, ends):
    """Every state, step, service and outcome that the gateway knows has its word."""
    assert {f"{prefix}{end}" for end in ends} <= set(words.TEXTS)


@pytest.mark.parametrize("key", sorted(words.TEXTS))
def test_a_word_is_whole_in_both_languages(key):
    """Neither is empty, both want the same facts, and the Chinese one is Chinese."""
    chinese, english = words.TEXTS[key]

    assert chinese.strip() and english.strip()
    assert set(re.findall(r"{(\w+)", chinese)) == set(re.findall(r"{(\w+)", english))
    if key not in _SAME_IN_BOTH:
        assert _CHINESE.search(chinese) or not re.search(r"[A-Za-z]{2}", chinese), chinese
        assert not _CHINESE.search(english), english


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.1", "en"),
        ("de,en;q=0.5", "en"),
        ("de", "zh"),
        ("", "zh"),
        ("en;q=0", "zh"),
        (";;;,,q=1,\x00", "zh"),
        ("a" * 10_000, "zh"),
    ],
)
def test_the_browser_chooses(header, chosen):
    """The language it likes most among ours, else the house's; rubbish changes nothing."""
    assert language.asked_for(header, "zh") == chosen


def test_times_are_the_homes():
    """The same moment in the zone of the home: today, yesterday, long ago, unknown."""
    noon = 1_795_320_000  # 2026-11-22 04:00 UTC
    times = Times(ZoneInfo("Asia/Shanghai"), lambda: noon)

    assert times.moment(noon, "en") == "12:00:00"
    assert times.moment(noon - 14 * 3600, "zh") == "昨天 22:00"
    assert times.moment(noon - 30 * 86_400, "zh") == "2026年10月23日（周五） 12:00"  # noqa: RUF001
    assert times.moment(noon - 30 * 86_400, "en") == "Fri 2026-10-23 12:00"
    assert times.moment(None, "en") == "time not known"
