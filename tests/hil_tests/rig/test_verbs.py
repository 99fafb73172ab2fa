"""A verb that a bench does not have skips the test, and says why."""

from types import SimpleNamespace

import pytest

from hil_tests.rig.bench_parts import at_line
from hil_tests.rig.verbs import Lacking


def test_a_lacking_verb_skips_with_a_sentence():
    """At its first use, not before: a test that does not use it runs."""
    motion = Lacking("motion", "this bench has no exciter.")

    with pytest.raises(pytest.skip.Exception, match=r"motion\.play: this bench has no exciter\."):
        motion.play(None)


def test_a_line_that_the_helper_does_not_watch_is_lacking():
    """A light that nothing is wired to was always off, and a test that wants it off was passed."""
    helper = SimpleNamespace(has=["finger", "motor", "meter"])

    assert at_line("vibration", "motor", helper, lambda: "made") == "made"
    for name in ("led", "meter"):
        with pytest.raises(pytest.skip.Exception, match=f"led.colour: the helper watches no line {name}"):
            at_line("led", name, helper, lambda: "made").colour()
