"""The parts of flashing that need no board: words, image, identity, label, record, log, the command line."""

import contextlib
import dataclasses
import hashlib
import http.server
import io
import json
import stat
import string
import threading
from concurrent.futures import ThreadPoolExecutor

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageChops

from tests.tools.flashing.bench import make_image, make_pins
from tools import flash
from tools.flashing import image, label, ports, profile, record, state
from tools.flashing.faults import CODES, Fault
from tools.flashing.identity import Wishes, decide
from tools.flashing.log import Log
from tools.flashing.rom import Chip
from tools.flashing.words import TEXTS

_MAC = bytes.fromhex("0200000000a1")
_WISHES = Wishes("pendant", "home", 6, "zh")
_LABEL = label.Label("0200000000a1", "pendant", "xiao_c3", "sunrise-3", "302")


# ---- words


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_both_languages_say_the_same_facts(key):
    """No sentence is missing in a language, and none loses a fact in translation."""
    facts = [{name for _, name, *_ in string.Formatter().parse(text) if name} for text in TEXTS[key]]
    assert facts[0] == facts[1]
    assert all(TEXTS[key])


def test_every_fault_has_words_and_a_code():
    """A fault without a sentence would be a traceback at an installer's desk."""
    assert set(CODES) <= set(TEXTS)
    assert all(2 <= code <= 11 or code == 130 for code in CODES.values())


# ---- identity


def _identity(key="5a" * 16, of="0200000000a1"):
    return json.dumps({"id": of, "key": key, "role": "pendant", "board": "xiao_c3"}).encode()


def test_a_key_without_its_boot_number_is_not_kept():
    """Frames would be sealed twice under one nonce."""
    made = decide(_MAC, "xiao_c3", _WISHES, state.State((), {"identity.json": _identity()}), was_unreadable=False)
    assert (made.what, made.why) == ("new_key", "why_unread")
    assert made.key != "5a" * 16
    assert made.boot >= state.boot_floor() - 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": {}}', '{"files": {}, "version": 1}', '{"files": 1}'])
def test_a_damaged_rescue_is_none(tmp_path, text):
    """What an interrupted run has saved may be no more than half: the board is then unreadable, not a traceback."""
    (tmp_path / "rescue.json").write_text(text, "utf-8")

    assert state.State.load(tmp_path / "rescue.json") is None


def test_an_unreadable_board_begins_beyond_all_it_can_have_used():
    """Its old numbers are part of its events' ids: an old id again would be thrown away as a repeat."""
    made = decide(_MAC, "xiao_c3", _WISHES, None, was_unreadable=True)
    assert made.what == "new_key"
    assert made.boot == pytest.approx(state.boot_floor(), abs=1)


def test_the_floor_rises_by_the_minute_and_needs_a_clock():
    """2026-01-02 is 1,440 minutes on; a clock before 2026 is refused, for it would send numbers back."""
    assert state.boot_floor(1_767_225_600 + 86_400) == 1_440
    with pytest.raises(Fault) as caught:
        state.boot_floor(86_400)
    assert caught.value.key == "clock"


def test_a_boot_number_half_written_counts():
    """boot.new may hold the newer one."""
    half = state.State((), {"identity.json": _identity(), "boot": b"41", "boot.new": b"42"})
    made = decide(_MAC, "xiao_c3", _WISHES, half, was_unreadable=False)
    assert made.what == "kept"
    assert made.boot > 42


def test_a_copied_identity_is_not_believed():
    """Another board's flash was copied onto this chip: it gets its own id and key."""
    other = state.State((), {"identity.json": _identity(of="0200000000a2"), "boot": b"41"})
    made = decide(_MAC, "xiao_c3", _WISHES, other, was_unreadable=False)
    assert (made.what, made.fields["id"]) == ("new_identity", "0200000000a1")
    assert made.key != "5a" * 16


def test_two_keys_are_never_alike():
    """A key a pendant, from the system's random source."""
    keys = {decide(_MAC, "xiao_c3", _WISHES, None, was_unreadable=False).key for _ in range(50)}
    assert len(keys) == 50


# ---- profile


def test_the_chip_tells_the_board_where_it_can():
    """A C3 is a XIAO, a PICO-V3-02 an M5StickC Plus2; a bridge is any ESP32."""
    c3, pico = Chip("ESP32-C3", "ESP32-C3", _MAC, 4), Chip("ESP32", "ESP32-PICO-V3-02", _MAC, 8)
    assert profile.choose("p", c3, "pendant", None, None) == "xiao_c3"
    assert profile.choose("p", pico, "pendant", None, None) == "m5stickc_plus2"
    assert profile.choose("p", pico, "bridge", None, None) == "bridge_esp32"
    plain = Chip("ESP32", "ESP32-D0WD-V3", _MAC, 4)
    assert profile.choose("p", plain, "pendant", None, lambda names: names[0]) == "m5stickc_plus2"


@pytest.mark.parametrize(("role", "named"), [("pendant", "bridge_esp32"), ("bridge", "m5stickc_plus2")])
def test_a_board_that_was_named_for_another_role_is_refused(role, named):
    """The chip would fit; what came of it would be a pendant with a bridge's pins, or a bridge that does not start."""
    chip = Chip("ESP32", "ESP32-PICO-V3-02", _MAC, 8)
    with pytest.raises(Fault) as caught:
        profile.choose("p", chip, role, named, None)

    assert (caught.value.key, caught.value.code) == ("board_role", 5)
    assert f"ROLE={profile.ROLE_OF[named]}" in caught.value.text("en")


# ---- image


def test_boards_that_are_flashed_together_download_once(tmp_path, monkeypatch):
    """One thread's half a file is not another's whole one, nor does one clear away what another has just fetched."""
    data = make_image(tmp_path / "served.bin", "ESP32").read_bytes()
    asked, both_ask = [], threading.Barrier(2)

    def slow(url, **_):
        asked.append(url)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_ask.wait(0.5)  # the second one, if it comes here
        return io.BytesIO(data)

    monkeypatch.setattr(image.urllib.request, "urlopen", slow)
    pin = image.Pin("1.29.0", "x.bin", "http://127.0.0.1/x.bin", hashlib.sha256(data).hexdigest(), len(data), 0x1000)
    with ThreadPoolExecutor(2) as pool:
        kept = [pool.submit(image.get, pin, None, tmp_path / "cache") for _ in range(2)]

    assert [one.result().read_bytes() for one in kept] == [data, data]
    assert len(asked) == 1


def test_an_image_is_downloaded_once_and_checked(tmp_path):
    """From the pinned address into the cache; what does not have the pinned hash is not kept."""
    data = make_image(tmp_path / "served.bin", "ESP32").read_bytes()

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            """Give the image."""
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            """Be quiet."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/x.bin"
        pin = image.Pin("1.29.0", "x.bin", url, hashlib.sha256(data).hexdigest(), len(data), 0x1000)
        with pytest.raises(Fault) as caught:
            image.get(dataclasses.replace(pin, sha256="0" * 64), None, tmp_path / "cache")
        assert caught.value.key == "image_wrong"
        assert not list((tmp_path / "cache").iterdir())
        kept = image.get(pin, None, tmp_path / "cache")
    finally:
        server.shutdown()
        server.server_close()
    assert image.get(pin, None, tmp_path / "cache") == kept


def test_both_chips_are_pinned_to_one_version():
    """The file that ships names a version, an address, a hash and a place in flash for each."""
    pins = [image.pin(family) for family in ("ESP32", "ESP32-C3")]
    assert {pin.version for pin in pins} == {"1.29.0"}
    assert [pin.offset for pin in pins] == [0x1000, 0]
    assert all(len(pin.sha256) == 64 and pin.version in pin.url and pin.size > 1_000_000 for pin in pins)


# ---- label


def test_the_label_is_read_back_from_png_and_pdf(tmp_path):
    """A reader that is not ours finds the id in the code, at the size it is printed."""
    png, pdf = label.write(_LABEL, tmp_path, label.cjk_font())
    page = pypdfium2.PdfDocument(pdf)[0]
    assert [round(points / 72 * 25.4) for points in page.get_size()] == [62, 29]
    for picture in (Image.open(png).convert("L"), page.render(scale=300 / 72).to_pil().convert("L")):
        (found,) = zxingcpp.read_barcodes(picture)
        assert found.text == _LABEL.code()
        assert "0200000000a1" in found.text


def test_chinese_is_really_drawn(tmp_path):
    """With a font, other characters give another picture: no row of empty boxes."""
    font = label.cjk_font()
    if font is None:
        pytest.skip("no Chinese font is installed: apt install fonts-noto-cjk")
    one, two = (label.draw(dataclasses.replace(_LABEL, name=name), font) for name in ("张三", "李四"))
    assert ImageChops.logical_xor(one, two).getbbox()
    english = label.draw(_LABEL, None)
    assert zxingcpp.read_barcodes(english.convert("L"))


# ---- record and log


def test_a_record_is_its_owners_alone(tmp_path):
    """0600, whole, and gone when the wearer is forgotten."""
    made = record.Record("0200000000a1", "ab" * 16, "pendant", "xiao_c3", "home", 6, 7, "0.1.0", "1.29.0", "now", "me")
    path = record.write(made, tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["key"] == "ab" * 16
    record.forget(tmp_path, "0200000000a1")
    assert not path.exists()


def test_a_log_never_has_a_secret(tmp_path):
    """Whatever is written, and whoever has said it."""
    log = Log(tmp_path, "/dev/ttyUSB0")
    log.hide("ab" * 16)
    log.write("the board says {'key': '" + "ab" * 16 + "'}")
    log.close()
    text = log.path.read_text()
    assert "ab" * 16 not in text
    assert "the board says" in text


# ---- the command line


def test_no_board_is_said_in_both_languages_with_its_code(tmp_path, capsys, monkeypatch):
    """Nothing plugged in: exit code 3."""
    monkeypatch.setattr(ports, "find", list)
    assert flash.main(["--out", str(tmp_path / "out")]) == 3
    said = capsys.readouterr().out
    assert "没有找到板子" in said
    assert "No board was found" in said


def test_several_boards_are_not_guessed_among(tmp_path, capsys, monkeypatch):
    """Without a keyboard to ask at: exit code 2, and both are named."""
    monkeypatch.setattr(ports, "find", lambda: [ports.Port("/dev/ttyUSB0", ""), ports.Port("/dev/ttyUSB1", "")])
    assert flash.main(["--out", str(tmp_path / "out"), "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert said["exit_code"] == 2
    assert "/dev/ttyUSB0, /dev/ttyUSB1" in said["boards"][0]["fault"]["en"]


def test_the_folder_of_keys_keeps_itself_out_of_git(tmp_path, capsys):
    """flashed/ holds keys: it ignores itself."""
    pins = make_pins(tmp_path / "images")
    out = tmp_path / "out"
    assert flash.main(["--port", "/dev/pts/9999", "--pins", str(pins), "--out", str(out)]) == 4
    assert (out / ".gitignore").read_text() == "*\n"
