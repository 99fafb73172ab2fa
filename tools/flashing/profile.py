"""Without this file the installer would have to know board names: which board a chip is on, as far as it tells."""

from collections.abc import Callable

from tools.flashing.faults import Fault
from tools.flashing.rom import Chip

# What is soldered on each board; the file of that name in firmware/boards/ knows its pins.
CHIP_OF = {"m5stickc_plus2": "ESP32", "xiao_c3": "ESP32-C3", "bridge_esp32": "ESP32"}
ROLE_OF = {"m5stickc_plus2": "pendant", "xiao_c3": "pendant", "bridge_esp32": "bridge"}
_BY_TYPE = {"ESP32-PICO-V3-02": "m5stickc_plus2"}  # no other board of ours has this package


def choose(port: str, chip: Chip, role: str, named: str | None, ask: Callable[[list[str]], str] | None) -> str:
    """The board's name. Asks only where the chip does not tell. Fault chip_wrong, board_role, board_unknown."""
    if named:
        if ROLE_OF[named] != role:
            raise Fault("board_role", port=port, board=named, role=role, wanted=ROLE_OF[named])
        if CHIP_OF[named] != chip.family:
            raise Fault("chip_wrong", port=port, chip=chip.type, board=named, wanted=CHIP_OF[named])
        return named
    if role == "bridge":
        if chip.family != CHIP_OF["bridge_esp32"]:
            raise Fault("chip_wrong", port=port, chip=chip.type, board="bridge_esp32", wanted=CHIP_OF["bridge_esp32"])
        return "bridge_esp32"
    if chip.type in _BY_TYPE:
        return _BY_TYPE[chip.type]
    possible = [name for name, family in CHIP_OF.items() if family == chip.family and ROLE_OF[name] == role]
    if len(possible) == 1 and chip.family != "ESP32":
        return possible[0]
    if ask is not None:
        return ask(possible)
    raise Fault("board_unknown", port=port, chip=chip.type, boards=", ".join(possible))
