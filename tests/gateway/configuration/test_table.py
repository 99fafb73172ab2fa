"""Values out of the file are of the kind that was asked for, or the sentence says which kind."""

import pytest

from gateway.configuration.table import Table
from gateway.errors import SetUpError


def table(tmp_path, text):
    """A file with that text."""
    path = tmp_path / "gateway.toml"
    path.write_text(text)
    return Table(path)


def test_a_section_that_may_be_left_out(tmp_path):
    """It is known once it was asked for, there or not."""
    there = table(tmp_path, "[modem]\n")
    assert there.has("modem")
    assert not there.has("siren")
    there.refuse_unread()

    wrong = table(tmp_path, "[modm]\n")
    assert not wrong.has("modem")

    with pytest.raises(SetUpError, match=r"line 1: \[modm\]: is not a section of this file \(do you mean modem"):
        wrong.refuse_unread()


def test_a_list_of_texts(tmp_path):
    """Bounded; empty if left out; anything else is explained."""
    assert table(tmp_path, '[modem]\nnumbers = ["1", "2"]').texts("modem", "numbers", most=2) == ("1", "2")
    assert table(tmp_path, "[modem]").texts("modem", "numbers", most=2) == ()
    for wrong, words in (('"1"', "list of texts"), ("[1]", "list of texts"), ('["1", "2", "3"]', "has 3 entries")):
        with pytest.raises(SetUpError, match=words):
            table(tmp_path, f"[modem]\nnumbers = {wrong}").texts("modem", "numbers", most=2)


def test_a_section_that_is_a_value(tmp_path):
    """Also where nobody reads it."""
    with pytest.raises(SetUpError, match=r"line 1: \[broker\]: must be a section"):
        table(tmp_path, "broker = 5").text("broker", "host")
