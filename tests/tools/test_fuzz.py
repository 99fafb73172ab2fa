"""Rubbish may only be refused: a short run of what `make fuzz` does a million times."""

from tools.fuzz import Fuzzer
from tools.fuzzing.mutations import ALL


def test_rubbish_neither_loses_nor_invents_an_alarm(tmp_path):
    """Six thousand pieces at every place where bytes come in; every way of lying is used."""
    fuzzer = Fuzzer(7, tmp_path)
    fuzzer.run(6_000)

    assert fuzzer.faults() == []
    assert len(fuzzer.thrown) == 6
    assert set(fuzzer.mutations) == {mutation.__name__ for mutation in ALL}
    assert len(fuzzer.trip.raised) == 122


def test_the_fuzzer_would_notice_an_invented_alarm(tmp_path):
    """Its own promise: whoever knows a key can ring, and that is found."""
    fuzzer = Fuzzer(1, tmp_path)
    pendant = fuzzer.trip.pendants[0]
    fuzzer.trip.throw_at_gateway(pendant.alarm()[1])

    assert fuzzer.faults() == ["1 alarms or windows of motion invented"]


def test_the_fuzzer_would_notice_a_lost_alarm(tmp_path):
    """A bridge that drops what it hears."""
    fuzzer = Fuzzer(1, tmp_path)
    fuzzer.trip.relay.heard = lambda *heard: None
    fuzzer.run(60)

    assert any("lost" in fault for fault in fuzzer.faults())
