"""Without this file a mistake in a matter beside the alarms (a page, a state, a timeline) would hold up an alarm.

What an alarm must not depend on is done through here: a mistake in it is told once, and keeps nothing back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.errors import SetUpError
from gateway.trace import Trace

BEGIN_ANEW_S = 5.0

T = TypeVar("T")


def aside(trace: Trace, about: str, call: Callable[..., T], *args: object) -> T | None:
    """What call(*args) gives; None if it fails."""
    try:
        return call(*args)
    except Exception as fault:
        _tell(trace, about, fault, "alarms go on without it")
        return None


async def once(trace: Trace, about: str, work: Awaitable[None]) -> None:
    """Wait for work, which may fail; what somebody must put right still ends the start."""
    try:
        await work
    except SetUpError:
        raise
    except Exception as fault:
        _tell(trace, about, fault, "alarms go on without it")


async def keep_up(trace: Trace, about: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run it for ever: when it fails or ends it is begun anew, after a pause. What must be put right is raised."""
    while True:
        try:
            await run()
        except SetUpError:
            raise
        except Exception as fault:
            _tell(trace, about, fault, f"begun anew every {BEGIN_ANEW_S:.0f} s")
        await asyncio.sleep(BEGIN_ANEW_S)


def _tell(trace: Trace, about: str, fault: Exception, what_now: str) -> None:
    trace.trouble(f"aside-{about}", f"{about}: {type(fault).__name__}: {fault}; {what_now}; please report this")
