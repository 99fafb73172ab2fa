"""Without this folder nobody could see the whole trip before buying a single part: `make demo`."""

STOPPED = 130  # exit code: Ctrl-C, as shells have it
