"""Runs one test function inside the VM: ``micropython run_one.py ROOT FILE FUNCTION``; exit code 1 if it fails."""

import sys

root, path, function = sys.argv[1:4]
folder, name = path.rsplit("/", 1)
sys.path[:] = [root, folder, ".frozen"]
try:
    getattr(__import__(name[:-3]), function)()
except BaseException as error:  # noqa: BLE001 - whatever it is, it is the verdict
    sys.print_exception(error)
    sys.exit(1)
