# ruff: noqa: RUF001 - Chinese has its own punctuation
"""Without this file a text message would say "alarm" and nothing that helps: what, who or where, how old, what to do.

No name of a person and no room stands in it unless the configuration allows it: messages lie open on telephones.
"""

from collections.abc import Callable, Sequence

from gateway.case import Case
from gateway.case_tables import CANCELLED, CONFIRMED, FALL, RECOVERED, SUSPECTED
from gateway.registry import Pendant

MOST_NAMED = 6  # alarms in one message; the others are counted
_MOST_PLACE = 20  # characters of a name or a room

_WHAT = {
    "zh": {
        SUSPECTED: "疑似跌倒", CONFIRMED: "确认跌倒", "rescue": "呼叫救援", "shopping": "呼叫代购", "meals": "呼叫订餐",
        "medical": "呼叫医疗", "cleaning": "呼叫保洁", "transport": "呼叫用车", "": "呼叫帮助",
    },
    "en": {
        SUSPECTED: "suspected fall", CONFIRMED: "confirmed fall", "rescue": "call for rescue",
        "shopping": "call for shopping", "meals": "call for meals", "medical": "call for medical help",
        "cleaning": "call for cleaning", "transport": "call for transport", "": "call for help",
    },
}  # fmt: skip
_ENDS = {
    "zh": {CANCELLED: "佩戴者已取消", RECOVERED: "佩戴者已自行起身"},
    "en": {CANCELLED: "the wearer has cancelled it", RECOVERED: "the wearer is up again"},
}


class Wording:
    """Makes the texts of one gateway."""

    def __init__(
        self, language: str, where: str, find: Callable[[bytes], Pendant | None], *, tells_room: bool, tells_name: bool
    ) -> None:
        self._language = language
        self._where = where  # site/gateway
        self._find = find
        self._tells_room = tells_room
        self._tells_name = tells_name

    def alarm(self, cases: Sequence[Case], now_ms: int) -> str:
        """What has to be looked at now; several alarms share one message."""
        named = [self._one(case, now_ms) for case in cases[:MOST_NAMED]]
        rest = len(cases) - len(named)
        if self._language == "zh":
            more = f"；另有{rest}起" if rest else ""
            return f"贴心报警：{'；'.join(named)}{more}。平台未确认收到，请立即查看。[{self._where}]"
        more = f"; and {rest} more" if rest else ""
        return (
            f"Tiexin alarm: {'; '.join(named)}{more}. The platform has not confirmed it: look at once. [{self._where}]"
        )

    def all_clear(self, cases: Sequence[Case]) -> str:
        """What need not be looked at any more."""
        named = [f"{self._who(case)}{self._comma}{_ENDS[self._language][case.state]}" for case in cases[:MOST_NAMED]]
        if self._language == "zh":
            return f"贴心报警解除：{'；'.join(named)}。[{self._where}]"
        return f"Tiexin alarm is over: {'; '.join(named)}. [{self._where}]"

    @property
    def _comma(self) -> str:
        return "，" if self._language == "zh" else ", "

    def _one(self, case: Case, now_ms: int) -> str:
        what = _WHAT[self._language].get(case.state if case.kind == FALL else case.service or "", "")
        return (
            f"{what or _WHAT[self._language]['']}{self._comma}{self._who(case)}{self._comma}{self._age(case, now_ms)}"
        )

    def _who(self, case: Case) -> str:
        pendant = self._find(case.pendant)
        known = []
        if pendant and self._tells_room and pendant.room:
            known.append(str(pendant.room)[:_MOST_PLACE])
        if pendant and self._tells_name:
            known.append(pendant.name[:_MOST_PLACE])
        noun = "吊坠" if self._language == "zh" else "pendant "
        return " ".join(known) or noun + case.pendant.hex()

    def _age(self, case: Case, now_ms: int) -> str:
        # From its cause, as far as the pendant knew it: an alarm that was out of reach for hours has just been heard.
        began_ms = min([case.heard_stamp_ms, *(step.stamp_ms for step in case.steps if step.name == "raised")])
        age_s = max(0, now_ms - began_ms) // 1000
        is_chinese = self._language == "zh"
        if age_s < 120:
            return f"{age_s}秒前" if is_chinese else f"{age_s} s ago"
        if age_s < 7_200:
            return f"{age_s // 60}分钟前" if is_chinese else f"{age_s // 60} min ago"
        return f"{age_s // 3_600}小时前" if is_chinese else f"{age_s // 3_600} h ago"
