"""Without this file an installer would be shown a traceback where one sentence helps."""


class SetUpError(Exception):
    """Something outside the program must be put right: what, where, and what to do, in one sentence."""


class CommandRefused(Exception):
    """A command of the platform cannot be done; the text is the reason in the reply."""


class NotNow(CommandRefused):
    """It cannot be done at this moment; the same command may be sent again."""
