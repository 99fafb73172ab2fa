"""What was copied is compared, all of it, and main.py comes last: a board is done or plainly not."""

import hashlib

import pytest

from tools.board_files import BoardFile
from tools.flashing import files
from tools.flashing.faults import Fault

_FILES = [BoardFile("main.py", b"main"), BoardFile("shared/a.mpy", b"a"), BoardFile("firmware/pendant/b.mpy", b"b")]


class Prompt:
    """A board that keeps what it is given, but for what `spoils` says."""

    port = "p"

    def __init__(self, spoils=None):
        self.kept = {}
        self.ran = []
        self._spoils = spoils or {}

    def run(self, program, **_):
        """Remember it."""
        self.ran.append(program)

    def put(self, path, data, _progress=None):
        """Keep it, or what becomes of it."""
        data = self._spoils.get(path, data)
        if data is not None:
            self.kept[path] = data

    def ask(self, _program, **_):
        """The hash of each file."""
        return {path: hashlib.sha256(data).hexdigest() for path, data in self.kept.items()}

    def soft_reset(self):
        """Forget what is loaded."""


def test_all_is_copied_and_main_is_the_last():
    """Before it is there MicroPython starts nothing."""
    prompt = Prompt()
    files.copy(prompt, _FILES, "", lambda share: None)

    assert prompt.kept == {file.path: file.data for file in _FILES}
    assert list(prompt.kept)[-1] == "main.py"


@pytest.mark.parametrize("kept", [None, b"", b"A"])
@pytest.mark.parametrize("path", [file.path for file in _FILES])
def test_a_file_that_is_not_what_was_sent_is_named(path, kept):
    """Whichever it is: missing, empty, or other bytes."""
    with pytest.raises(Fault) as caught:
        files.copy(Prompt({path: kept}), _FILES, "", lambda share: None)

    assert (caught.value.key, caught.value.facts["path"]) == ("copy_wrong", path)


@pytest.mark.parametrize(("slot", "folder"), [("", "a"), ("a", "b"), ("b", "a")])
def test_a_spoilt_update_never_comes_into_force(slot, folder):
    """The file "slot" is not touched, whichever folder is its turn."""
    prompt = Prompt({f"{folder}/shared/a.mpy": b"A"})
    with pytest.raises(Fault, match="is not what was sent"):
        files.update(prompt, _FILES, slot, lambda share: None)

    assert not any(path.startswith(files.SLOT) for path in prompt.kept)
    assert not any("slot" in program for program in prompt.ran)
