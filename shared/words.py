"""Without this file the two ends of the air would mean different things by the same number.

What crosses it, as numbers; how people read them stands in word_names.py, which no board has room for. A number, once
used, is never given another meaning.
"""

from shared.compat import const

VERSION = (0, 1, 0)  # of all of Tiexin, here and nowhere else; travels in every beat and names the release

# Kinds of frame. Below 0x80 a pendant speaks, from 0x80 on a gateway does.
ALARM = const(0x01)
EVENT = const(0x02)
BEAT = const(0x03)
POLL = const(0x04)
WAVE = const(0x05)
ACK = const(0x81)
ANSWER = const(0x82)
COMMAND = const(0x83)

# What an ALARM or an EVENT says.
FALL_SUSPECTED = const(1)
FALL_CONFIRMED = const(2)
FALL_CANCELLED = const(3)
FALL_RECOVERED = const(4)
HELP_REQUESTED = const(5)
ANSWER_FELT = const(16)
TEST_PASSED = const(17)
BATTERY_LOW = const(18)
FAULT = const(19)
STARTED = const(20)
COMMAND_DONE = const(21)
TEST_ALARM = const(22)  # of a gateway's drill: takes an alarm's way and rings nobody

# The six services behind one key; the argument of HELP_REQUESTED. Rescue is first: it needs no tap.
RESCUE = const(0)
SHOPPING = const(1)
MEALS = const(2)
MEDICAL = const(3)
CLEANING = const(4)
TRANSPORT = const(5)

# What an acknowledgement says about the event it names.
STORED = const(0)
REFUSED_FULL = const(1)
HEARD = const(2)

# How far help has come, in an ANSWER.
DELIVERED = const(1)
ANSWERED = const(2)

# What a gateway may tell a pendant to do.
ROTATE_KEY = const(1)
CONFIGURE = const(2)
LOCATE = const(3)
TEST = const(4)

# How a command ended; the argument of COMMAND_DONE.
DONE = const(0)
REFUSED = const(1)

# Flags of a beat.
WORN = const(1)
STILL = const(2)
CHARGING = const(4)
EXTERNAL_POWER = const(8)
SAFE_MODE = const(16)

# The codes that may travel as an ALARM; all others of a pendant's are events.
ALARM_CODES = (FALL_SUSPECTED, FALL_CONFIRMED, FALL_CANCELLED, FALL_RECOVERED, HELP_REQUESTED)
OTHER_CODES = (ANSWER_FELT, TEST_PASSED, BATTERY_LOW, FAULT, STARTED, COMMAND_DONE, TEST_ALARM)
STAGES = (DELIVERED, ANSWERED)
VERBS = (ROTATE_KEY, CONFIGURE, LOCATE, TEST)
