"""Without this file a board could only be made anew: update, compare, read its log, forget its wearer."""

from tools.flashing import files, image, programs, record, state
from tools.flashing.faults import Fault
from tools.flashing.fresh import look, start, wanted_files
from tools.flashing.job import Bench
from tools.flashing.profile import CHIP_OF
from tools.flashing.repl import BoardError, Repl

_SHOWN = 4  # names of files in a sentence


def update(bench: Bench) -> None:
    """Bring the files of the manifest into force in one step; identity, settings and journal stay."""
    look(bench)  # a reset that also wakes: a sleeping board hears nobody
    with _at_prompt(bench, "read") as (repl, old):
        said = _ours(bench, old)
        wanted = wanted_files(bench, said["role"], said["board"])
        changed = files.differences(repl, wanted, old.slot)
        bench.outcome.what = f"{len(changed)} files"
        if not changed:
            bench.note("same")
            repl.restart()
            return
        bench.note("updated", count=len(changed), files=_some(changed))
        bench.begin("copy")
        repl.step = "copy"
        files.update(repl, wanted, old.slot, bench.progress)
        bench.begin("start")
        try:
            start(bench, repl)
        except Fault as why:
            if why.key == "board_says":
                _take_back(bench, repl, old, str(why.facts["why"]))
            raise


def verify(bench: Bench) -> None:
    """Compare a board with what it should be: MicroPython, files, identity. Fault different."""
    _, chip = look(bench)
    with _at_prompt(bench, "verify") as (repl, old):
        said = _ours(bench, old)
        wrong = files.differences(repl, wanted_files(bench, said["role"], said["board"]), old.slot)
        repl.restart()
    pinned = image.pin(CHIP_OF[said["board"]], bench.job.pins).version
    if ".".join(map(str, old.version)) != pinned:
        wrong.insert(0, f"MicroPython {'.'.join(map(str, old.version))} ({pinned})")
    if said["id"] != chip.mac.hex():
        wrong.insert(0, f"id {said['id']} ({chip.mac.hex()})")
    bench.outcome.what = f"{len(wrong)} differences"
    if wrong:
        raise Fault("different", port=bench.port, what=_some(wrong))
    bench.note("as_it_should")


def read_log(bench: Bench) -> None:
    """Show the crash log, and keep it with the log of this run."""
    look(bench)
    with _at_prompt(bench, "read") as (repl, old):
        _ours(bench, old)
        repl.restart()
    text = old.log()
    bench.log.write(text)
    if text.strip():
        bench.ui.text(bench.port, text)
    else:
        bench.note("no_log")


def erase(bench: Bench) -> None:
    """Forget a wearer: everything on the board, and what this computer keeps of it."""
    esptool, chip = look(bench)
    with Repl(bench.port, bench.stop, "read") as repl:
        try:
            if repl.open():
                repl.run(programs.FORGET_RTC)  # it outlives the flash, and may hold an open alarm
        except (Fault, BoardError) as why:
            bench.log.write(f"no prompt: {why}")
    bench.begin("erase")
    esptool.erase()
    record.forget(bench.job.out, chip.mac.hex())
    bench.note("forgotten", id=chip.mac.hex())


# ---- inside


class _at_prompt:  # noqa: N801 - it reads as a verb
    """A board's prompt and its state."""

    def __init__(self, bench: Bench, step: str) -> None:
        self._bench = bench
        self._repl = Repl(bench.port, bench.stop, step)
        bench.begin(step)

    def __enter__(self) -> tuple[Repl, state.State]:
        try:
            if not self._repl.open():
                raise Fault("not_ours", port=self._bench.port)
            self._repl.run(programs.CALM)
            return self._repl, state.read(self._repl)
        except BaseException:
            self._repl.close()
            raise

    def __exit__(self, *_: object) -> None:
        self._repl.close()


def _ours(bench: Bench, old: state.State) -> dict[str, str]:
    said = old.identity
    if said is None:
        raise Fault("not_ours", port=bench.port)
    bench.log.hide(str(said.get("key", "")))
    bench.outcome.id = said["id"]
    bench.outcome.role, bench.outcome.board = said["role"], said["board"]
    return said


def _take_back(bench: Bench, repl: Repl, old: state.State, why: str) -> None:
    """The update does not start: the version before comes into force again."""
    repl.open()
    files.put_slot(repl, old.slot)
    repl.restart()
    raise Fault("does_not_start", port=bench.port, why=why)


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" +{more}" if more > 0 else "")
