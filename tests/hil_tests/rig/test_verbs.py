"""A verb that a bench does not have skips the test, and says why."""

import pytest

from hil_tests.rig.verbs import Lacking


def test_a_lacking_verb_skips_with_a_sentence():
    """At its first use, not before: a test that does not use it runs."""
    motion = Lacking("motion", "this bench has no exciter.")

    with pytest.raises(pytest.skip.Exception, match=r"motion\.play: this bench has no exciter\."):
        motion.play(None)
