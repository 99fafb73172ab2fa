"""A command that is run again and again while it shall be heard, and cannot harm the gateway."""

import asyncio
import os
import time

from gateway.configuration.second_way import SirenConfig
from gateway.second_way.siren import Siren
from gateway.trace import Trace


def run(command, act, *, off_command=(), every_s=1, limit_s=2):
    """Let act(siren) have its way with a running siren; the troubles that were told."""
    told = []

    async def live():
        config = SirenConfig(tuple(command), tuple(off_command), every_s, limit_s, 30, ())
        siren = Siren(config, Trace(lambda step, facts: told.append((step, facts))))
        task = asyncio.create_task(siren.run())
        try:
            await act(siren)
        finally:
            task.cancel()
            await asyncio.wait([task], timeout=5)
            assert task.done()

    asyncio.run(live())
    return [facts["text"] for step, facts in told if step == "trouble"]


async def until(look, within_s=10.0):
    """Back when look() is true."""
    async with asyncio.timeout(within_s):
        while not look():
            await asyncio.sleep(0.01)


def test_it_sounds_again_and_again_and_then_is_switched_off(tmp_path):
    """The other command runs at the start (the gateway may have died under it), after each time, and at the end."""
    on, off = tmp_path / "on", tmp_path / "off"
    lines = lambda path: len(path.read_text().split()) if path.exists() else 0  # noqa: E731

    async def act(siren):
        await until(lambda: lines(off) == 1)
        siren.switch(is_on=True)
        siren.switch(is_on=True)
        await until(lambda: lines(on) == 2)
        siren.switch(is_on=False)
        await until(lambda: lines(off) == 2)
        assert not siren.is_on
        siren.switch(is_on=True)
        await until(lambda: lines(on) == 3)

    said = run(["/bin/sh", "-c", f"echo x >> {on}"], act, off_command=["/bin/sh", "-c", f"echo x >> {off}"])

    assert said == []
    assert lines(off) == 3


def test_a_command_that_never_ends_is_ended_with_its_children(tmp_path):
    """After its time, and at once when somebody has answered."""
    pids = tmp_path / "pids"
    count = lambda: len(pids.read_text().split()) if pids.exists() else 0  # noqa: E731

    async def act(siren):
        siren.switch(is_on=True)
        await until(lambda: count() == 2)  # the first one has had its second
        began_s = time.monotonic()
        siren.switch(is_on=False)
        await until(lambda: not any(is_alive(int(pid)) for pid in pids.read_text().split()))
        assert time.monotonic() - began_s < 5

    run(["/bin/sh", "-c", f"sleep 60 & echo $! >> {pids}; wait"], act, limit_s=1)


def test_it_falls_silent_the_moment_somebody_answers(tmp_path):
    """Also in the middle of a command that would sound for minutes yet."""
    pids = tmp_path / "pids"

    async def act(siren):
        siren.switch(is_on=True)
        await until(lambda: pids.exists() and pids.read_text().strip())
        await asyncio.sleep(0.3)  # it is waited for by now
        siren.switch(is_on=False)
        await until(lambda: not is_alive(int(pids.read_text())))

    run(["/bin/sh", "-c", f"echo $$ > {pids}; exec sleep 60"], act, limit_s=60)


def is_alive(pid):
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123
            return file.read().rsplit(")", 1)[1].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def test_a_command_that_is_not_there_or_fails_is_said_once():
    """And the gateway goes on."""

    async def act(siren):
        siren.switch(is_on=True)
        await until(lambda: siren.runs >= 2)
        await asyncio.sleep(0.1)

    assert run(["/nowhere/siren"], act) == [
        "/nowhere/siren cannot be run (No such file or directory); correct [siren] command"
    ]
    assert run(["/bin/sh", "-c", "exit 3"], act) == ["the siren's command has ended with 3; run it by hand"]
    assert os.getpid()
