"""Under heap_lock on a build with 31-bit small integers, as a board has them: the VM's have 63."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[3]
_PACKAGE = "@micropython/micropython-webassembly-pyscript"
_SCRIPT = """
import { loadMicroPython } from '%(module)s';
import fs from 'fs';
const mp = await loadMicroPython({ heapsize: 8 * 1024 * 1024, stdout: (line) => console.log(line) });
mp.FS.mkdir('/shared');
for (const name of fs.readdirSync('%(root)s/shared'))
  if (name.endsWith('.py')) mp.FS.writeFile('/shared/' + name, fs.readFileSync('%(root)s/shared/' + name));
mp.FS.writeFile('/cryptolib.py', 'aes = None');  // compat asks for it; the detector does not
mp.FS.writeFile('/test_fall.py', fs.readFileSync('%(root)s/tests/on_micropython/test_fall.py'));
mp.runPython(`
import sys
sys.path.insert(0, '/')
import test_fall
done = [getattr(test_fall, name)() for name in dir(test_fall) if name.startswith('test_')]
print('passed', len(done), 'maxsize', sys.maxsize)
`);
"""


def test_the_detector_takes_no_memory_with_31_bit_integers(tmp_path):
    """The tests of tests/on_micropython/test_fall.py, in MicroPython for WebAssembly under node."""
    folder = Path(os.environ.get("TIEXIN_NODE_MODULES", _ROOT / "build" / "node_modules"))
    module = folder / _PACKAGE / "micropython.mjs"
    if shutil.which("node") is None or not module.exists():
        pytest.skip(
            f"node or the npm package {_PACKAGE} is not installed: run `make extras`; "
            "without it test_bounds.py holds the arithmetic"
        )
    script = tmp_path / "run.mjs"
    script.write_text(_SCRIPT % {"module": module, "root": _ROOT})
    done = subprocess.run(["node", script], capture_output=True, text=True, timeout=100, check=False)

    assert done.stdout.strip().endswith("passed 2 maxsize 2147483647"), done.stderr[-2_000:]
