"""Without this file a pendant could be added only by somebody who knows a shell: by its record, or by its label.

The record that `make flash` wrote holds the key: it goes straight into the list, and no page ever shows it again. The
label's code holds no key: it says which pendant, and the form says who wears it.
"""

import asyncio
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

from gateway import enrol, keys
from gateway.errors import SetUpError
from gateway.station.routes import Route, Visit, visit
from gateway.station.station import STATION, Station
from gateway.station.users import INSTALLER

RECORDS = "records"  # a folder beside the store: records that were copied there wait for their label
MOST_RECORD = 16 * 1024
MOST_UPLOAD = 512 * 1024
MOST_FILES = 40
MOST_TEXT = 100  # characters of a name, a room, an address, a telephone
_LABEL = re.compile(r"(?:tiexin:)?((?:[0-9a-fA-F]{2}[:. -]?){5}[0-9a-fA-F]{2})(?:\?([^\s]*))?")


async def show(request: web.Request) -> web.StreamResponse:
    """The two forms."""
    return await _page(request, [])


async def by_record(request: web.Request) -> web.StreamResponse:
    """Records, uploaded."""
    station, who = request.app[STATION], visit(request)
    said = await request.post()
    files = [one for one in said.getall("record", []) if isinstance(one, FileField) and one.filename]
    if not files:
        return await _page(request, [(False, who.say("ins_no_file"))])
    told = [
        await _take(station, who, Path(one.filename).name[:80], one.file.read(MOST_RECORD + 1))
        for one in files[:MOST_FILES]
    ]
    return await _page(request, told)


async def by_label(request: web.Request) -> web.StreamResponse:
    """A code, and who wears it."""
    station, who = request.app[STATION], visit(request)
    said = await request.post()
    fields = {name: " ".join(str(said.get(name, "")).split()) for name in ("code", *keys.DESCRIBED)}
    facts = {name: fields[name] for name in keys.DESCRIBED if fields[name]}
    if any(len(text) > MOST_TEXT for text in facts.values()):
        return await _page(request, [(False, who.say("ins_too_long", most=MOST_TEXT))], fields)
    found = _LABEL.fullmatch(fields["code"])
    if not found:
        return await _page(request, [(False, who.say("ins_no_code"))], fields)
    if "role=bridge" in (found[2] or "").split("&"):
        return await _page(request, [(False, who.say("ins_no_pendant"))], fields)
    told = await _by_id(station, who, re.sub(r"[^0-9a-f]", "", found[1].lower()), facts)
    return await _page(request, [told], {} if told[0] else fields)


async def _by_id(station: Station, who: Visit, identity: str, facts: dict[str, str]) -> tuple[bool, str]:
    """What became of it: (whether it is done, a sentence)."""
    verdict = enrol.SAME
    known = station.sources.registry.get(bytes.fromhex(identity))
    waiting = station.sources.data_dir / RECORDS / f"{identity}.json"
    if known is None or known.is_revoked or waiting.exists():
        try:
            verdict = await asyncio.to_thread(_enrol_waiting, station, waiting)
        except FileNotFoundError:
            return False, who.say("ins_no_record", id=identity)
        except SetUpError as fault:
            return _refused(station, who, identity, fault)
    if facts:
        try:
            await asyncio.to_thread(keys.describe, station.sources.pendants_file, bytes.fromhex(identity), facts)
        except SetUpError as fault:
            return _refused(station, who, identity, fault)
        verdict = enrol.CHANGED if verdict == enrol.SAME else verdict
    station.note(who.name, "enrol", {"about": identity, "verdict": verdict, "fields": sorted(facts), "by": "label"})
    return True, who.say(f"ins_done_{verdict}", id=identity)


def _enrol_waiting(station: Station, path: Path) -> str:
    """A record that lies beside the store; it is removed when the list has it. FileNotFoundError, SetUpError."""
    if not path.exists():
        raise FileNotFoundError(path)
    record, lent = enrol.read_record(path), station.sources
    verdict = enrol.take(path.name, record, lent.pendants_file, store=lent.store_file)
    try:
        path.unlink(missing_ok=True)
    except OSError as fault:  # a folder of root's: the pendant is on the list all the same
        station.trace.step("station-record-left", file=path.name, text=f"{fault.strerror}; delete it, it holds a key")
    return verdict


async def _take(station: Station, who: Visit, name: str, body: bytes) -> tuple[bool, str]:
    """One uploaded record."""
    try:
        said: Any = json.loads(body) if len(body) <= MOST_RECORD else None
        identity = str(said["id"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return False, who.say("ins_fault", file=name, why=who.say("ins_enrol_no_record"))
    work = partial(enrol.take, name, said, station.sources.pendants_file, store=station.sources.store_file)
    try:
        verdict = await asyncio.to_thread(work)
    except SetUpError as fault:
        return _refused(station, who, name, fault)
    station.note(who.name, "enrol", {"about": identity, "verdict": verdict, "by": "record"})
    return True, who.say(f"ins_done_{verdict}", id=identity)


def _refused(station: Station, who: Visit, name: str, fault: SetUpError) -> tuple[bool, str]:
    """Why not, in their language; what is wrong with the list itself is a technician's business, as the log says it."""
    station.note(who.name, "enrol", {"about": name, "outcome": "refused"})
    if isinstance(fault, enrol.WrongRecord):
        why = who.say(f"ins_enrol_{fault.reason}", **fault.facts)
    else:
        why = who.say("ins_enrol_list", text=str(fault))
    return False, who.say("ins_fault", file=name, why=why)


async def _page(
    request: web.Request, told: list[tuple[bool, str]], fields: dict[str, str] | None = None
) -> web.StreamResponse:
    return await request.app[STATION].page(
        request, "installer_add.html", told=told, fields=fields or {}, most=MOST_TEXT
    )


ROUTES = (
    Route("GET", "/installer/pendants", show, role=INSTALLER),
    # An answer to a form has the form's address, and the switch of languages comes back to it.
    Route("GET", "/installer/pendants/record", show, role=INSTALLER),
    Route("GET", "/installer/pendants/label", show, role=INSTALLER),
    Route("POST", "/installer/pendants/record", by_record, role=INSTALLER, most_bytes=MOST_UPLOAD),
    Route("POST", "/installer/pendants/label", by_label, role=INSTALLER),
)
