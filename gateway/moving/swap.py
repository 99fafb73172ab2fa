"""Without this file a power cut during an import would leave half of an old box and half of a new one.

New files lie beside their places under other names. A note on the disk then says what goes where: before it is there
everything is old; from then on everything is new, for whoever finds the note finishes what it says.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import SetUpError
from gateway.synced import sync_folder

STAGED = ".importing"


@dataclass
class Swap:
    """A change of several files at once. The note lies beside the configuration."""

    config: Path

    @property
    def note(self) -> Path:
        """The note that makes it happen."""
        return self.config.absolute().with_name(self.config.name + ".import-note")

    def commit(self, places: list[Path], gone: list[Path]) -> None:
        """From here on the new files count. places: their staged twins lie beside them; gone: files to be deleted."""
        for folder in {place.parent for place in places}:
            sync_folder(folder)
        draft = self.note.with_name(self.note.name + ".part")
        with draft.open("w", encoding="utf-8") as file:
            json.dump({"gone": [str(path) for path in gone], "places": [str(path) for path in places]}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self.note)
        sync_folder(self.note.parent)

    def finish(self) -> bool:
        """Do what the note says, also what is left of it after a power cut; False if there is none."""
        if not self.note.exists():
            return False
        said = json.loads(self.note.read_text("utf-8"))
        for path in map(Path, said["gone"]):
            path.unlink(missing_ok=True)  # an old store's log must be gone before a new store is there
        for folder in {Path(path).parent for path in said["gone"]}:
            sync_folder(folder)
        places = [Path(path) for path in said["places"]]
        for place in places:
            if staged(place).exists():
                staged(place).rename(place)
        for folder in {place.parent for place in places}:
            sync_folder(folder)
        self.note.unlink()
        sync_folder(self.note.parent)
        return True


def staged(place: Path) -> Path:
    """Where the new file waits."""
    return place.with_name(place.name + STAGED)


def refuse_unfinished(config: Path) -> None:
    """SetUpError if an import was interrupted: half of the files may be old."""
    note = Swap(config).note
    if note.exists():
        raise SetUpError(
            f"{note}: an import was interrupted; run as root: tiexin-gateway import --finish --config {config}"
        )
