"""The log: one line a step, troubles once."""

import json
import os

from gateway.trace import Trace, json_sink, text_sink


def read_back(make_sink, tell):
    """The lines that tell(trace) has written."""
    reader, writer = os.pipe()
    tell(Trace(make_sink(writer)))
    os.close(writer)
    with os.fdopen(reader) as file:
        return file.read().splitlines()


def test_json_lines():
    """Each step is one JSON object with its time."""
    (line,) = read_back(json_sink, lambda trace: trace.step("stored", event="a-1-1"))
    facts = json.loads(line)

    assert (facts["step"], facts["event"]) == ("stored", "a-1-1")
    assert facts["t"] > 1.7e9


def test_text_lines():
    """For people: the clock, the step, the facts."""
    (line,) = read_back(text_sink, lambda trace: trace.step("stored", event="a-1-1"))

    assert line.endswith("stored event=a-1-1")


def test_what_comes_from_outside_makes_no_line_of_its_own():
    """A command's id may have a line's end and a terminal's commands in it; a wearer's name stays readable."""
    forged = "c1\n12:00:00.000 trouble about=broker \x1b[2J\u2028 王"
    for make_sink in (text_sink, json_sink):
        (line,) = read_back(make_sink, lambda trace: trace.step("answer-received", command=forged))
        assert "\x1b" not in line

    (line,) = read_back(text_sink, lambda trace: trace.step("answer-received", command=forged))
    assert line.endswith("command=c1�12:00:00.000 trouble about=broker �[2J� 王")


def test_a_trouble_is_told_once_and_its_end_once():
    """First failure, silence, recovery with how long it lasted."""

    def tell(trace):
        trace.well("broker", "nothing was wrong")
        for _ in range(3):
            trace.trouble("broker", "away")
        trace.well("broker", "back")

    lines = [json.loads(line) for line in read_back(json_sink, tell)]

    assert [line["step"] for line in lines] == ["trouble", "well"]
    assert lines[1]["lasted_s"] >= 0


def test_fine_steps_are_told_on_request():
    """Telemetry would drown the log."""
    assert read_back(json_sink, lambda trace: trace.fine("polled")) == []


def test_a_log_that_nobody_reads_stops_nothing():
    """The reader of the log has gone; the gateway goes on."""
    reader, writer = os.pipe()
    os.close(reader)
    Trace(text_sink(writer)).step("stored")
    os.close(writer)
