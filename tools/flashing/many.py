"""Without this file twenty boards would take an afternoon: all ports at once, and one board's trouble stays its own."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from tools.flashing import again, fresh, record
from tools.flashing.faults import SOME_FAILED, STOPPED, Fault
from tools.flashing.job import Bench, Job, Outcome, Ui
from tools.flashing.log import Log

_ACTIONS: dict[str, Callable[[Bench], None]] = {
    "flash": fresh.flash,
    "update": again.update,
    "verify": again.verify,
    "read-log": again.read_log,
    "erase": again.erase,
}
_AT_ONCE = 16
_LOOK_S = 0.1


def run(job: Job, ports: Sequence[str], ui: Ui, stop: threading.Event | None = None) -> list[Outcome]:
    """Do the job at every port, all at once; one Outcome each, in the order of the ports.

    Ctrl-C, or stop, ends what runs: each board is then either done or plainly not.
    """
    stop = stop or threading.Event()
    with ThreadPoolExecutor(min(len(ports), _AT_ONCE) or 1) as pool:
        running = [pool.submit(one, job, port, ui, stop) for port in ports]
        while True:
            try:
                if not wait(running, timeout=_LOOK_S).not_done:
                    break
            except KeyboardInterrupt:
                stop.set()  # every board ends at its next breath, and says so
        return [future.result() for future in running]


def one(job: Job, port: str, ui: Ui, stop: threading.Event) -> Outcome:
    """Do the job at one port. Never raises: what went wrong is in the Outcome."""
    began_s = time.monotonic()
    try:
        log = Log(job.out, port)
    except Fault as fault:
        return _failed(Outcome(port, job.action), fault)
    bench = Bench(job, port, ui, stop, log)
    outcome = bench.outcome
    outcome.log = str(log.path)
    try:
        _ACTIONS[job.action](bench)
        outcome.result = "done"
        ui.step(port, "done")
    except Fault as fault:
        _failed(outcome, fault)
        log.write(f"!! {fault}")
        ui.step(port, "failed")
    except Exception as why:
        log.write(f"!! {type(why).__name__}: {why}")
        _failed(outcome, Fault("board_says", port=port, why=f"{type(why).__name__}: {why}"))
        ui.step(port, "failed")
    bench.end()
    outcome.seconds = round(time.monotonic() - began_s, 1)
    try:
        _write_line(job, outcome)
    except Fault as fault:
        if outcome.result == "done":
            _failed(outcome, fault)
    log.close()
    return outcome


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0; or the one reason; or 1 if they failed for several."""
    codes = {outcome.code for outcome in outcomes if outcome.code}
    if STOPPED in codes:
        return STOPPED
    return codes.pop() if len(codes) == 1 else SOME_FAILED if codes else 0


def _failed(outcome: Outcome, fault: Fault) -> Outcome:
    outcome.result = "stopped" if fault.code == STOPPED else "failed"
    outcome.code = fault.code
    outcome.fault = {"key": fault.key, "zh": fault.text("zh"), "en": fault.text("en")}
    return outcome


def _write_line(job: Job, outcome: Outcome) -> None:
    tried = " ".join(f"{name}:{'ok' if result['ok'] else 'BAD'}" for name, result in outcome.self_test.items())
    record.add_line(
        job.out,
        when=record.now(),
        id=outcome.id,
        role=outcome.role,
        board=outcome.board,
        port=outcome.port,
        result=outcome.result,
        seconds=outcome.seconds,
        what=f"{job.action} {outcome.what}".strip(),
        firmware=outcome.firmware,
        self_test=tried,
        fault=outcome.fault.get("key", ""),
    )
