"""What `make bench-pendant` prints, without the half hour of counting."""

from rich.console import Console

from tools.bench_pendant import Counted, _counts


def test_the_first_table_is_whole_in_a_plain_terminal():
    """80 columns, large numbers: no name and no figure is cut, no row is broken in two."""
    counted = [Counted("sisfall_adxl345", hours=123.4, wakes=99_999, falls=1_798, awake_found=1_790, latest_s=12.5)]
    console = Console(width=80)
    with console.capture() as printed:
        console.print(_counts(counted))
    said = printed.get()
    (row,) = [line for line in said.splitlines() if "sisfall" in line]

    assert "…" not in said
    assert row.split() == ["sisfall_adxl345", "123.40", "810", "-", "1798", "1790", "0", "0", "0", "0", "12.50"]
