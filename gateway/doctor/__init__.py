"""Without this folder somebody far from a broken box would have to guess what is wrong with it."""
