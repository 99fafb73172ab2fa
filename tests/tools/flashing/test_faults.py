"""What goes wrong at an installer's desk, step by step: each a sentence, its own exit code, and no board half done."""

import dataclasses
import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import serial
from esp32_mock_bootloader import protocol

from gateway.seal import Ccm
from hil_tests.virtual.air import Radio
from shared import frames, gateway_frames, words
from tests.tools.flashing.bench import Watcher, make_image, make_job, put_in_service
from tools.flashing import many, ports, private, repl, rom


def _one(job, board, watcher=None):
    (outcome,) = many.run(job, [board if isinstance(board, str) else board.port], watcher or Watcher())
    assert outcome.result != "done"
    assert outcome.fault["zh"] != outcome.fault["en"]
    assert outcome.port in outcome.fault["en"] or outcome.code in {6, 10}
    return outcome.fault["key"], outcome.code


def test_a_port_that_is_not_there(tmp_path):
    """A plug that was pulled before the start."""
    assert _one(make_job(tmp_path), "/dev/pts/9999") == ("port_gone", 4)


def test_a_port_that_another_program_has(plug, tmp_path):
    """A serial monitor holds it."""
    (board,) = plug("xiao_c3")
    with serial.Serial(board.port, exclusive=True):
        assert _one(make_job(tmp_path), board) == ("port_busy", 4)


@pytest.mark.parametrize("opens", ["check", "repl", "esptool"])
def test_a_port_that_another_program_looks_into_is_waited_for(plug, opens):
    """ModemManager probes each port that appears, for a moment: no reason to send an installer away."""
    (board,) = plug("xiao_c3")
    holder = serial.Serial(board.port, exclusive=True)
    threading.Timer(1.2, holder.close).start()
    if opens == "check":
        ports.check(board.port)
    elif opens == "repl":
        with repl.Repl(board.port, threading.Event(), "look") as bare:
            assert not bare.open()
    else:
        chip = rom.Esptool(board.port, threading.Event(), lambda _line: None).look()
        assert chip.family == "ESP32-C3"
    assert not holder.is_open


def test_a_port_one_may_not_open_names_the_group(plug, tmp_path, monkeypatch):
    """Denied: the sentence says which group to join (as root nobody is denied, so the refusal is made up)."""

    def refuse(*_, **__):
        raise serial.SerialException(13, "could not open port: Permission denied")

    (board,) = plug("xiao_c3")
    monkeypatch.setattr(serial, "Serial", refuse)
    (outcome,) = many.run(make_job(tmp_path), [board.port], Watcher())
    assert (outcome.fault["key"], outcome.code) == ("port_denied", 4)
    group = __import__("grp").getgrgid(Path(board.port).stat().st_gid).gr_name
    assert f"usermod -aG {group} $USER" in outcome.fault["zh"]


def test_a_loader_that_is_heard_late(plug, monkeypatch):
    """Eight boards at one computer: esptool gave MEM_END 0.2 s, was deaf from then on, and the board was to blame."""
    monkeypatch.delenv("ESPTOOL_CFGFILE", raising=False)
    (board,) = plug("xiao_c3")
    board.loader_pauses_s[protocol.CMD_MEM_END] = 0.6
    assert rom.Esptool(board.port, threading.Event(), lambda _line: None).look().family == "ESP32-C3"


def test_a_cable_without_data(plug, tmp_path, monkeypatch):
    """The port is there, the chip never answers: it may be the cable."""
    monkeypatch.setattr(rom, "_ATTEMPTS", 1)
    (board,) = plug("xiao_c3")
    board.is_deaf = True
    assert _one(make_job(tmp_path), board) == ("no_answer", 7)


def test_a_silent_tool_is_ended(plug, tmp_path, monkeypatch):
    """Nothing is heard for too long: the step is ended, not waited for."""
    monkeypatch.setattr(rom, "_QUIET_S", 0.05)  # before esptool has drawn its first dot
    (board,) = plug("xiao_c3")
    board.is_deaf = True
    assert _one(make_job(tmp_path), board) == ("timeout", 7)


@pytest.mark.parametrize(
    ("line", "is_waited_for"), [("Erasing flash memory (this may take a while)...", True), ("x", False)]
)
def test_a_chip_that_erases_itself_is_waited_for(monkeypatch, line, is_waited_for):
    """It says no word meanwhile, and esptool gives it 120 s: some need more than 30, and were called hung."""
    monkeypatch.setattr(rom, "_QUIET_S", 0.2)
    monkeypatch.setattr(rom, "_ERASE_QUIET_S", 60.0)
    program = f"import time; print({line!r}, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        heard = rom._Heard(process, lambda _line: None, None)
        until_s = time.monotonic() + 20
        while line not in heard._said and time.monotonic() < until_s:
            time.sleep(0.02)
        time.sleep(0.4)
        is_silent = heard.is_silent
        process.kill()
        heard.end()

    assert is_silent is not is_waited_for


def test_a_chip_we_do_not_know(plug, tmp_path, monkeypatch):
    """Another maker's or a newer chip."""
    monkeypatch.setattr(rom, "_KNOWN", ("ESP32",))
    (board,) = plug("xiao_c3")
    assert _one(make_job(tmp_path), board) == ("chip_unknown", 5)


def test_a_board_that_cannot_be(plug, tmp_path):
    """BOARD= names one with another chip."""
    (board,) = plug("xiao_c3")
    assert _one(make_job(tmp_path, board="m5stickc_plus2"), board) == ("chip_wrong", 5)


def test_a_board_the_chip_does_not_tell(plug, tmp_path):
    """Any ESP32 may be anything: it has to be said, and nothing has been erased."""
    (board,) = plug("m5stickc_plus2", rom_chip="ESP32")
    assert _one(make_job(tmp_path), board) == ("board_unknown", 5)


@pytest.mark.parametrize(("change", "fault"), [("other bytes", "image_wrong"), ("gone", "image_missing")])
def test_an_image_that_is_not_the_pinned_one(plug, tmp_path, change, fault):
    """Refused before anything is erased: what runs on the board goes on running."""
    (board,) = plug("xiao_c3")
    put_in_service(board, tmp_path)
    job = make_job(tmp_path)
    if change == "gone":
        job = dataclasses.replace(job, image=None)
    else:
        make_image(job.image / "ESP32-C3.bin", "ESP32-C3", seed=99)
    assert _one(job, board) == (fault, 6)
    assert board.is_powered
    board.unplug()
    assert "identity.json" in board.read_flash()


@pytest.mark.parametrize("step", ["write", "copy", "identify", "test"])
def test_unplugged_at_any_step(plug, tmp_path, step):
    """The cable is pulled: the sentence says during what, and the next flash makes it whole."""
    (board,) = plug("xiao_c3")
    watcher = Watcher()
    if step == "write":
        board.chip_flash.writes_until_fault = 1
        board.chip_flash.on_fault = board.unplug
    else:
        watcher.on_step[step] = lambda port: board.unplug()
    key, code = _one(make_job(tmp_path, test=step == "test", hands=False), board, watcher)
    assert (key, code) == ("unplugged", 7)


def test_a_flash_that_does_not_keep_what_was_written(plug, tmp_path):
    """A worn cell: esptool reads back something else."""
    (board,) = plug("xiao_c3")
    compare = board.chip_flash.md5_stub_response

    def worn(*arguments, **options):
        board.chip_flash.data[100] = 0
        return compare(*arguments, **options)

    board.chip_flash.md5_stub_response = worn
    assert _one(make_job(tmp_path), board) == ("flash_bad", 7)


def test_a_flash_that_is_too_small(plug, tmp_path):
    """The file system is full in the middle of the files: no main.py yet, so the board is plainly not done."""
    (board,) = plug("xiao_c3", flash_blocks=16)
    assert _one(make_job(tmp_path), board) == ("flash_full", 7)
    board.unplug()
    assert "main.py" not in board.read_flash()


def test_no_motion_sensor(plug, tmp_path):
    """A cold joint: the self-test says that no fall could be seen."""
    (board,) = plug("xiao_c3")
    board.imu_is_broken = True
    assert _one(make_job(tmp_path, test=True, hands=False), board) == ("imu_missing", 9)


def test_nobody_presses(plug, tmp_path, monkeypatch):
    """A button that does nothing: the board works but is not passed, and its record says what failed."""
    monkeypatch.setattr("tools.flashing.selftest.HAND_S", 0.3)
    (board,) = plug("m5stickc_plus2")
    assert _one(make_job(tmp_path, test=True), board) == ("self_test", 9)
    record = next((tmp_path / "flashed" / "records").glob("*.json")).read_text()
    assert '"button": {\n   "ok": false' in record


def test_a_gateway_that_answers_is_heard(plug, tmp_path):
    """GATEWAY= is named: the sealed answer of a gateway that holds this pendant's key passes the radio."""
    (board,) = plug("xiao_c3")
    registry = tmp_path / "pendants.jsonl"
    gateway = bytes.fromhex("0a0b0c0d0e0f")

    def answer(_sender, _rssi_dbm, air):
        pendant = next(json.loads(line) for line in registry.read_text().splitlines())
        header = frames.read_header(air)
        if header.kind >= words.ACK:
            return  # our own
        frames.open_frame(air, Ccm(bytes.fromhex(pendant["key"])))
        cipher = Ccm(frames.downlink_key(bytes.fromhex(pendant["key"]), gateway))
        ack = gateway_frames.pack_ack(frames.Ack(0, 0, words.HEARD, 0, 0))
        plug.air.inject(gateway, frames.seal(words.ACK, header.pendant, 1, 1, ack, cipher, gateway), channel=6)

    ear = Radio(plug.air.address, gateway, answer)
    try:
        ear.tune(6)
        job = make_job(tmp_path, test=True, hands=False, registry=registry)
        (outcome,) = many.run(job, [board.port], Watcher())
    finally:
        ear.close()
    assert (outcome.result, outcome.fault) == ("done", {})
    assert outcome.self_test["radio"]["gateway"] == gateway.hex()


def test_no_gateway_where_one_must_be(plug, tmp_path, monkeypatch):
    """GATEWAY= is named, the pendant is enrolled there, and nobody answers it."""
    monkeypatch.setattr("tools.flashing.selftest._GATEWAY_TRIES", 2)
    (board,) = plug("xiao_c3")
    registry = tmp_path / "pendants.jsonl"
    assert _one(make_job(tmp_path, test=True, hands=False, registry=registry), board) == ("gateway_gone", 11)
    assert board.mac.hex() in registry.read_text()


def test_a_full_disk_at_the_desk(plug, tmp_path, monkeypatch):
    """The record cannot be written: said, and the board is not called done."""

    def full(*_):
        raise OSError(28, "No space left on device")

    (board,) = plug("xiao_c3")
    monkeypatch.setattr(private.os, "fsync", full)
    assert _one(make_job(tmp_path), board) == ("disk_full", 10)


def test_another_role_is_not_taken_over(plug, tmp_path):
    """A pendant is not made a bridge by mistake; nothing has been erased."""
    (board,) = plug("m5stickc_plus2")
    put_in_service(board, tmp_path)
    assert _one(make_job(tmp_path, role="bridge"), board) == ("other_role", 5)


def test_esptool_is_not_left_behind(plug, tmp_path):
    """Stopped while esptool writes: it is gone when the run has ended, and the port is free."""
    (board,) = plug("xiao_c3")
    stop = threading.Event()
    watcher = Watcher()
    watcher.on_step["write"] = lambda port: threading.Timer(0.15, stop.set).start()
    (outcome,) = many.run(make_job(tmp_path), [board.port], watcher, stop)
    assert (outcome.result, outcome.code) == ("stopped", 130)
    descriptor = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
