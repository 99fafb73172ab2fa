"""Without this file a carer could not read who needs help: alarms, wearers, services."""

TEXTS: dict[str, tuple[str, str]] = {
    "board_title": ("警报与老人", "Alarms and wearers"),
}
