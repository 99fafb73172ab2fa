"""What installers see and do; and that carers do not."""

import io
import json
import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace

import aiohttp
import pytest

from gateway.hearings import Hearings
from gateway.probe import Timed
from gateway.registry import Registry
from gateway.station.enrol_pages import ROUTES as ENROL
from gateway.station.installer_pages import ROUTES as HEALTH
from gateway.station.probe_page import ROUTES as TEST
from gateway.station.walk_pages import ROUTES as WALK
from shared import words
from tests.gateway.rig import FakePendant, registry
from tests.gateway.station.house import CARER, INSTALLER, NobodyHeard, add_users, run, sign_in, sources, token_in
from tests.gateway.station.test_monitor_pages import VITAL
from tests.gateway.test_hearings import BEAT, Then

KEY = "0f0e0d0c0b0a09080706050403020100"
RECORD = {
    "format": 1, "role": "pendant", "id": "a0b1c2d3e4aa", "key": KEY, "board": "xiao_c3", "site": "home", "boot": 5,
    "name": "", "when": "2026-11-22T12:00:00Z",
}  # fmt: skip
ENGLISH = {"Accept-Language": "en", "Accept": "text/html"}


class Vitals:
    """Fixed health, real hearings."""

    def __init__(self):
        self.at_ms = 0
        self.hearings = Hearings(lambda: self.at_ms, Then())

    async def recent(self, _most_s):
        """As the real one's."""
        return VITAL


class Probe:
    """Says what the test lets it say."""

    is_running = False
    steps = (Timed("stored", 3.2), Timed("confirmed", 11.0), Timed("returned", 18.5))

    async def run(self):
        """As the real one's."""
        return list(self.steps)


def lent(tmp_path):
    """A gateway with one pendant on its list."""
    path = registry(tmp_path, FakePendant())
    known = Registry(path)
    known.refresh()
    return sources(
        tmp_path, vitals=Vitals(), probe=Probe(), pendants_file=path, registry=known, store_file=tmp_path / "s.db",
    )  # fmt: skip


def visit(tmp_path, scene, name=INSTALLER, **changes):
    """Play scene(station, client, token) as somebody who has signed in."""
    add_users(tmp_path)

    async def whole(station, client):
        await sign_in(client, name)
        async with client.get("/", headers=ENGLISH) as answer:
            token = token_in(await answer.text())
        return await scene(station, client, token)

    return run(whole, tmp_path, lent=replace(lent(tmp_path), **changes))


class Deaf(NobodyHeard):
    """The bridge is there and the radio hears nobody."""

    def summary(self):
        """As the real one's."""
        return {"bridge": "here", "radio": "silent"}


async def post(client, path, token, **fields):
    """A form; the page that comes of it."""
    async with client.post(path, data={"token": token, **fields}, headers=ENGLISH) as answer:
        return answer.status, await answer.text()


def listed(tmp_path):
    """The list of pendants by id."""
    lines = (tmp_path / "pendants.jsonl").read_text(encoding="utf-8").splitlines()
    return {entry["id"]: entry for entry in map(json.loads, lines)}


def test_carers_do_not_come_here(tmp_path):
    """Not to one page, not to one action, and no tab leads there."""

    async def scene(_station, client, token):
        for route in (*HEALTH, *ENROL, *WALK, *TEST):
            async with client.request(route.method, route.path, data={"token": token}, headers=ENGLISH) as answer:
                assert answer.status == 403, route.path
        async with client.get("/") as answer:
            return await answer.text()

    assert "/installer" not in visit(tmp_path, scene, CARER)


@pytest.mark.parametrize(("language", "said"), [("en", "The gateway is fit."), ("zh", "网关一切正常。")])
def test_health_says_how_it_is(tmp_path, language, said):
    """Both languages; the radio table has every pendant, also the one that was never heard."""

    async def scene(_station, client, _token):
        async with client.get("/installer", headers={**ENGLISH, "Accept-Language": language}) as answer:
            return answer.status, await answer.text()

    status, text = visit(tmp_path, scene)

    assert status == 200
    assert said in text and "-64 dBm" in text and "a0b1c2d3e4f5" in text


def test_a_gateway_that_hears_nobody_is_not_called_fit(tmp_path):
    """Whoever was called because of the bar on every page does not read below it that all is well."""

    async def scene(_station, client, _token):
        async with client.get("/installer", headers=ENGLISH) as answer:
            return await answer.text()

    text = visit(tmp_path, scene, presence=Deaf())

    assert "hears no pendant" in text and "The gateway is fit." not in text


def test_a_record_is_taken_and_never_shown_again(tmp_path):
    """New, the same again, and not one that is no pendant's; the key stands in the list and on no page."""

    async def scene(_station, client, token):
        pages = []
        for body in (RECORD, RECORD, {**RECORD, "role": "bridge"}, [], {**RECORD, "id": "zz"}):
            form = aiohttp.FormData({"token": token})
            form.add_field("record", json.dumps(body).encode(), filename="record.json")
            async with client.post("/installer/pendants/record", data=form, headers=ENGLISH) as answer:
                pages.append(await answer.text())
        return pages

    pages = visit(tmp_path, scene)

    assert "added; in force" in pages[0] and "as it is" in pages[1]
    assert all("not added" in page for page in pages[2:])
    assert KEY not in "".join(pages)
    assert listed(tmp_path)["a0b1c2d3e4aa"]["key"] == KEY
    trail = "".join(path.read_text() for path in tmp_path.glob("audit*"))
    assert "a0b1c2d3e4aa" in trail and INSTALLER in trail and KEY not in trail


WRONG = [
    ({"format": 2}, "另一版本", "another version"),
    ({"role": "bridge"}, "不是吊坠的记录", "not the record of a pendant"),
    ({"key": "zz"}, "“key”不对", "&#34;key&#34; is wrong"),
    ({"boot": "x"}, "“boot”不对", "&#34;boot&#34; is wrong"),
    ({"boot": 6}, "第 7 次", "boot 7 was heard"),
    (None, "名单不能读写", "cannot be read or written"),
]


@pytest.mark.parametrize(("change", "chinese", "english"), WRONG)
def test_who_is_refused_reads_why_in_their_language(tmp_path, change, chinese, english):
    """Whatever is wrong with a record; and what is wrong with the list itself."""

    async def scene(station, client, token):
        with closing(sqlite3.connect(station.sources.store_file)) as db, db:
            db.execute("CREATE TABLE IF NOT EXISTS heard (sender BLOB PRIMARY KEY, boot INTEGER, counter INTEGER)")
            db.execute("INSERT OR REPLACE INTO heard VALUES (?, 7, 1)", (bytes.fromhex(RECORD["id"]),))
        if change is None:
            station.sources.pendants_file.chmod(0o666)
        pages = []
        for language in ("zh", "en"):
            form = aiohttp.FormData({"token": token})
            form.add_field("record", json.dumps({**RECORD, **(change or {"boot": 7})}).encode(), filename="record.json")
            headers = {**ENGLISH, "Accept-Language": language}
            async with client.post("/installer/pendants/record", data=form, headers=headers) as answer:
                pages.append(await answer.text())
        return pages

    pages = visit(tmp_path, scene)

    assert chinese in pages[0] and english in pages[1]
    assert english not in pages[0]


def test_a_label_says_who_wears_it(tmp_path):
    """As typed, as scanned; of a pendant that nobody has a record of it says what to do."""

    async def scene(_station, client, token):
        codes = ("A0:B1:C2:D3:E4:F5", "tiexin:a0b1c2d3e4f5?role=pendant&board=xiao_c3&site=home")
        facts = {"name": "王秀英", "room": "302"}
        said = [await post(client, "/installer/pendants/label", token, code=code, **facts) for code in codes]
        said.append(await post(client, "/installer/pendants/label", token, code="a0b1c2d3e4bb", name="x"))
        said.append(await post(client, "/installer/pendants/label", token, code="tiexin:a0b1c2d3e4f5?role=bridge"))
        said.append(await post(client, "/installer/pendants/label", token, code="rubbish"))
        said.append(await post(client, "/installer/pendants/label", token, code="a0b1c2d3e4f5", name="x" * 200))
        return [text for _status, text in said]

    pages = visit(tmp_path, scene)

    assert all("changed; in force" in page for page in pages[:2])
    assert "Upload the record" in pages[2] and "label of a bridge" in pages[3]
    assert "12 digits are expected" in pages[4] and "100 characters" in pages[5]
    entry = listed(tmp_path)["a0b1c2d3e4f5"]
    assert (entry["name"], entry["room"]) == ("王秀英", "302")
    assert entry["key"] == bytes(range(16)).hex()


def test_a_record_that_waits_at_the_gateway_is_added_by_its_label(tmp_path):
    """Copied there beforehand: the label adds it, says who wears it, and the file with the key is gone."""

    async def scene(station, client, token):
        waiting = station.sources.data_dir / "records" / "a0b1c2d3e4aa.json"
        waiting.parent.mkdir()
        waiting.touch(0o600)
        waiting.write_text(json.dumps(RECORD))
        said = await post(client, "/installer/pendants/label", token, code="a0b1c2d3e4aa", name="Li Ming", phone="1 2")
        return said[1], waiting.exists()

    text, is_there = visit(tmp_path, scene)

    assert "added; in force" in text and not is_there
    entry = listed(tmp_path)["a0b1c2d3e4aa"]
    assert (entry["key"], entry["name"], entry["phone"]) == (KEY, "Li Ming", "1 2")


def test_a_record_that_cannot_be_removed_is_taken_all_the_same(tmp_path, monkeypatch):
    """Its folder is root's: the pendant is on the list with its name, and the log asks for the file's end."""
    unlink = type(tmp_path).unlink

    def refuse(path, *rest, **more):
        if path.parent.name == "records":
            raise PermissionError(13, "denied")
        unlink(path, *rest, **more)

    monkeypatch.setattr(type(tmp_path), "unlink", refuse)

    async def scene(station, client, token):
        waiting = station.sources.data_dir / "records" / "a0b1c2d3e4aa.json"
        waiting.parent.mkdir()
        waiting.touch(0o600)
        waiting.write_text(json.dumps(RECORD))
        return (await post(client, "/installer/pendants/label", token, code="a0b1c2d3e4aa", name="Li Ming"))[1]

    assert "added; in force" in visit(tmp_path, scene)
    assert listed(tmp_path)["a0b1c2d3e4aa"]["name"] == "Li Ming"


def test_the_language_can_be_switched_on_the_answer_to_a_form(tmp_path):
    """The switch leads back to the address of the page, which was that of the form."""

    async def scene(_station, client, token):
        await post(client, "/installer/pendants/label", token, code="nonsense")
        async with client.get("/language/zh?next=/installer/pendants/label") as answer:
            return answer.status, await answer.text()

    status, text = visit(tmp_path, scene)

    assert status == 200 and "添加吊坠" in text


def test_a_walk_through_the_home(tmp_path):
    """Begin, press, note, end: the lines come by themselves and keep their notes."""

    async def scene(station, client, token):
        heard, vitals = station.sources.vitals.hearings, station.sources.vitals
        pendant = station.sources.registry.get(FakePendant().id)
        await post(client, "/installer/walk/begin", token, pendant=pendant.id.hex())
        for rssi_dbm in (-60, -84, -92):
            vitals.at_ms += 10_000
            heard.heard(pendant, rssi_dbm, words.BEAT, BEAT)
        number = station.walk.presses[0].number
        assert (await post(client, "/installer/walk/note", token, number=str(number), note="<b>bath"))[0] == 200
        assert (await post(client, "/installer/walk/note", token, number="999", note="x"))[0] == 404
        assert (await post(client, "/installer/walk/begin", token, pendant="nobody"))[0] == 404
        async with client.get("/parts/walk", headers=ENGLISH) as answer:
            rows = await answer.text()
        await post(client, "/installer/walk/end", token)
        return rows, station.walk.is_on

    rows, is_on = visit(tmp_path, scene)

    assert re.findall(r"</th><td>↑ (-\d+) dBm", rows) == ["-92", "-84", "-60"]
    assert "unreliable" in rows and "weak" in rows and "good" in rows
    assert "&lt;b&gt;bath" in rows and "<b>bath" not in rows
    assert not is_on


def test_the_test_to_the_platform_shows_each_step(tmp_path):
    """Its times; or which step did not happen and what to do; or that another is under way."""

    async def scene(station, client, token):
        pages = [(await post(client, "/installer/test", token))[1]]
        station.sources.probe.steps = (Timed("stored", 3.2), Timed("confirmed", None), Timed("returned", None))
        pages.append((await post(client, "/installer/test", token))[1])
        station.sources.probe.is_running = True
        pages.append((await post(client, "/installer/test", token))[1])
        return pages

    good, bad, busy = visit(tmp_path, scene)

    assert "It works" in good and "18.5 ms" in good
    assert "did not happen" in bad and "gateway check" in bad
    assert "Another test is under way" in busy


def test_the_bundle_names_nobody(tmp_path):
    """Downloaded as a zip, noted in the trail, and without a name of the list or of those who may sign in."""

    async def scene(station, client, token):
        await post(client, "/installer/pendants/label", token, code="a0b1c2d3e4f5", name="Wang Xiuying", room="Garden")
        station.sources.registry.refresh()
        station.sources.config_path.write_text('[gateway]\nsite = "Wang Xiuying of Garden and Chen Li"\n')
        async with client.post("/installer/bundle", data={"token": token}) as answer:
            assert answer.content_type == "application/zip"
            return await answer.read()

    body = visit(tmp_path, scene)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        whole = "\n".join(archive.read(name).decode() for name in archive.namelist())
    for secret in ("Wang Xiuying", "Garden", CARER, INSTALLER, bytes(range(16)).hex(), "scrypt$"):
        assert secret not in whole
    assert "a0b1c2d3e4f5" in whole
