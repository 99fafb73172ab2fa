"""Without this file the page would speak one language: every word that a person can read on it, in Chinese and English.

The words themselves stand beside this file, by who reads them. A pair is (Chinese, English).
"""

from gateway.station import words_care, words_door, words_motion

TEXTS: dict[str, tuple[str, str]] = {**words_door.TEXTS, **words_care.TEXTS, **words_motion.TEXTS}


def say(key: str, /, language: str, **facts: object) -> str:
    """The text of that name, in "zh" or "en"."""
    return TEXTS[key][language == "en"].format(**facts)
