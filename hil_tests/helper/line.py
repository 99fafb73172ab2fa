"""Without this file the bench's computer could not talk to the helper: lines of text, read without waiting.

A request is "NUMBER VERB ARGUMENT...", all ASCII, at most 120 bytes; the reply is "NUMBER ok RESULT..." or
"NUMBER error SENTENCE". README.md beside this file has the verbs.
"""

LONGEST = 120


class Line:
    """Cuts bytes into requests; what is too long or no ASCII is thrown away and counted."""

    def __init__(self):
        self._rest = b""
        self._is_skipping = False
        self.rubbish = 0

    def feed(self, data):
        """Requests that are complete now: a list of (number, verb, [argument, ...])."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        made = []
        for line in whole:
            if self._is_skipping:
                self._is_skipping = False
                continue
            request = _parse(line)
            if request:
                made.append(request)
            elif line.strip():
                self.rubbish += 1
        if len(self._rest) > LONGEST:
            self._rest = b""
            self.rubbish += not self._is_skipping
            self._is_skipping = True
        return made


def _parse(line):
    if len(line) > LONGEST:
        return None
    try:
        words = line.decode("ascii").split()
        number = int(words[0])
    except (ValueError, IndexError, UnicodeError):
        return None
    return (number, words[1], words[2:]) if len(words) > 1 and number >= 0 else None
