// What a release must hold besides tests: the packed tarball is well-formed (publint), every entry's types resolve (attw), the API is
// the one reported in docs/api (api-extractor), pages can be made of the docstrings and no link in them is broken (typedoc), and what
// a page downloads stays under the limits (size-limit). Usage: node scripts/check-package.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { installTools, tool, tools } from './package-tools.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { exports, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

function run(command, args, cwd = root) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 2, 2] });
}

function checkTarball() {
  const folder = mkdtempSync(join(tmpdir(), 'paring-pack-'));
  try {
    run('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder]);
    const tarball = join(folder, `paring-${version}.tgz`);
    run(tool('publint'), [tarball, '--strict']);
    run(tool('attw'), [
      tarball,
      '--profile',
      'esm-only',
      '--exclude-entrypoints',
      'kernels.wasm',
      'kernels-fast.wasm',
      'inference.wasm',
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Into out/api. The sources of the entries, as typedoc reads TypeScript, not declarations. */
function makePages() {
  const entries = Object.values(exports).filter(({ types }) => types);
  const sources = entries.map(({ types }) => types.replace('./dist/', '').replace('.d.ts', '.ts'));
  run(tool('typedoc'), ['--options', join(tools, 'typedoc.json'), ...sources]);
}

/** Everything that `paring` reaches, as a page's bundler would join it, for size-limit to weigh: into out/everything. */
async function bundleEverything() {
  const dir = join(root, 'out/everything');
  rmSync(dir, { recursive: true, force: true });
  const bundle = await rolldown({ input: join(root, exports['.'].default), external: /^#/ });
  await bundle.write({ dir, format: 'esm', minify: true });
  await bundle.close();
}

installTools();
checkTarball();
run(process.execPath, [join(root, 'scripts/api-report.mjs')]);
makePages();
await bundleEverything();
run(tool('size-limit'), [], tools);
