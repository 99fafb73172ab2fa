"""Without this file minutes would pass and nobody would know whether anything happens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def bars(console: Console) -> Iterator[Callable[[str, int], Callable[[int], None]]]:
    """A bar for each stretch of work: call with its name and size, then the result with each step done."""
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:

        def told(name: str, size: int) -> Callable[[int], None]:
            task = progress.add_task(name, total=size)
            return lambda steps: progress.advance(task, steps)

        yield told
