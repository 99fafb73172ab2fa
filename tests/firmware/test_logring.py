"""The crash log's promises."""

import pytest

from firmware import logring


def test_what_is_written_can_be_read(tmp_path):
    """In order, oldest first."""
    files = str(tmp_path / "log"), str(tmp_path / "old")
    logring.write("one", *files)
    logring.write("two", *files)

    assert logring.read(*files) == "one\ntwo\n"


def test_it_is_bounded_and_keeps_the_latest(tmp_path):
    """However often it crashes, flash does not fill; the end of the story stays."""
    files = str(tmp_path / "log"), str(tmp_path / "old")
    for i in range(1_000):
        logring.write(f"crash {i} " + "x" * 100, *files)
    text = logring.read(*files)

    assert len(text) <= 5_000
    assert "crash 999 " in text


def test_a_broken_flash_does_not_make_it_worse(tmp_path):
    """It never raises."""
    logring.write("lost", str(tmp_path / "no" / "log"), str(tmp_path / "no" / "old"))

    assert logring.read(str(tmp_path / "no" / "log"), str(tmp_path / "no" / "old")) == ""


def test_a_traceback_becomes_text():
    """With the name of what went wrong."""
    with pytest.raises(IndexError) as caught:
        [].pop()

    assert "IndexError" in logring.text_of(caught.value)
