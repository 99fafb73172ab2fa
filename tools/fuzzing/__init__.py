"""Rubbish, made on purpose: mutated frames and lines, and the trip they are thrown at."""
