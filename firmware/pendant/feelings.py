"""The wearer's language; without this file nobody could feel the difference of "sent" and "somebody comes".

Milliseconds on, off, on ... The words differ in rhythm, not in strength, because strength is felt through a winter coat
or not at all. The table for people stands in the README of the firmware.
"""

TICK = (40,)  # a second of the hold has passed
SENT = (700,)  # held long enough: the call is out
STORED = (90, 110, 90)  # two short: the gateway has it
DELIVERED = (90, 110, 90, 110, 90)  # three short: the platform has it (only if it is wished)
ANSWERED = (500, 200, 500, 200, 500)  # three long: a person has accepted
NOBODY = (60, 60) * 7 + (900,)  # a rattle and a long one: nobody can be reached
FALLEN = (250, 250, 250)  # "have you fallen?"
COUNTING = (150,)  # once a second while the countdown runs
CANCELLED = (300, 120, 60)  # long, short: the alarm is off
SICK = (60, 60, 60, 300, 60, 60, 60)  # the pendant itself needs help

HERE = (120, 380) * 6  # every half second, for three seconds: an alarm must not wait behind it for long
REMINDER = (60, 120, 300)  # short, long, rising like a question: press once to try me


def count(number):
    """The number of taps so far, said back as so many clicks."""
    return (50, 100) * (number - 1) + (50,)
