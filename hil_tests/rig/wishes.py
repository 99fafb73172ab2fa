"""Without this file each test would build its own house: what a test wishes of the rig, before it is built."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wishes:
    """Said with @pytest.mark.rig(...). A bench that cannot fulfil one skips the test with a sentence."""

    board: str | None = None  # None: whichever the rig has
    scale: float = 1.0  # how much faster time may go where the rig can; a real bench takes 1
    settings: Mapping[str, int] = field(default_factory=dict)  # of firmware/config.py
    gateways: int = 1
    is_on: bool = True  # the pendant is switched on and known at the platform when the test begins
