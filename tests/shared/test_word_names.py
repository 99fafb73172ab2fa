"""Every number that crosses the air has one name, and no name is left without its number."""

from shared import word_names, words


def test_what_frames_accept_has_a_name_and_the_other_way_round():
    """A code without a name would end a log line; a name without a code would be refused as a frame."""
    assert sorted(word_names.CODE_NAMES) == sorted(words.ALARM_CODES + words.OTHER_CODES)
    assert sorted(word_names.STAGE_NAMES) == sorted(words.STAGES)
    assert sorted(word_names.VERB_NAMES) == sorted(words.VERBS)
    assert len(set(word_names.CODE_NAMES.values())) == len(word_names.CODE_NAMES)
