"""Topics are as docs/mqtt.md says."""

from gateway.topics import Topics


def test_all_lie_under_one_prefix():
    """One line in a broker's access list covers a gateway."""
    topics = Topics("tiexin", "home", "gw")
    made = [
        topics.status,
        topics.command,
        topics.reply,
        topics.telemetry_batch,
        topics.state("a0b1c2d3e4f5"),
        topics.lane("alarm", "a0b1c2d3e4f5"),
    ]

    assert all(topic.startswith("tiexin/home/gw/") for topic in made)
    assert made[-1] == "tiexin/home/gw/alarm/a0b1c2d3e4f5"
