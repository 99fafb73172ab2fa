"""The cluster comes up, or says why it does not."""

import socket

import pytest

from tools.city_model import cluster


def test_a_node_that_cannot_start_is_said_with_its_own_words(tmp_path, monkeypatch):
    """At once; and the others are ended."""
    try:
        cluster.program()
    except cluster.NoServer as why:
        pytest.skip(str(why))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(cluster, "free_port", lambda: taken.getsockname()[1])
        made = cluster.Cluster(tmp_path)

        with pytest.raises(TimeoutError, match="address already in use"), made:
            pass

    assert made.rss_mb() == 0
