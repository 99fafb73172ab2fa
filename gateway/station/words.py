"""Without this file the page would speak one language: every word that a person can read on it, in Chinese and English.

The words themselves stand beside this file, by who reads them. A pair is (Chinese, English).
"""

from gateway.station import words_care, words_door, words_installer, words_motion

TEXTS: dict[str, tuple[str, str]] = {
    **words_door.TEXTS,
    **words_care.TEXTS,
    **words_motion.TEXTS,
    **words_installer.TEXTS,
}


# What the page's script says by itself: its name there, and the word.
_SPOKEN = {
    **{key: key for key in ("line_back", "new_alarm", "ringing", "fault_line", "ago_now", "ago_min", "ago_h", "ago_d")},
    "green": "in_time",
    "amber": "hurry",
    "red": "late",
}


def spoken(language: str) -> dict[str, str]:
    """The words of the script, their places still open."""
    return {name: TEXTS[key][language == "en"] for name, key in _SPOKEN.items()}


def has(key: str) -> bool:
    """Whether there is such a word."""
    return key in TEXTS


def say(key: str, /, language: str, **facts: object) -> str:
    """The text of that name, in "zh" or "en"."""
    return TEXTS[key][language == "en"].format(**facts)
