"""Without this file a bridge that was interrupted as it started would sit at a prompt, deaf, until its watchdog bites.

The bridge's line is binary only once it runs. While MicroPython starts it, after a crash or when a quake has filled its
memory, a byte 0x03 among ours is Ctrl-C: nobody would hear the pendants for ten minutes. So: what a prompt looks like,
what makes it show itself, and what leaves it (MicroPython's shared/runtime/pyexec.c and shared/readline/readline.c).
"""

# The plain prompt, in a block, after Ctrl-E, after Ctrl-A.
_PROMPTS = (b">>> ", b"\r\n... ", b"\r\n=== ", b"raw REPL; CTRL-B to exit")
_LEFT = b"soft reboot"
SHOW = b"\r\x02\x00"  # a line's end, and out of the raw prompt. To a bridge that runs it is one damaged frame
# Ctrl-C ends a line and what is pasted (three: an escape sequence swallows two), Ctrl-B the raw prompt, Ctrl-D all.
LEAVE = b"\x03\x03\x03\x02\x04"


def is_there(said: bytes) -> bool:
    """Whether the board that has said this waits at a prompt."""
    since = said.rpartition(_LEFT)[2]
    return any(prompt in since for prompt in _PROMPTS)
