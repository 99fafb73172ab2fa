"""Without this file every step would bring its own scraps of MicroPython: the programs that run on a board.

Each prints one line of JSON. They need nothing but MicroPython itself, so that they work on a board without our files.
"""

# What must outlive a fresh flash, or tells what happened. The order is that of being written back: identity last.
KEPT = ("settings.json", "journal.new", "journal", "boot.new", "boot", "identity.json")
TOLD = (*KEPT, "slot", "crashes", "crash.old", "crash.log")

STATE = f"""
import sys, json, binascii
def kept(path):
    try:
        with open(path, 'rb') as file:
            return binascii.b2a_base64(file.read()).decode().strip()
    except OSError:
        return None
print(json.dumps({{'version': list(sys.implementation[1][:3]), 'files': {{path: kept(path) for path in {TOLD!r}}}}}))
"""

# {{folder}}: '' is the root. Hidden files are nobody's.
HASHES = """
import os, json, hashlib, binascii
found = {{}}
def walk(folder):
    for name, kind, *rest in os.ilistdir(folder or '/'):
        path = folder + '/' + name if folder else name
        if name[0] == '.':
            continue
        if kind == 0x4000:
            walk(path)
        else:
            digest = hashlib.sha256()
            with open(path, 'rb') as file:
                while True:
                    chunk = file.read(1024)
                    if not chunk:
                        break
                    digest.update(chunk)
            found[path] = binascii.hexlify(digest.digest()).decode()
try:
    os.stat({folder!r} or '/')
except OSError:
    pass
else:
    walk({folder!r})
print(json.dumps(found))
"""

FOLDERS = """
import os
for folder in {folders!r}:
    try:
        os.mkdir(folder)
    except OSError:
        pass
"""

# Remove files and whole folders.
REMOVE = """
import os
def remove(path):
    try:
        if os.stat(path)[0] & 0x4000:
            for name, *rest in os.ilistdir(path):
                remove(path + '/' + name)
            os.rmdir(path)
        else:
            os.remove(path)
    except OSError:
        pass
for path in {paths!r}:
    remove(path)
"""

# Put a file in the place of another: whole or not at all.
RENAME = """
import os
os.rename({source!r}, {target!r})
"""

# Every module of an update must load before anybody relies on it. main.py is only compiled: running it is its import.
TRY = """
import sys
sys.path.insert(0, {folder!r})
with open({folder!r} + '/main.py') as file:
    compile(file.read(), 'main.py', 'exec')
for name in {modules!r}:
    __import__(name)
"""

FORGET_RTC = """
import machine
machine.RTC().memory(b'')
"""

# The pendant's watchdog cannot be stopped, only told to wait; it would bite in the middle of a copy.
CALM = """
import machine
machine.WDT(timeout=600000)
"""
