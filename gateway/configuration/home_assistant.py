"""Without this file nobody could decide whether pendants appear in Home Assistant: the section of that name."""

from dataclasses import dataclass

from gateway.configuration.table import Table

SECTION = "home_assistant"


@dataclass(frozen=True)
class HomeAssistantConfig:
    """How pendants are announced to the Home Assistant that listens at the same broker."""

    prefix: str  # of its discovery topics
    with_names: bool  # tell it names and rooms; without, a pendant is called by the end of its id


def read(table: Table) -> HomeAssistantConfig | None:
    """The section as the file has it; None where it has none: then nothing is announced."""
    if not table.has(SECTION):
        return None
    return HomeAssistantConfig(
        prefix=table.name(SECTION, "prefix", default="homeassistant"),
        with_names=table.flag(SECTION, "with_names", default=False),
    )
