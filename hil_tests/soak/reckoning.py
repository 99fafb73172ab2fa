"""Without this file a soak would end with a feeling: the books of wearers, platform and gateway laid side by side."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tools.home.feelings import Felt

CALL, FALL, CONFIRMED = "tiexin.help.requested", "tiexin.fall.suspected", "tiexin.fall.confirmed"
CUT_NEAR_S = 1.5  # a power cut so soon after the motor began may have come before the flash had it


@dataclass(frozen=True)
class Book:
    """What is known of one pendant."""

    pendant: str
    felt_sent_s: Sequence[float]  # the motor said "sent"
    felt_fallen_s: Sequence[float]  # the motor asked "fallen?"
    holds_s: Sequence[float]  # the finger was on the button for three seconds; when it went down
    falls_s: Sequence[float]  # motion that holds a blow was played; when it began
    cuts_s: Sequence[float]  # the battery was taken out


@dataclass
class Verdict:
    """What does not balance; nothing is what everybody wants."""

    lost: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    misordered: list[str] = field(default_factory=list)
    calls: int = 0
    falls: int = 0
    open: int = 0  # felt in the same moment in which the power went

    @property
    def is_good(self) -> bool:
        """Whether all books balance."""
        return not self.problems

    @property
    def problems(self) -> list[str]:
        """A sentence for each thing that does not."""
        return [*self.lost, *self.invented, *self.misordered]


def surely(felt: Iterable[Felt], name: str) -> list[float]:
    """When a motor said this. What a busy machine played too late proves nothing: a question can become a "sent"."""
    return [one.at_s for one in felt if one.name == name and one.is_sure]


def reckon(
    books: Iterable[Book], arrived: Mapping[str, Sequence[str]], steps: Iterable[tuple[str, str]], holes: Sequence[str]
) -> Verdict:
    """Lay them side by side.

    arrived: by event type the ids at the platform, each once. steps: (name, event id) from the gateway's log, in order.
    holes: ids that a pendant has numbered and that never came.
    """
    verdict = Verdict(lost=[f"{name} was numbered and never came" for name in holes])
    for book in books:
        calls = _of(book.pendant, arrived.get(CALL, ()))
        falls = _of(book.pendant, arrived.get(FALL, ()))
        verdict.calls += calls
        verdict.falls += falls
        # "Sent" is felt after a hold, and when nobody has cancelled a fall.
        confirmed = _of(book.pendant, arrived.get(CONFIRMED, ()))
        _at_least(verdict, book, "messages", calls + confirmed, book.felt_sent_s)
        _at_most(verdict, book, "calls", calls, len(book.holds_s))
        _at_least(verdict, book, "falls", falls, book.felt_fallen_s)
        _at_most(verdict, book, "falls", falls, len(book.falls_s))
    verdict.misordered = misordered(steps)
    return verdict


def _at_least(verdict: Verdict, book: Book, what: str, arrived: int, felt_s: Sequence[float]) -> None:
    """What was surely felt must have arrived."""
    unsure = sum(any(0 <= cut_s - at_s < CUT_NEAR_S for cut_s in book.cuts_s) for at_s in felt_s)
    verdict.open += unsure
    if arrived < len(felt_s) - unsure:
        verdict.lost.append(f"{book.pendant}: {len(felt_s)} {what} felt, {unsure} of them unsure; {arrived} arrived")


def _at_most(verdict: Verdict, book: Book, what: str, arrived: int, caused: int) -> None:
    """No more than hands and floors have caused."""
    if arrived > caused:
        verdict.invented.append(f"{book.pendant}: {arrived} {what} arrived, {caused} were caused")


def misordered(steps: Iterable[tuple[str, str]]) -> list[str]:
    """Events that were acknowledged before they had ever been stored: custody that was only said."""
    stored: set[str] = set()
    wrong = []
    for name, event in steps:
        if name in {"stored", "repeated"}:
            stored.add(event)
        elif name == "acknowledged" and event not in stored:
            wrong.append(f"{event} was acknowledged before it was stored")
    return wrong


def _of(pendant: str, ids: Sequence[str]) -> int:
    return sum(name.startswith(pendant + "-") for name in ids)
