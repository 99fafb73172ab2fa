"""Without this file the motion round a fall would be six hundred numbers: here it is a small picture and a sentence.

The curve is |a| in g over time, with the impact marked. Two arrows show where down was for the pendant before and
after: the first points down, the second is turned as far as gravity has turned. The picture says in words what its
colours say, and needs no style sheet and no font of elsewhere.
"""

import math
from collections.abc import Callable
from xml.sax.saxutils import escape

from gateway.motion_reading import TURNED, Reading
from shared import waves

Say = Callable[..., str]

WIDTH, HEIGHT = 420, 392  # narrow: its words stay large on a card and on a phone
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 404, 44, 208  # the field of the curve
_INK, _SOFT, _LINE, _ALARM = "#12343b", "#4a5a5e", "#d5d9d6", "#a3140a"
_STEPS_G = (0.5, 1.0, 2.0, 4.0)
_FONT = 'font-family="system-ui, Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif"'


def sentence(reading: Reading, say: Say) -> str:
    """All of it in words: for who cannot see the picture, and below it."""
    return say(
        "motion_sentence",
        before=_moving(reading.moved_before, say),
        peak=_number(reading.peak_g),
        posture=_posture(reading, say),
        after=_moving(reading.moved_after, say),
    )


def draw(reading: Reading, say: Say) -> str:
    """The picture as SVG."""
    top_g = _top_g(max(reading.sizes_g))
    parts = [*_grid(top_g, say), *_curve(reading, top_g, say), *_arrows(reading, say)]
    return _svg(parts, f"{say('motion_title')}. {sentence(reading, say)}")


def nothing(say: Say) -> str:
    """The picture where no motion has come."""
    return _svg([_text(WIDTH / 2, HEIGHT / 2, say("motion_none"), anchor="middle", size=22)], say("motion_none"))


def _svg(parts: list[str], title: str) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" {_FONT}>'
    paper = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", paper, *parts, "</svg>"])


def _top_g(peak_g: float) -> float:
    step = _step_g(peak_g)
    return max(2.0, float(math.ceil(peak_g / step) * step))


def _step_g(peak_g: float) -> float:
    return next((step for step in _STEPS_G if peak_g / step <= 4), _STEPS_G[-1])


def _x(sample: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * sample / (int(waves.SAMPLES) - 1)


def _y(size_g: float, top_g: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * min(size_g, top_g) / top_g


def _grid(top_g: float, say: Say) -> list[str]:
    parts = []
    step_g = _step_g(top_g)
    for number in range(round(top_g / step_g) + 1):
        y = _y(number * step_g, top_g)
        parts.append(_rule(_LEFT, y, _RIGHT, y, _LINE))
        parts.append(_text(_LEFT - 8, y + 6, f"{_number(number * step_g)} g", anchor="end"))
    y = _y(1, top_g)
    parts.append(_rule(_LEFT, y, _RIGHT, y, _SOFT, dashes="2 6"))
    parts.append(_text(_RIGHT, _TOP - 20, say("motion_rest"), anchor="end", colour=_SOFT))
    per_s = 1_000 // waves.PERIOD_MS
    for second in (-2, -1, 0, 1):
        x = _x(waves.IMPACT + second * per_s)
        parts.append(_rule(x, _BOTTOM, x, _BOTTOM + 6, _INK))
        anchor = "start" if second == -2 else "middle"  # else it would leave the picture
        parts.append(
            _text(x, _BOTTOM + 25, say("motion_second", number=f"{second:+d}" if second else "0"), anchor=anchor)
        )
    return parts


def _curve(reading: Reading, top_g: float, say: Say) -> list[str]:
    points = " ".join(f"{_x(i):.1f},{_y(size, top_g):.1f}" for i, size in enumerate(reading.sizes_g))
    x, y = _x(waves.IMPACT), _y(reading.peak_g, top_g)
    return [
        _rule(x, _TOP - 12, x, _BOTTOM, _ALARM, dashes="6 4"),
        f'<polyline points="{points}" fill="none" stroke="{_INK}" stroke-width="2.5" stroke-linejoin="round"/>',
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="#ffffff" stroke="{_ALARM}" stroke-width="3"/>',
        _text(
            x, _TOP - 20, say("motion_impact", peak=_number(reading.peak_g)), anchor="middle", colour=_ALARM, size=18
        ),
    ]


def _arrows(reading: Reading, say: Say) -> list[str]:
    """Where down was: before, and after if that can be seen."""
    first, second = 272, 346
    parts = [_arrow(40, first, 0), *_lines(84, first, say("motion_before"), _moving(reading.moved_before, say))]
    if reading.turned_deg is not None:
        parts.append(_arrow(40, second, reading.turned_deg))
    after = say("motion_after", how=_moving(reading.moved_after, say))
    colour = _ALARM if reading.posture == TURNED else _INK
    return parts + _lines(84, second, after, _posture(reading, say), colour)


def _lines(x: float, y: float, first: str, second: str, colour: str = _INK) -> list[str]:
    return [_text(x, y - 6, first, size=19), _text(x, y + 20, second, size=19, colour=colour)]


def _arrow(x: float, y: float, turned_deg: int) -> str:
    return (
        f'<g transform="translate({x} {y}) rotate({-turned_deg})" stroke="{_INK}" stroke-width="5" fill="none"'
        ' stroke-linecap="round" stroke-linejoin="round">'
        f'<circle r="30" stroke="{_LINE}" stroke-width="2" fill="#f6f4ef"/>'
        '<path d="M0 -19 V19 M-11 8 L0 20 L11 8"/></g>'
    )


def _rule(x1: float, y1: float, x2: float, y2: float, colour: str, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="M{x1:.1f} {y1:.1f} L{x2:.1f} {y2:.1f}" stroke="{colour}" stroke-width="1.5"{dashed}/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = _INK, size: int = 15) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{escape(text)}</text>'
    )


def _posture(reading: Reading, say: Say) -> str:
    return say(f"motion_{reading.posture}", degrees=reading.turned_deg)


def _moving(moved: bool, say: Say) -> str:
    return say("motion_moved" if moved else "motion_still")


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
