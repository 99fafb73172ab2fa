"""Without this file a slash in some string would decide where an alarm goes. All topics are made here."""


class Topics:
    """The topics of one gateway, all under one prefix, so that a broker's access list is one line."""

    def __init__(self, base: str, site: str, gateway: str) -> None:
        self.prefix = f"{base}/{site}/{gateway}"
        self.status = f"{self.prefix}/status"
        self.command = f"{self.prefix}/command"
        self.reply = f"{self.prefix}/reply"
        self.metrics = f"{self.prefix}/metrics"
        self.telemetry_batch = f"{self.prefix}/telemetry/batch"

    def lane(self, lane: str, subject: str) -> str:
        """Where the events of a lane ("alarm", "event", "telemetry") about a subject go."""
        return f"{self.prefix}/{lane}/{subject}"

    def home(self, pendant: str) -> str:
        """What Home Assistant shows of a pendant beside its state, retained."""
        return f"{self.prefix}/home/{pendant}"

    def home_answer(self, pendant: str) -> str:
        """Where Home Assistant's button says that somebody answers."""
        return f"{self.prefix}/home/{pendant}/answer" if pendant else f"{self.prefix}/home/"

    def state(self, pendant: str) -> str:
        """Where the last known state of a pendant is kept, retained."""
        return f"{self.prefix}/state/{pendant}"
