"""Without this package every tool would have to know how each data set wrote its files down.

``load(path)`` reads one recording, whatever its format, and hands it over at 100 Hz in integer milli-g.
"""

from tools.recordings.load import load
from tools.recordings.recording import Recording, RecordingError

__all__ = ["Recording", "RecordingError", "load"]
