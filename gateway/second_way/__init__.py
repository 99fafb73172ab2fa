"""Without this folder an alarm would wait in the house for as long as no broker takes it."""
