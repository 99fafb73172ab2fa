"""The pendant starts, tries itself, and says so."""

import pytest


@pytest.mark.rig(is_on=False)
def test_it_starts_and_the_platform_hears_of_it(rig):
    """From power to the first event, and nothing wrong with it."""
    rig.power.on()
    rig.platform.expect("pendant.started", within_s=20)

    assert rig.platform.events("fault.raised") == []
    assert rig.platform.missing() == []


def test_it_starts_again_under_a_new_boot(rig):
    """After a loss of power its events have ids that were never used."""
    (first,) = rig.platform.events("pendant.started")
    rig.power.cut()
    rig.sleep_s(1)
    rig.power.on()
    second = rig.platform.expect("pendant.started", within_s=20)
    if second.id == first.id:
        second = rig.platform.expect("pendant.started", within_s=20)

    assert int(second.id.split("-")[1]) > int(first.id.split("-")[1])
    assert rig.platform.missing() == []
