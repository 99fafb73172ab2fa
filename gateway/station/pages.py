"""Without this file each page would bring its own head and foot: templates, words and times together make HTML."""

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from gateway.station import language, tabs, words
from gateway.station.routes import Visit
from gateway.station.times import Times

_HERE = Path(__file__).resolve().parent
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
_YEAR_S = 365 * 86_400
# One address and one file for the browser: a part that did not come would leave a page that looks alive and is not.
_JOINED = {"station.js": ("page.js", "clocks.js", "sound.js", "station.js")}


class Pages:
    """Every template, and the static files in memory."""

    def __init__(self, times: Times) -> None:
        self._static = _static()
        self._marks = {name: hashlib.sha256(body).hexdigest()[:12] for name, body in self._static.items()}
        self._times = times
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "pages"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            keep_trailing_newline=True,
        )
        self._templates.globals.update(asset=self.asset, tag=language.tag, has_word=words.has)

    def asset(self, name: str) -> str:
        """The address of a static file; another content is another address, so browsers may keep it."""
        return f"/static/{name}?v={self._marks[name]}"

    def today(self) -> str:
        """The home's date: a text with "yesterday" in it is good for one day."""
        return self._times.now().date().isoformat()

    @property
    def mark(self) -> str:
        """Changes with any static file: a page that has an older one loads itself anew."""
        return hashlib.sha256("".join(sorted(self._marks.values())).encode()).hexdigest()[:12]

    def text(self, template: str, tongue: str, **facts: Any) -> str:
        """A template in one language. Needs only memory: any thread may call it."""
        return self._templates.get_template(template).render(
            t=partial(words.say, language=tongue),
            tongue=tongue,
            when=partial(self._when, tongue=tongue),
            took=partial(self._times.took, tongue=tongue),
            day=partial(self._times.day, tongue=tongue),
            **facts,
        )

    def _when(self, at_s: float | None, tongue: str) -> str:
        return self._times.moment(at_s, tongue)

    def page(self, template: str, visit: Visit, status: int = 200, **facts: Any) -> web.Response:
        """A whole page for who asks."""
        text = self.text(template, visit.language, visit=visit, tabs=tabs.for_visit(visit), **{"live": None, **facts})
        return web.Response(text=text, status=status, content_type="text/html")

    async def static(self, request: web.Request) -> web.StreamResponse:
        """One static file, from memory."""
        name = request.match_info["name"]
        body = self._static.get(name)
        if body is None:
            raise web.HTTPNotFound
        is_named = request.query.get("v") == self._marks[name]
        return web.Response(
            body=body,
            content_type=_TYPES[Path(name).suffix],
            charset="utf-8" if name.endswith((".css", ".js", ".svg")) else None,
            headers={"Cache-Control": f"public, max-age={_YEAR_S}, immutable" if is_named else "no-cache"},
        )


def _static() -> dict[str, bytes]:
    """Every static file by its name; those that are served as one are one."""
    files = {path.name: path.read_bytes() for path in (_HERE / "static").iterdir() if path.suffix in _TYPES}
    for name, parts in _JOINED.items():
        files[name] = b"\n".join(files.pop(part) for part in parts)
    return files
