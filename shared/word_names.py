"""Without this file a log would show "code 5" where a person needs to read "help requested".

The names of the numbers in words.py; for the gateway and the tools, for a board's heap has no room for them.
"""

from shared import words

KIND_NAMES = {
    words.ALARM: "alarm",
    words.EVENT: "event",
    words.BEAT: "beat",
    words.POLL: "poll",
    words.WAVE: "wave",
    words.ACK: "acknowledgement",
    words.ANSWER: "answer",
    words.COMMAND: "command",
}

CODE_NAMES = {
    words.FALL_SUSPECTED: "fall suspected",
    words.FALL_CONFIRMED: "fall confirmed",
    words.FALL_CANCELLED: "fall cancelled",
    words.FALL_RECOVERED: "fall recovered",
    words.HELP_REQUESTED: "help requested",
    words.ANSWER_FELT: "answer felt",
    words.TEST_PASSED: "test passed",
    words.BATTERY_LOW: "battery low",
    words.FAULT: "fault raised",
    words.STARTED: "pendant started",
    words.COMMAND_DONE: "command done",
    words.TEST_ALARM: "test alarm",
}

SERVICE_NAMES = ("rescue", "shopping", "meals", "medical", "cleaning", "transport")

STAGE_NAMES = {words.DELIVERED: "delivered", words.ANSWERED: "answered"}

VERB_NAMES = {words.ROTATE_KEY: "rotate-key", words.CONFIGURE: "configure", words.LOCATE: "locate", words.TEST: "test"}
