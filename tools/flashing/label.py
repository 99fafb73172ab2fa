"""Without this file nobody could tell twenty white boxes apart: the label, as PNG and PDF, for a 62 x 29 mm roll.

Drawn once, at 300 dots an inch; the PDF holds the same picture at its true size. The QR code carries the id and nothing
secret. Chinese needs a font that has it: those of Debian, macOS and Windows are looked for, and a label without one is
in English, which the caller is told.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFont

from tools.flashing.private import desk_fault

_DPI = 300
_WIDTH_MM, _HEIGHT_MM = 62, 29
_QUIET = 4  # modules of white round the code: less, and readers fail
_CJK = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Medium.ttc",
    "C:/Windows/Fonts/msyhbd.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simhei.ttf",
)
_HINTS = {"pendant": "求助 按住 3 秒  Hold 3 s for help", "bridge": "插在网关上  Plug into the gateway"}
_ROLES = {"pendant": ("跌倒报警器", "Fall alarm"), "bridge": ("网关桥接器", "Gateway bridge")}


@dataclass(frozen=True)
class Label:
    """What stands on it. id: 12 hex digits."""

    id: str
    role: str
    board: str
    site: str
    name: str = ""

    def code(self) -> str:
        """What the QR code says."""
        return f"tiexin:{self.id}?role={self.role}&board={self.board}&site={self.site}"


def cjk_font() -> Path | None:
    """A font file of this computer that has Chinese, or None."""
    return next((path for path in map(Path, _CJK) if path.exists()), None)


def write(label: Label, folder: Path, font: Path | None) -> tuple[Path, Path]:
    """Write <id>.png and <id>.pdf; without a font in English only. Raises Fault."""
    picture = draw(label, font)
    png, pdf = folder / f"{label.id}.png", folder / f"{label.id}.pdf"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        picture.save(png, dpi=(_DPI, _DPI))
        picture.save(pdf, resolution=_DPI, title=f"Tiexin {label.id}", creationDate=time.gmtime())
    except OSError as why:
        raise desk_fault(png, why) from None
    return png, pdf


def draw(label: Label, font: Path | None) -> Image.Image:
    """The label as a black and white picture."""
    picture = Image.new("1", (_dots(_WIDTH_MM), _dots(_HEIGHT_MM)), 1)
    code = _qr(label.code(), picture.height)
    picture.paste(code, (0, 0))
    pen = ImageDraw.Draw(picture)
    left, room = code.width, picture.width - code.width - _dots(2)
    zh, en = _ROLES[label.role]
    rows: list[tuple[str, float]] = [(f"贴心 {zh}", 4.2)] if font else []
    rows += [(f"Tiexin {en}", 3.0), (_spaced(label.id), 6.0)]
    rows.append((f"{label.board}  ·  {label.site}", 2.6))
    if label.name and (font or label.name.isascii()):
        rows.append((label.name, 3.2))
    if font:
        rows.append((_HINTS[label.role], 2.8))
    heights = [_dots(size) for _, size in rows]
    gap = (picture.height - sum(heights)) // (len(rows) + 1)
    top = gap
    for (text, _), height in zip(rows, heights, strict=True):
        face = _fitting(text, height, room, font)
        pen.text((left, top), text, fill=0, font=face, anchor="lt")
        top += height + gap
    return picture


def _spaced(identity: str) -> str:
    """Groups of four: what people read out on the telephone."""
    return " ".join(identity[at : at + 4] for at in range(0, len(identity), 4)).upper()


def _fitting(text: str, height: int, width: int, font: Path | None) -> ImageFont.FreeTypeFont:
    """A face of that height, or smaller where the line would be too long."""
    while True:
        face = ImageFont.truetype(str(font), height) if font else ImageFont.load_default(height)
        assert isinstance(face, ImageFont.FreeTypeFont)
        if face.getlength(text) <= width or height <= _dots(1.5):
            return face
        height -= 2


def _qr(text: str, side: int) -> Image.Image:
    """The code as a square picture of at most that side, in whole dots a module."""
    matrix = [list(row) for row in segno.make_qr(text, error="m").matrix]
    modules = len(matrix) + 2 * _QUIET
    scale = side // modules
    small = Image.new("1", (modules, modules), 1)
    for y, row in enumerate(matrix):
        for x, is_dark in enumerate(row):
            if is_dark:
                small.putpixel((x + _QUIET, y + _QUIET), 0)
    return small.resize((modules * scale, modules * scale), Image.Resampling.NEAREST)


def _dots(mm: float) -> int:
    return round(mm * _DPI / 25.4)
