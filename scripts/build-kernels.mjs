// Compiles assembly/ to build/: kernels.wasm (release), kernels.debug.wasm (asserts), the typed bindings of both, and the
// release module as base64 for hosts that cannot import a .wasm file.
// Usage: node scripts/build-kernels.mjs [outDir]
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export function buildKernels(outDir = join(root, 'build')) {
  mkdirSync(outDir, { recursive: true });
  const temporary = mkdtempSync(join(outDir, '.tmp-'));
  try {
    for (const [target, file] of [
      ['release', 'kernels'],
      ['debug', 'kernels.debug'],
    ]) {
      execFileSync(
        process.execPath,
        [
          join(root, 'node_modules/assemblyscript/bin/asc.js'),
          '--config',
          join(root, 'asconfig.json'),
          '--target',
          target,
          '--outFile',
          join(temporary, `${file}.wasm`),
        ],
        { cwd: root, stdio: 'inherit' },
      );
      for (const extension of ['wasm', 'js', 'd.ts']) {
        renameSync(join(temporary, `${file}.${extension}`), join(outDir, `${file}.${extension}`));
      }
    }
    const base64 = readFileSync(join(outDir, 'kernels.wasm')).toString('base64');
    writeFileSync(join(temporary, 'k.js'), `export default '${base64}';\n`);
    renameSync(join(temporary, 'k.js'), join(outDir, 'kernels-base64.js'));
    writeFileSync(
      join(outDir, 'kernels-base64.d.ts'),
      'declare const base64: string;\nexport default base64;\n',
    );
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildKernels(process.argv[2]);
