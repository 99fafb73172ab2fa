"""Without this file there would be steps but no pendant: the way of one board from its bag to its label."""

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from gateway.enrol import enrol
from gateway.errors import SetUpError
from shared.words import VERSION
from tools.board_files import BoardFile, ManifestError, board_files
from tools.flashing import bundle, files, image, label, ports, profile, programs, record, selftest, state
from tools.flashing.faults import Fault
from tools.flashing.identity import Identity, decide
from tools.flashing.job import Bench
from tools.flashing.repl import BoardError, Repl
from tools.flashing.rom import Chip, Esptool

_LISTEN_S = 4.0  # a firmware that cannot start says so in less; estimated, for a board that loads all its modules


def flash(bench: Bench) -> None:
    """Make a pendant or a bridge of whatever is at the port. Raises Fault; the board is then plainly not finished."""
    job = bench.job
    esptool, chip = look(bench)
    ask = getattr(bench.ui, "ask_board", None)
    board = profile.choose(bench.port, chip, job.wishes.role, job.board, ask)
    bench.outcome.board, bench.outcome.role = board, job.wishes.role
    pinned = image.pin(chip.family, job.pins)
    picture = image.get(pinned, job.image, job.cache)
    wanted = wanted_files(bench, job.wishes.role, board)

    bench.begin("read")
    old, was_unreadable, rescue = _read_old(bench, chip)
    identity = decide(chip.mac, board, job.wishes, old, was_unreadable=was_unreadable)
    bench.log.hide(identity.key)
    _tell(bench, identity, old)

    bench.begin("write")
    esptool.write(picture, pinned.offset, bench.progress)

    with Repl(bench.port, bench.stop, "copy") as repl:
        bench.begin("copy")
        if not repl.open():
            raise Fault("no_repl", port=bench.port)
        _guard(bench, lambda: files.copy(repl, wanted, "", bench.progress))
        bench.begin("identify")
        repl.step = "identify"
        _guard(bench, lambda: _write_identity(repl, identity, old))
        kept = _keep(bench, identity, board, pinned.version)
        with contextlib.suppress(OSError):
            rescue.unlink(missing_ok=True)  # what it held is on the board again
        _enrol(bench, kept)
        if job.test:
            _try(bench, repl, kept)
        bench.begin("start")
        start(bench, repl)
    bench.begin("label")
    _label(bench, board)
    if bench.outcome.self_test:
        _keep(bench, identity, board, pinned.version)
    bad = [name for name, result in bench.outcome.self_test.items() if not result["ok"]]
    if bad:
        raise Fault("self_test", port=bench.port, what=", ".join(bad))


def look(bench: Bench) -> tuple[Esptool, Chip]:
    """Open the port and recognise the chip."""
    bench.begin("look")
    ports.check(bench.port)
    esptool = Esptool(bench.port, bench.stop, bench.log.write, bench.job.baud)
    chip = esptool.look()
    bench.outcome.id = chip.mac.hex()
    return esptool, chip


def wanted_files(bench: Bench, role: str, board: str) -> Sequence[BoardFile]:
    """What belongs onto such a board: of the release that was named, or of this tree. Raises Fault."""
    if bench.job.bundle is not None:
        released = bundle.read(bench.job.bundle, role, board, bench.job.pins)
        bench.outcome.firmware = released.version
        return released.files
    bench.outcome.firmware = ".".join(map(str, VERSION))
    try:
        return board_files(role, board)
    except ManifestError as why:
        raise Fault("manifest", why=why) from None


def start(bench: Bench, repl: Repl) -> None:
    """Restart and see that nothing complains."""
    repl.step = "start"
    repl.restart()
    said = repl.listen(_LISTEN_S)
    bench.log.write(said.strip() or "(it says nothing, as it should)")
    if "Traceback" in said:
        raise Fault("board_says", port=bench.port, why=said.strip().splitlines()[-1])


def _read_old(bench: Bench, chip: Chip) -> tuple[state.State | None, bool, Path]:
    """What the board knew; whether it knew something that cannot be read; where it is saved while it is erased."""
    rescue = bench.job.out / "rescue" / f"{chip.mac.hex()}.json"
    old: state.State | None = None
    was_unreadable = False
    with Repl(bench.port, bench.stop, "read") as repl:
        try:
            if repl.open():
                old = state.read(repl)
        except (Fault, BoardError) as why:
            if isinstance(why, Fault) and why.key not in {"no_repl", "timeout", "bad_cable"}:
                raise
            was_unreadable = True
            bench.log.write(f"what was there cannot be read: {why}")
    said = old.identity if old else None
    if said is None:
        saved = state.State.load(rescue)
        if saved and saved.identity:
            bench.note("rescued")
            return saved, False, rescue
        return None, was_unreadable, rescue
    if said["id"] != chip.mac.hex():
        return None, False, rescue  # somebody else's flash was copied onto this chip
    if said.get("role") != bench.job.wishes.role:
        raise Fault("other_role", port=bench.port, role=said.get("role"), board=said.get("board"))
    assert old
    bench.log.hide(str(said.get("key", "")))
    old.save(rescue)
    if old.log():
        bench.log.write("its crash log:\n" + old.log())
    return old, False, rescue


def _tell(bench: Bench, identity: Identity, old: state.State | None) -> None:
    bench.outcome.what = identity.what
    why = {"why": identity.why} if identity.why else {}
    bench.note(identity.what, boot=identity.boot, **why)
    if old and old.owed_bytes:
        bench.note("owed", bytes=old.owed_bytes)


def _write_identity(repl: Repl, identity: Identity, old: state.State | None) -> None:
    """What outlives a flash, then who it is: without the last file the board is plainly nobody."""
    for path in programs.KEPT:
        if old and path in old.files and path not in {"boot", "boot.new", "identity.json"}:
            repl.put(path, old.files[path])
    repl.put("boot", str(identity.boot).encode())
    repl.run(programs.FORGET_RTC)
    repl.put("identity.json.new", identity.text())
    repl.run(programs.RENAME.format(source="identity.json.new", target="identity.json"))


def _keep(bench: Bench, identity: Identity, board: str, version: str) -> record.Record:
    wishes = bench.job.wishes
    kept = record.Record(
        id=bench.outcome.id,
        key=identity.key,
        role=wishes.role,
        board=board,
        site=wishes.site,
        channel=wishes.channel,
        boot=identity.boot,
        firmware=bench.outcome.firmware,
        micropython=version,
        when=record.now(),
        who=record.who(),
        name=wishes.name,
        room=wishes.room,
        self_test=bench.outcome.self_test,
    )
    bench.outcome.record = str(record.write(kept, bench.job.out))
    return kept


def _enrol(bench: Bench, kept: record.Record) -> None:
    if kept.role != "pendant":
        return
    path = record.path_of(bench.job.out, kept.id)
    if bench.job.registry is None:
        bench.note("to_enrol", record=path)
        return
    bench.begin("enrol")
    try:
        enrol(path, bench.job.registry, bench.job.registry_key)
    except SetUpError as why:
        raise Fault("registry", why=why, record=path) from None
    bench.note("enrolled", path=bench.job.registry)


def _try(bench: Bench, repl: Repl, kept: record.Record) -> None:
    bench.begin("test")
    repl.step = "test"
    repl.soft_reset()
    began_s = time.monotonic()
    report = selftest.run(
        repl,
        kept.role,
        hands=bench.job.hands,
        needs_gateway=bench.job.registry is not None,
        ask=lambda key: bench.ui.ask(bench.port, key),
        progress=bench.progress,
        channel=kept.channel,
    )
    bench.outcome.self_test = report.results
    bench.log.write(f"self-test in {time.monotonic() - began_s:.1f} s: {report.results}")
    for key in report.notes:
        bench.note(key)


def _label(bench: Bench, board: str) -> None:
    wishes = bench.job.wishes
    font = label.cjk_font()
    if font is None:
        bench.note("no_cjk_font")
    text = label.Label(bench.outcome.id, wishes.role, board, wishes.site, wishes.name)
    bench.outcome.label = [str(path) for path in label.write(text, bench.job.out / "labels", font)]


def _guard(bench: Bench, action: Callable[[], None]) -> None:
    """What a program on the board raises, as a sentence."""
    try:
        action()
    except BoardError as why:
        if why.is_full:
            raise Fault("flash_full", port=bench.port, path="?") from None
        raise Fault("board_says", port=bench.port, why=why) from None
