// Exports models/digits.paring for each runtime to build/, and joins the Worker's files as deployment tools do.
// With paring installed as a package, the first step is `npx paring export models/digits.paring --target worker`.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const paring = here('../../dist/src/cli/main.js');

for (const target of ['worker', 'deno', 'node', 'browser']) {
  const args = ['export', here('models/digits.paring'), '--target', target, '--out', here(`build/${target}`)];
  process.stdout.write(execFileSync(process.execPath, [paring, ...args], { encoding: 'utf8' }));
}

const bundle = await rolldown({
  input: here('worker/worker.mjs'),
  platform: 'browser',
  // The module stays a file of its own, beside the bundle: the runtime compiles it.
  plugins: [
    {
      name: 'wasm',
      resolveId: (source) => (source.endsWith('.wasm') ? { id: 'model.wasm', external: true } : null),
    },
  ],
});
await bundle.write({ file: here('build/worker/bundle.mjs'), format: 'esm', minify: true });
await bundle.close();
