"""A hamlet of the city lives, on the real cluster, and nothing is lost."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tools import city
from tools.city_model import cluster

HAMLET = {"pendants": 40, "gateways": 4, "processes": 1, "speed": 60, "seconds": 3, "alarms-per-s": 8}


def test_a_hamlet_loses_nothing():
    """Forty pendants, four gateways, three nodes, some seconds."""
    try:
        cluster.program()
    except cluster.NoServer as why:
        pytest.skip(str(why))

    outcome = CliRunner().invoke(
        city.main,
        [
            "--pendants",
            "40",
            "--gateways",
            "4",
            "--processes",
            "1",
            "--speed",
            "60",
            "--seconds",
            "3",
            "--alarms-per-s",
            "8",
            "--no-kill",
            "--no-ramp",
        ],
    )

    assert outcome.exit_code == 0, outcome.output
    assert " 0 lost" in outcome.output
    assert "fall suspected" in outcome.output


def test_without_the_cluster_s_program_it_says_how_to_get_it(monkeypatch):
    """One sentence, exit code 2; also where nobody but root may write into /dev/shm."""
    monkeypatch.setattr(cluster.shutil, "which", lambda *_, **__: None)
    monkeypatch.setattr(city, "_MEMORY", Path("/proc/sys"))  # in which not even root may make a folder

    outcome = CliRunner().invoke(city.main, [])

    assert outcome.exit_code == 2
    assert "make extras" in outcome.output
