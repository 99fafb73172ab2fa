"""A clock that a test turns by hand, for models that need no process."""


class HandClock:
    """Bench time that stands still until told."""

    scale = 1

    def __init__(self):
        self.t_s = 100.0

    def now_s(self):
        """What it shows."""
        return self.t_s

    def pass_s(self, seconds):
        """Turn it."""
        self.t_s += seconds
