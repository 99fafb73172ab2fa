"""Without this file an installer would be shown a traceback where one sentence helps."""


class SetUpError(Exception):
    """Something outside the program must be put right: what, where, and what to do, in one sentence."""


# Why a command is refused, in a word. What a sealed record is refused for stands in sealed_record.py and enrol.py.
UNKNOWN_COMMAND, MISSING_FIELD, UNKNOWN_FIELD, WRONG_FIELD = (
    "unknown_command", "missing_field", "unknown_field", "wrong_field",
)  # fmt: skip
UNKNOWN_ALARM, UNKNOWN_PENDANT, REVOKED, ROTATING, TOO_LONG = (
    "unknown_alarm", "unknown_pendant", "revoked", "rotating", "too_long",
)  # fmt: skip
NO_DESKS, OTHER_PENDANT, TOO_OLD, TAKEN_BEFORE = "no_desks", "other_pendant", "too_old", "taken_before"
NO_TIME, NO_FILE = "no_time", "no_file"  # for now


class CommandRefused(Exception):
    """A command cannot be done; the text is for people, in the reply, and `reason` the same for programs and tests."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class NotNow(CommandRefused):
    """It cannot be done at this moment; the same command may be sent again."""
