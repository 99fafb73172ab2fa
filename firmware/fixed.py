"""What nobody may tune and every part must know; without this file it would hang on the tables of config.py.

config.py is read at a start and let go of; this stays.
"""

# How long to wait before sending again, by the number of attempts so far; the last step repeats for ever. Every wait is
# shortened by up to half of itself at random, so that two pendants that collided once do not collide again.
ALARM_RETRY_MS = (40, 80, 160, 320, 640, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000)  # quick first: seconds count
EVENT_RETRY_MS = (100, 500, 2_000, 10_000, 60_000, 300_000)  # nobody waits for these; the battery does
WAVE_RETRY_MS = (300, 600, 1_200, 2_500, 5_000)  # the motion round a fall: nobody's life hangs on it


class Values:
    """The settings of a pendant at work, or its identity: an attribute for each, without the code that read them."""
