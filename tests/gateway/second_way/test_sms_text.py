# ruff: noqa: RUF001 - Chinese has its own punctuation
"""What a message says, in both languages, and whose name it does not say."""

from dataclasses import replace

import pytest

from gateway.case import Step
from gateway.registry import Pendant
from gateway.seal import Ccm
from gateway.second_way.pdu import MOST_PARTS, submit
from gateway.second_way.sms_text import MOST_NAMED, Wording
from shared import word_names
from tests.gateway.second_way.test_due import FALL

PENDANT = Pendant(b"pppppp", bytes(16), "王秀英", "3 号房间", Ccm(bytes(16)))
CALL = replace(FALL, kind="help", state="requested", service="medical", heard_stamp_ms=-300_000)


def wording(language, *, tells_room=False, tells_name=False):
    """The texts of a gateway that knows one pendant."""
    find = {PENDANT.id: PENDANT}.get
    return Wording(language, "home/gw", find, tells_room=tells_room, tells_name=tells_name)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "疑似跌倒，吊坠707070707070，15秒前；呼叫医疗，吊坠707070707070，5分钟前。平台未确认收到，请立即查看。"),
        (
            "en",
            "suspected fall, pendant 707070707070, 15 s ago; call for medical help, pendant 707070707070, 5 min ago.",
        ),
    ],
)
def test_what_who_and_how_long_ago(language, text):
    """One text for all alarms that wait."""
    made = wording(language).alarm([FALL, CALL], 16_000)

    assert text in made
    assert made.startswith({"zh": "贴心报警：", "en": "Tiexin alarm: "}[language])


def test_an_alarm_that_was_out_of_reach_for_hours_is_as_old_as_its_cause():
    """Who reads "5 s ago" would think that somebody has fallen just now."""
    raised = Step(None, FALL.heard_stamp_ms - 3 * 3_600_000, "raised", "", "suspected")
    late = replace(FALL, steps=(raised, Step(None, FALL.heard_stamp_ms, "heard", "", "suspected")))

    assert "3 h ago" in wording("en").alarm([late], FALL.heard_stamp_ms + 5_000)


def test_a_name_or_a_room_only_where_it_is_allowed():
    """Messages lie open on telephones."""
    silent = wording("zh").alarm([FALL], 2_000)

    assert "王" not in silent
    assert "房间" not in silent
    assert "3 号房间 王秀英" in wording("zh", tells_room=True, tells_name=True).alarm([FALL], 2_000)
    assert "3 号房间，" in wording("zh", tells_room=True).alarm([FALL], 2_000)
    unknown = replace(FALL, pendant=b"qqqqqq")
    assert "717171717171" in wording("zh", tells_room=True, tells_name=True).alarm([unknown], 2_000)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_forty_alarms_fit_into_one_text(language):
    """The first ones by name, the others by number; within what a modem may send as one."""
    text = wording(language, tells_room=True, tells_name=True).alarm([FALL] * 40, 7_200_000_000)

    assert str(40 - MOST_NAMED) in text
    assert text.endswith("[home/gw]")
    assert len(submit("+8613800138000", text, 1)) < MOST_PARTS


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_alarm_has_its_words(language):
    """Each service and state says something of its own."""
    cases = [replace(CALL, service=service) for service in (*word_names.SERVICE_NAMES, None, "5")]
    cases += [FALL, replace(FALL, state="confirmed")]
    texts = [wording(language).alarm([case], 0) for case in cases]

    assert len(set(texts)) == len(texts) - 1  # a service that nobody can read is a call for help


def test_the_end_is_told_too():
    """Cancelled, or up again."""
    cancelled, recovered = replace(FALL, state="cancelled"), replace(FALL, state="recovered")

    assert wording("zh").all_clear([cancelled]) == "贴心报警解除：吊坠707070707070，佩戴者已取消。[home/gw]"
    assert "the wearer is up again" in wording("en").all_clear([cancelled, recovered])
