"""From a bare board to a working, enrolled pendant: what stands behind `make flash`, one purpose a module."""
