"""Without the gateway nobody outside the home would hear a pendant."""
