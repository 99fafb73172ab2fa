# ruff: noqa: RUF001 - Chinese has its own punctuation, and a sentence is not cut for its length
"""Without this file a carer could not read the picture of a fall: what the curve says, in words."""

TEXTS: dict[str, tuple[str, str]] = {
    "motion_title": ("撞击前后的动作", "The motion around the impact"),
    "motion_none": ("没有收到动作记录。", "No record of the motion has come."),
    "motion_impact": ("撞击 {peak} g", "impact {peak} g"),
    "motion_before": ("撞击前", "before"),
    "motion_after": ("撞击后：{how}", "after: {how}"),
    "motion_second": ("{number} 秒", "{number} s"),
    "motion_rest": ("静止时为 1 g", "at rest: 1 g"),
    "motion_moved": ("在活动", "moving"),
    "motion_still": ("几乎不动", "hardly moving"),
    "motion_same": ("方向与之前相同（转了 {degrees}°）", "direction as before (turned by {degrees}°)"),
    "motion_tilted": ("倾斜了 {degrees}°", "tilted by {degrees}°"),
    "motion_turned": ("转了 {degrees}°：很可能躺着", "turned by {degrees}°: probably lying"),
    "motion_unclear": ("还看不出方向", "direction not clear yet"),
    "motion_sentence": (
        "撞击前：{before}。撞击：{peak} g。撞击后：{posture}，{after}。",
        "Before: {before}. Impact: {peak} g. After: {posture}, {after}.",
    ),
}
