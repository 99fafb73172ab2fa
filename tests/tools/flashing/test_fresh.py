"""From a bare board to a pendant: esptool, mpremote and the firmware are the real ones, only the board is not."""

import json
import stat
import threading

from tests.tools.flashing.bench import Watcher, make_job, put_in_service
from tools.board_files import board_files
from tools.flashing import many, state


def _flash(job, boards, watcher=None):
    watcher = watcher or Watcher(*boards)
    return many.run(job, [board.port for board in boards], watcher), watcher


def _contents(board):
    board.unplug()
    return board.read_flash()


def test_a_bare_board_becomes_a_pendant_that_runs(plug, tmp_path):
    """Chip, image, files, identity, self-test, label, record: one run, and the flash holds exactly what it should."""
    (board,) = plug("xiao_c3")
    job = make_job(tmp_path, test=True, name="302")
    (outcome,), watcher = _flash(job, [board])
    assert (outcome.result, outcome.fault, outcome.board) == ("done", {}, "xiao_c3")
    assert outcome.what == "new_identity"
    assert set(outcome.self_test) == {"imu", "rest", "battery", "button", "light", "feel", "radio"}
    assert all(result["ok"] for result in outcome.self_test.values())
    assert [key for _, key in watcher.asked] == ["ask_rest", "ask_button", "ask_light", "ask_feel"]
    board.wait_for(lambda board: len(board.lives) > 1 and board.lives[-1].main_ended is None)
    record = json.loads(next((job.out / "records").glob("*.json")).read_text())
    image = (job.image / "ESP32-C3.bin").read_bytes()
    assert board.image(len(image)) == image
    there = _contents(board)
    for file in board_files("pendant", "xiao_c3"):
        assert there.pop(file.path) == file.data
    identity = json.loads(there.pop("identity.json"))
    assert identity["id"] == board.mac.hex() == outcome.id == record["id"]
    assert identity["key"] == record["key"]
    assert len(identity["key"]) == 32
    assert int(there.pop("boot")) > record["boot"] >= state.boot_floor() - 2
    assert set(there) <= {"boot.py", "journal", "crashes"}
    assert outcome.seconds < 60


def test_the_key_is_written_nowhere_else(plug, tmp_path):
    """Not in the log, not in the CSV, not in the outcome, not on the label; and the record is its owner's alone."""
    (board,) = plug("xiao_c3")
    job = make_job(tmp_path)
    (outcome,), _ = _flash(job, [board])
    record = job.out / "records" / f"{outcome.id}.json"
    key = json.loads(record.read_text())["key"]
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert key not in json.dumps(outcome.__dict__)
    holders = [path for path in job.out.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]
    assert holders == [record]
    assert not list((job.out / "rescue").glob("*"))
    line = (job.out / "flashed.csv").read_text().splitlines()[1]
    assert outcome.id in line
    assert "done" in line


def test_a_second_flash_keeps_who_it_is_and_what_it_owes(plug, tmp_path):
    """Same id, same key, settings and journal as before; boot numbers go on, so no nonce comes twice."""
    (board,) = plug("m5stickc_plus2")
    identity = put_in_service(board, tmp_path)
    board.wait_for(lambda _: plug.air.record())  # what it sends it has written down before
    (outcome,), watcher = _flash(make_job(tmp_path), [board])
    assert (outcome.result, outcome.what) == ("done", "kept")
    assert "owed" in watcher.said()
    there = _contents(board)
    assert json.loads(there["identity.json"])["key"] == identity["key"]
    assert there["settings.json"] == b'{"beat_s": 120}'
    assert int(there["boot"]) > 8
    assert len(there["journal"]) >= 32


def test_a_new_key_comes_when_asked_and_the_boot_number_still_rises(plug, tmp_path):
    """--new-key: another key, the same id, and not one boot number back."""
    (board,) = plug("xiao_c3")
    identity = put_in_service(board, tmp_path)
    (outcome,), watcher = _flash(make_job(tmp_path, new_key=True), [board])
    assert outcome.what == "new_key"
    assert [facts["why"] for _, key, facts in watcher.notes if key == "new_key"] == ["why_asked"]
    there = _contents(board)
    said = json.loads(there["identity.json"])
    assert said["id"] == identity["id"]
    assert said["key"] != identity["key"]
    assert int(there["boot"]) > 8


def test_a_bridge_has_no_key(plug, tmp_path):
    """ROLE=bridge: other files, no key, nothing to enrol, and a radio that sends."""
    (board,) = plug("bridge_esp32")
    (outcome,), watcher = _flash(make_job(tmp_path, role="bridge", test=True), [board])
    assert (outcome.result, outcome.board) == ("done", "bridge_esp32")
    assert outcome.self_test == {"radio": {"ok": True}}
    assert "to_enrol" not in watcher.said()
    there = _contents(board)
    assert "key" not in json.loads(there["identity.json"])
    assert "firmware/bridge/run.mpy" in there
    assert "firmware/pendant/run.mpy" not in there


def test_eight_boards_at_once_and_one_in_trouble(plug, tmp_path):
    """One that is pulled out in the middle stops nobody else; it is plainly not finished, the others are."""
    boards = plug(*["xiao_c3", "m5stickc_plus2"] * 4)
    watcher = Watcher(*boards)
    victim = boards[3]
    watcher.on_step["copy"] = lambda port: threading.Timer(0.3, victim.unplug).start() if port == victim.port else None
    port = victim.port
    outcomes, _ = _flash(make_job(tmp_path), boards, watcher)
    faults = [(number, outcome.fault) for number, outcome in enumerate(outcomes) if outcome.result != "done"]
    assert [number for number, _ in faults] == [3], faults
    failed = outcomes[3]
    assert (failed.port, failed.fault["key"]) == (port, "unplugged")
    assert many.exit_code(outcomes) == 7
    assert "identity.json" not in victim.read_flash()
    assert len({outcome.id for outcome in outcomes}) == 8
    assert len((tmp_path / "flashed" / "flashed.csv").read_text().splitlines()) == 9
    assert len(list((tmp_path / "flashed" / "logs").glob("*.log"))) == 8


def test_a_stopped_run_loses_no_key_and_the_next_one_goes_on(plug, tmp_path):
    """Ctrl-C after the erasure: the board is plainly nobody, and its key, kept at the desk, comes back."""
    (board,) = plug("xiao_c3")
    identity = put_in_service(board, tmp_path)
    stop = threading.Event()
    watcher = Watcher(board)
    watcher.on_step["copy"] = lambda port: stop.set()
    job = make_job(tmp_path)
    (outcome,) = many.run(job, [board.port], watcher, stop)
    assert (outcome.result, outcome.code, outcome.fault["key"]) == ("stopped", 130, "stopped")
    rescue = job.out / "rescue" / f"{identity['id']}.json"
    assert stat.S_IMODE(rescue.stat().st_mode) == 0o600
    (outcome,), watcher = _flash(job, [board])
    assert (outcome.result, outcome.what) == ("done", "kept")
    assert "rescued" in watcher.said()
    assert not rescue.exists()
    assert json.loads(_contents(board)["identity.json"])["key"] == identity["key"]
