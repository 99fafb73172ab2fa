// Runs heap_probe.py with 32-bit words: node heap_probe.mjs MICROPYTHON.MJS FOLDER. Rubbish is collected between calls only.
import fs from 'fs';

const [module, folder] = process.argv.slice(2);
const { loadMicroPython } = await import(module);
const said = [];
const mp = await loadMicroPython({ heapsize: 8 * 1024 * 1024, stdout: (line) => said.push(line) });

function copy(from, to) {
  for (const name of fs.readdirSync(from)) {
    const source = `${from}/${name}`;
    const target = `${to}/${name}`;
    if (fs.statSync(source).isDirectory()) {
      mp.FS.mkdir(target);
      copy(source, target);
    } else {
      mp.FS.writeFile(target, fs.readFileSync(source));
    }
  }
}

copy(folder, '');
// What this build does not have and a board has in C: a cipher and dice.
mp.FS.writeFile(
  '/cryptolib.py',
  'class aes:\n def __init__(self, *_): pass\n def encrypt(self, blocks, *_): return bytes(len(blocks))\n',
);
const weigh = (name) => {
  mp.runPython('gc.collect()');
  mp.runPython(`${name} = gc.mem_alloc()`);
};
try {
  mp.runPython("import gc, sys, os; sys.path[:] = ['/', '.frozen']; import cryptolib; os.urandom = bytes; import heap_probe");
  mp.runPython('heap_probe.stand_in()');
  weigh('before');
  mp.runPython('life = heap_probe.begin()');
  mp.runPython('heap_probe.turn_for(life, 5_000)');
  weigh('at_rest');
  mp.runPython('heap_probe.call_for_help(life, heap_probe.CALLS)');
  mp.runPython('heap_probe.turn_for(life, 60_000)');
  weigh('at_most');
  mp.runPython('print([before, at_rest - before, at_most - before])');
  process.stdout.write(said.at(-1));
} catch (error) {
  process.stderr.write(String(error.message));
  process.exit(1);
}
