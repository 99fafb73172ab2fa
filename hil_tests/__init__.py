"""Tests of whole devices: one test body, a virtual bench or a real one."""
