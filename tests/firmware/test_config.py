"""The settings' promises."""

import json
from pathlib import Path

import pytest

from firmware import config


@pytest.mark.parametrize("tunable", config.TUNABLES, ids=lambda tunable: tunable[0])
def test_every_tunable_has_a_unit_a_range_and_a_default_in_it(tunable):
    """The name ends in its unit (counts and switches have none), and the default is allowed."""
    name, default, least, most = tunable

    assert least <= default <= most
    assert name.endswith(
        ("_min", "_ms", "_s", "_percent", "_tries", "_mg", "_days", "_h", "_dbm", "_delivered", "_at_night")
    )


def test_every_tunable_has_its_reason_beside_it():
    """A comment on each line says why."""
    lines = Path(config.__file__).read_text().splitlines()
    for name, *_ in config.TUNABLES:
        (line,) = [line for line in lines if f'("{name}"' in line]
        assert len(line.split("# ")[-1]) > 15, name


@pytest.mark.parametrize("tunable", config.TUNABLES, ids=lambda tunable: tunable[0])
def test_a_value_outside_its_range_is_refused_and_the_old_one_stays(tunable):
    """The message says what would do; nothing of the same change is taken over."""
    name, default, least, most = tunable
    settings = config.Settings()
    for value in (least - 1, most + 1, str(default), None, True, float(default)):
        with pytest.raises(config.SettingError, match=f"{name} is a whole number from {least} to {most}"):
            settings.change({"poll_ms": 1_000, name: value})

    assert getattr(settings, name) == default
    assert settings.poll_ms == 2_000


def test_an_unknown_setting_is_refused():
    """A misspelt name must not be ignored in silence."""
    with pytest.raises(config.SettingError, match="not a setting"):
        config.Settings().change({"countdown": 20})


def test_settings_come_from_the_file(tmp_path):
    """What the file says is used."""
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"countdown_s": 30}))
    settings, complaint = config.load(str(path))

    assert (settings.countdown_s, complaint) == (30, "")


@pytest.mark.parametrize("text", ["{", "[]", '{"countdown_s": 5}', '{"nonsense": 1}', "null"])
def test_a_spoilt_file_means_the_defaults_and_a_complaint(tmp_path, text):
    """A pendant with a bad settings file is a pendant with the defaults."""
    path = tmp_path / "settings.json"
    path.write_text(text)
    settings, complaint = config.load(str(path))

    assert settings.countdown_s == 20
    assert complaint.startswith(str(path))


def test_no_file_is_no_complaint(tmp_path):
    """A new board has no settings."""
    assert config.load(str(tmp_path / "settings.json"))[1] == ""
