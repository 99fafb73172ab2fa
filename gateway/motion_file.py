"""Without this file an outcome would stand beside no motion: what each labelled alarm felt like, for later training.

`windows.jsonl` beside `outcomes.jsonl`, joined by `alarm`; the last line about an `event` counts. It names the alarm
and its pendant, never a person.
"""

from typing import Any

from gateway import motion_parts
from gateway.motion_store import Kept
from shared import gateway_frames, waves

NAME = "windows.jsonl"


def line(case_id: str, kept: Kept) -> dict[str, Any]:
    """One window of one alarm."""
    return {
        "alarm": case_id,
        "event": str(gateway_frames.event_id(kept.pendant, kept.boot, kept.seq)),
        "pendant": kept.pendant.hex(),
        "period_ms": int(waves.PERIOD_MS),
        "impact_index": int(waves.IMPACT),
        **motion_parts.axes(kept.body)._asdict(),
    }
