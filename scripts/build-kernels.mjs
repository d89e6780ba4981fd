// Compiles assembly/ to build/: kernels.wasm (release), kernels-fast.wasm (the same with fused multiply-adds),
// kernels.debug.wasm (asserts), inference.wasm (what a plan calls), the typed bindings of each, the shipped modules as base64
// for hosts that cannot import a .wasm file, the benchmark's peak probes, and the ladder. Usage: node scripts/build-kernels.mjs [outDir]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contract, strip } from './contract.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = [
  // With its functions' names, which say where a multiply-add may be fused; the code is the same without.
  { file: 'kernels', options: ['--config', 'asconfig.json', '--target', 'release', '--debug'] },
  { file: 'kernels.debug', options: ['--config', 'asconfig.json', '--target', 'debug'] },
  { file: 'inference', options: ['--config', 'assembly/inference/asconfig.json'] },
  { file: 'probe', options: ['--config', 'assembly/probe/asconfig.json'] },
  { file: 'ladder', options: ['--config', 'assembly/ladder/asconfig.json', '--target', 'release'] },
  { file: 'ladder.debug', options: ['--config', 'assembly/ladder/asconfig.json', '--target', 'debug'] },
];
const shipped = ['kernels', 'kernels-fast', 'inference'];

/** Two compilers side by side: each is one thread, and the two large modules take most of the time. */
const LANES = 2;

async function compile(outDir, { file, options }) {
  const asc = join(root, 'node_modules/assemblyscript/bin/asc.js');
  const out = ['--outFile', join(outDir, `${file}.wasm`)];
  const child = spawn(process.execPath, [asc, ...options, ...out], { cwd: root, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${file} does not compile (asc ended with ${code})`);
}

async function buildKernels(outDir) {
  mkdirSync(outDir, { recursive: true });
  // Built aside, then renamed: a build that fails half-way leaves the last good one in place.
  const temporary = mkdtempSync(join(outDir, '.tmp-'));
  const files = new Set(modules.flatMap(({ file }) => ['wasm', 'js', 'd.ts'].map((ext) => `${file}.${ext}`)));
  const write = (name, content) => {
    writeFileSync(join(temporary, name), content);
    files.add(name);
  };
  try {
    const waiting = [...modules];
    const lane = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await compile(temporary, next);
    };
    // Both lanes have to be over before a failure removes the folder they write to.
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane));
    for (const { reason } of lanes) if (reason) throw reason;
    const named = readFileSync(join(temporary, 'kernels.wasm'));
    write('kernels.wasm', strip(named));
    write('kernels-fast.wasm', contract(named).wasm);
    for (const name of shipped) {
      const base64 = readFileSync(join(temporary, `${name}.wasm`)).toString('base64');
      write(`${name}-base64.js`, `export default '${base64}';\n`);
      write(`${name}-base64.d.ts`, 'declare const base64: string;\nexport default base64;\n');
    }
    for (const name of files) renameSync(join(temporary, name), join(outDir, name));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

await buildKernels(process.argv[2] ?? join(root, 'build'));
