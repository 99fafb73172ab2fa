"""How a frame is refused; runs in the VM as well."""

from shared import frames


def refuses(call, *arguments):
    """Whether it raises FrameError; anything else goes through."""
    try:
        call(*arguments)
    except frames.FrameError:
        return True
    return False
