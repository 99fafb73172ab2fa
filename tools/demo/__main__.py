"""Without this file Ctrl-C in the first second of `make demo`, while libraries are loaded, would show a traceback."""

import os
import signal
from types import FrameType

from tools.demo import STOPPED


def _leave(_number: int, _frame: FrameType | None) -> None:
    os.write(1, "\nStopped. 已停止。\n".encode())
    os._exit(STOPPED)  # nothing is running yet that would have to be ended


if __name__ == "__main__":
    signal.signal(signal.SIGINT, _leave)
    from tools.demo.whole_trip import main

    main()
