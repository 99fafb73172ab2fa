"""Everything a pendant may be tuned by; without it the reasons would be scattered over twenty files.

A name ends in its unit, a line has its default and its range, the comment beside it says why. A value outside its
range is refused with a sentence, and the old one stays.
"""

from firmware.fixed import Values

SETTINGS_FILE = "settings.json"

TUNABLES = (
    # name, default, least, most
    ("button_hold_ms", 3_000, 1_000, 5_000),  # the wearer's three seconds; shorter for weak hands, never by accident
    ("button_tremble_ms", 60, 20, 150),  # a release shorter than this is a trembling finger or a bouncing contact
    ("button_press_ms", 30, 10, 100),  # a press shorter than this is a contact's noise
    ("button_tap_ms", 1_000, 300, 1_500),  # longer is a broken-off call, which must not cancel anything
    ("button_gap_ms", 1_200, 400, 3_000),  # slow fingers: this long between taps, or between the taps and the hold
    ("button_stuck_s", 30, 10, 300),  # nobody holds a button longer: it is stuck
    ("button_look_ms", 10, 5, 20),  # how often a pressed button is looked at: a third of the shortest press
    ("countdown_s", 20, 10, 30),  # time to say "I am well"; wearers of the field's devices get 20 to 30 s
    ("answer_wait_s", 600, 60, 3_600),  # ask every two seconds for an answer this long, then with the beats
    ("poll_ms", 2_000, 500, 4_000),  # an answer must be felt within 5 s: two polls may be lost
    ("listen_ms", 100, 30, 500),  # after an own frame: bridge, serial line and commit need about 60 ms
    ("listen_more_ms", 60, 20, 500),  # when the gateway says that more follows
    ("nobody_s", 10, 5, 60),  # without an acknowledgement of an alarm for so long, the wearer is told
    ("nobody_again_s", 60, 20, 600),  # and told again: a silent device would be taken for a working one
    ("beat_s", 300, 30, 3_600),  # three missed ones and the gateway calls the pendant missing
    ("beat_powered_s", 60, 10, 3_600),  # on the charger energy is free
    ("beat_tries", 3, 1, 5),  # a beat is worth three frames; the next one replaces it
    ("batch_idle_ms", 800, 50, 800),  # light sleep between looks: a blow is told 0.9 s after it, the FIFO holds 1.28 s
    ("rest_step_mg", 60, 20, 250),  # an axis that changes less from sample to sample rests, and is not read one by one
    ("batch_excited_ms", 20, 10, 250),  # the shortest pause, when the detector is about to know
    ("impact_wake_mg", 815, 500, 3_000),  # wakes from deep sleep; of 2,131 recorded falls one stays below, at 718
    ("linger_ms", 500, 0, 20_000),  # after an impact: in a lively hour a start costs more than to stay half awake
    ("deep_least_ms", 5_000, 500, 60_000),  # a wake from deep sleep costs as much as some seconds of light sleep
    ("still_s", 120, 30, 3_600),  # breathing moves a worn pendant more often than that
    ("test_days", 30, 1, 365),  # a device nobody has tried for a month is a device nobody trusts
    ("test_again_h", 24, 1, 240),  # how often the wearer is reminded until the test is done
    ("night_from_h", 21, 0, 23),  # from here on the light stays dim and no reminder is felt
    ("night_to_h", 8, 0, 23),  # until here, when most are up
    ("local_offset_min", 480, -720, 840),  # what to add to world time for the wearer's clock: China
    ("battery_low_days", 2, 1, 14),  # with that many days left the platform hears of it
    ("battery_low_percent", 20, 5, 50),  # two days are left to charge
    ("battery_critical_percent", 5, 1, 20),  # hours are left: the wearer feels it too
    ("watchdog_s", 10, 5, 60),  # longer than any step, shorter than anybody's patience
    ("led_bright_percent", 30, 1, 100),  # seen by day, in a lit room
    ("led_dim_percent", 2, 1, 30),  # seen by night, wakes nobody
    ("feel_percent", 80, 20, 100),  # strength of the vibration or of the buzzer
    ("feel_delivered", 0, 0, 1),  # 1 = the wearer also feels that the platform has the alarm
)


class SettingError(ValueError):
    """A value that cannot be used; the text says what would do."""


class Settings:
    """One attribute for every tunable. It starts with the defaults."""

    def __init__(self):
        for name, default, _least, _most in TUNABLES:
            setattr(self, name, default)

    def change(self, changes):
        """Take a dict of name -> integer, all of it or nothing; SettingError says which value was wrong."""
        for name, value in changes.items():
            _check(name, value)
        for name, value in changes.items():
            setattr(self, name, value)


def load(path=SETTINGS_FILE):
    """Return (Settings, complaint): what the file says, or the defaults and a sentence that says why."""
    import json

    settings = Settings()
    try:
        with open(path) as file:
            settings.change(json.load(file))
    except OSError:
        return settings, ""  # no file: the defaults are meant
    except (SettingError, ValueError, AttributeError, TypeError) as error:
        return settings, "{}: {}; the defaults are used".format(path, error)
    return settings, ""


def values_of(settings):
    """The same attributes without the tables they came from.

    A pendant runs on with these and lets go of this module: 3 kB of a heap of 100.
    """
    values = Values()
    for name, _default, _least, _most in TUNABLES:
        setattr(values, name, getattr(settings, name))
    return values


def _check(name, value):
    for known, _default, least, most in TUNABLES:
        if known == name:
            if type(value) is not int or not least <= value <= most:
                raise SettingError("{} is a whole number from {} to {}, not {!r}".format(name, least, most, value))
            return
    raise SettingError("{!r} is not a setting".format(name))
