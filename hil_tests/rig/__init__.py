"""One test body, two rigs: what a bench can do, in words that a virtual bench and a real one both understand."""
