"""Without this file two gateways could serve one store, and each would forget what the other has taken."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from gateway.errors import SetUpError

NAME = "gateway.lock"


class Alone:
    """Held while a gateway runs, and while its files are exchanged; the kernel lets go of it however that ends."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / NAME

    def __enter__(self) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as fault:
            raise SetUpError(
                f"{self._path}: cannot be made ({fault.strerror}); the store cannot be opened there: give the gateway's"
                " user write access to the folder."
            ) from None
        if os.geteuid() == 0:
            owner = self._path.parent.stat()
            os.fchown(self._descriptor, owner.st_uid, owner.st_gid)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise SetUpError(
                f"{self._path.parent}: a gateway runs with this store; stop it first (systemctl stop tiexin-gateway)."
            ) from None

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
