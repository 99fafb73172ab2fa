"""Without this folder a broken box would take its keys, its settings and its unsent calls with it."""
