"""Without this file a carer from Datong and a visitor from abroad would have to agree on a language."""

import re

from aiohttp import web

from gateway.configuration.station import LANGUAGES

COOKIE = "tiexin-language"
MOST_HEADER = 200
_RANGE = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*")


def choose(request: web.Request, otherwise: str) -> str:
    """What was switched to, else what the browser asks for, else what the house speaks."""
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else asked_for(request.headers.get("Accept-Language", ""), otherwise)


def asked_for(header: str, otherwise: str) -> str:
    """The one of our languages that an Accept-Language header likes most."""
    best, best_weight = otherwise, 0.0
    for part in header[:MOST_HEADER].split(","):
        found = _RANGE.fullmatch(part)
        name = found[1].lower() if found else ""
        weight = float(found[2]) if found and found[2] else 1.0
        if name in LANGUAGES and weight > best_weight:
            best, best_weight = name, weight
    return best


def tag(language: str) -> str:
    """What <html lang> says."""
    return "zh-CN" if language == "zh" else language
