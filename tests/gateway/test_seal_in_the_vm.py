"""The pendant and the gateway seal the same bytes: 1,500 random frames, checked inside the MicroPython VM."""

import json
import random
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from tests.conftest import NO_VM, VM

_ROOT = Path(__file__).resolve().parents[2]
_NUMBER = 1_500
# Runs inside the VM: seals and opens each vector, and tries to open it with one bit wrong.
_IN_VM = """
import sys
sys.path[:] = [{root!r}, ".frozen"]
from binascii import unhexlify
from shared.ccm import Ccm, SealError
agreed = opened = refused = 0
with open({vectors!r}) as file:
    for line in file:
        parts = line.strip("\\n").split(",")
        key, nonce, clear, text, sealed, bit = [unhexlify(part) if part else b"" for part in parts]
        cipher = Ccm(key)
        agreed += cipher.seal(nonce, clear, text) == sealed
        opened += cipher.open(nonce, clear, sealed) == text
        wrong = bytearray(sealed)
        at = int.from_bytes(bit, "big") % (8 * len(sealed))
        wrong[at >> 3] ^= 1 << (at & 7)
        try:
            cipher.open(nonce, clear, bytes(wrong))
        except SealError:
            refused += 1
print('[%d, %d, %d]' % (agreed, opened, refused))
"""


@pytest.mark.skipif(not VM.exists(), reason=NO_VM)
def test_both_ends_seal_alike(tmp_path):
    """Random keys, nonces, headers of 0 to 40 and texts of 0 to 220 bytes; every single wrong bit is refused."""
    chance = random.Random(3610)
    vectors = tmp_path / "vectors"
    with vectors.open("w") as file:
        for number in range(_NUMBER):
            key, nonce = chance.randbytes(16), chance.randbytes(13)
            clear, text = chance.randbytes(chance.randint(0, 40)), chance.randbytes(number % 221)
            sealed = AESCCM(key, tag_length=8).encrypt(nonce, text, clear)
            file.write(",".join(part.hex() for part in (key, nonce, clear, text, sealed, chance.randbytes(3))) + "\n")
    program = tmp_path / "program.py"
    program.write_text(_IN_VM.format(root=str(_ROOT), vectors=str(vectors)))
    run = subprocess.run([VM, "-X", "heapsize=1M", program], capture_output=True, text=True, timeout=60, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(run.stdout) == [_NUMBER, _NUMBER, _NUMBER]
