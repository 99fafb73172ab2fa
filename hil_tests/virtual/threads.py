"""Without this module a Ctrl-C in the middle of a thread's start would be a second error when all is tidied up."""

import time

_START_WITHIN_S = 1.0


def join(thread):
    """Wait for the end of a thread whose start may have been interrupted: then it runs soon, or it never will.

    Raises RuntimeError in the thread itself, which would wait for ever.
    """
    given_up_s = time.monotonic() + _START_WITHIN_S
    while True:
        try:
            thread.join()
        except RuntimeError:
            if thread.is_alive():
                raise
            if time.monotonic() > given_up_s:
                return
            time.sleep(0.01)
        else:
            return
