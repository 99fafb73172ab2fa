"""What pendant and gateway must agree on, to the bit, is written once, here."""
