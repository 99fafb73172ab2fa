"""Without this file each section would check its values in its own way: reads, checks, and says what is wrong where.

Every fault is a SetUpError of one sentence: file, line, section and key, what is wrong, what to do.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gateway.configuration import secret_files
from gateway.configuration.lines import Lines
from gateway.errors import SetUpError

MOST_BYTES = 256 * 1024
MOST_TEXT = 1_024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")  # goes into topics: no slash, no + or #


class NamedFile(NamedTuple):
    """A file that the configuration names."""

    written: str  # as it stands there
    path: Path


class Table:
    """The file's values by section and key; remembers which were asked for."""

    def __init__(self, path: Path, *, has_secrets: bool = True, waiting: Mapping[Path, Path] | None = None) -> None:
        self._path = path
        self._has_secrets = has_secrets
        self._waiting = waiting or {}
        self.named_files: list[NamedFile] = []
        text = _text(self._at(path))
        self._lines = Lines(text)
        try:
            self._sections: dict[str, Any] = tomllib.loads(text)
        except (ValueError, RecursionError) as fault:  # the first also for a number of thousands of digits
            line, said = self._lines.of_fault(str(fault))
            raise SetUpError(f"{path}, line {line}: not valid TOML: {said}; correct that line.") from None
        self._read: dict[str, set[str]] = {}

    def _at(self, path: Path) -> Path:
        """Where that file lies at this moment."""
        return self._waiting.get(path, path)

    @property
    def path(self) -> Path:
        """The file itself."""
        return self._path

    def has(self, section: str) -> bool:
        """Whether the file has this section; asked of one that may be left out. It is then known."""
        self._read.setdefault(section, set())
        return section in self._sections

    def wrong(self, section: str, key: str, text: str) -> SetUpError:
        """The error that names the file, the line, the key, and the remedy."""
        what = f"[{section}] {key}".rstrip()
        return SetUpError(f"{self._path}, line {self._lines.of(section, key)}: {what}: {text}.")

    def value(self, section: str, key: str) -> Any:
        """The value as it stands; None if it is left out."""
        self._read.setdefault(section, set()).add(key)
        values = self._sections.get(section, {})
        if not isinstance(values, dict):
            raise self.wrong(section, "", f"must be a section; write [{section}] on a line of its own")
        return values.get(key)

    def text(self, section: str, key: str, *, default: Any = ...) -> Any:
        """A text that is not empty; without a default it is required."""
        value = self.value(section, key)
        if value is None:
            if default is ...:
                raise self.wrong(section, key, f'is missing; add {key} = "..." under [{section}]')
            return default
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(section, key, f'must be a text in quotes, like {key} = "..."')
        if len(value) > MOST_TEXT or not value.isprintable():
            raise self.wrong(section, key, f"must have {MOST_TEXT} characters at most, all of them visible; shorten it")
        return value

    def name(self, section: str, key: str, *, default: Any = ...) -> str:
        """A text that may stand in a topic."""
        value = self.text(section, key, default=default)
        if not _NAME.fullmatch(value):
            raise self.wrong(
                section, key, "becomes part of MQTT topics; use letters, digits, - _ . and at most 64 of them"
            )
        return str(value)

    def choice(self, section: str, key: str, among: tuple[str, ...], *, default: str) -> str:
        """One of a few words."""
        value = self.text(section, key, default=default)
        if value not in among:
            raise self.wrong(section, key, "must be one of " + ", ".join(f'"{word}"' for word in among))
        return str(value)

    def number(self, section: str, key: str, least: int, most: int, *, default: int) -> int:
        """A whole number between least and most."""
        value = self.value(section, key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(section, key, f"must be a whole number from {least} to {most}")
        return value

    def flag(self, section: str, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self.value(section, key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(section, key, "must be true or false, without quotes")
        return value

    def texts(self, section: str, key: str, *, most: int) -> tuple[str, ...]:
        """A list of texts, at most so many; empty if it is left out."""
        values = self.value(section, key)
        if values is None:
            return ()
        if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
            raise self.wrong(section, key, f'must be a list of texts, like {key} = ["...", "..."]')
        if len(values) > most:
            raise self.wrong(section, key, f"has {len(values)} entries; leave {most} at most")
        return tuple(values)

    def file(self, section: str, key: str, *, required: bool = False, must_exist: bool = False) -> Any:
        """A path, from the configuration's own folder; None if it may be left out and is."""
        value = self.text(section, key, default=... if required else None)
        if value is None:
            return None
        try:
            path = (self._path.parent / Path(value).expanduser()).absolute()
            is_there = self._at(path).is_file() if must_exist else True
        except (OSError, RuntimeError, ValueError) as fault:
            raise self.wrong(section, key, f"is not a path ({fault}); write the path of a file") from None
        if not is_there:
            raise self.wrong(section, key, f"there is no file {path}; put it there or correct the path")
        self.named_files.append(NamedFile(value, path))
        return path

    def secret_file(self, section: str, key: str, *, is_for_a_group: bool = False) -> Path | None:
        """The path of a file that only its owner can read, or of what `credential:NAME` means."""
        value = self.text(section, key, default=None)
        try:
            if value is not None and value.startswith(secret_files.PREFIX):
                return self._credential(value) if self._has_secrets else Path(value)
            path: Path | None = self.file(section, key, must_exist=True)
            if path is not None:
                secret_files.refuse_open_secret(self._at(path), is_for_a_group=is_for_a_group)
            return path
        except SetUpError as fault:
            said = str(fault)
            raise fault if said.startswith(f"{self._path}, line") else self.wrong(section, key, said) from None

    def _credential(self, value: str) -> Path:
        name = value.removeprefix(secret_files.PREFIX)
        here = self._path.absolute().parent / secret_files.BESIDE / name
        path = here if here in self._waiting else secret_files.handed_over(name, here.parent)
        self.named_files.append(NamedFile(value, path))
        return path

    def secret(self, section: str, key: str) -> str | None:
        """The first line of such a file."""
        path = self.secret_file(section, key)
        if path is None or not self._has_secrets:
            return None
        try:
            return secret_files.first_line(self._at(path))
        except OSError as fault:
            said = f"{path} cannot be read ({fault.strerror}); give the gateway's user the right to read it"
            raise self.wrong(section, key, said) from None
        except ValueError as fault:
            raise self.wrong(section, key, str(fault)) from None

    def refuse_unread(self) -> None:
        """A key that nobody asked for is a typing error that would be ignored for years."""
        for section, values in self._sections.items():
            known = self._read.get(section)
            if known is None:
                names = [f"[{name}]" for name in sorted(self._read)]
                raise self.wrong(
                    section, "", f"is not a section of this file{_nearest(section, self._read)}; there are "
                    + ", ".join(names),
                )  # fmt: skip
            if not isinstance(values, dict):
                raise self.wrong(section, "", f"must be a section; write [{section}] on a line of its own")
            for key in values:
                if key not in known:
                    there = ", ".join(sorted(known))
                    raise self.wrong(section, key, f"is not known{_nearest(key, known)}; there are {there}")


def _nearest(wrong: str, known: Any) -> str:
    found = difflib.get_close_matches(wrong, list(known), n=1, cutoff=0.5)
    return f" (do you mean {found[0]}?)" if found else ""


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise SetUpError(f"{path}: is longer than {MOST_BYTES} bytes; name the configuration with --config FILE.")
        return content.decode("utf-8-sig").replace("\r\n", "\n")  # an editor elsewhere may have put a mark before it
    except FileNotFoundError:
        raise SetUpError(f"{path}: there is no such file; name the configuration with --config FILE.") from None
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        raise SetUpError(f"{path}, line {line}: is not UTF-8; save the file as UTF-8 text.") from None
    except (OSError, ValueError) as fault:
        said = fault.strerror if isinstance(fault, OSError) else fault
        raise SetUpError(f"{path}: cannot be read ({said}); make it a text file that this user may read.") from None
