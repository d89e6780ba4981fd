// What a release must hold besides tests: the packed tarball is well-formed (publint), every entry's types resolve (attw), and
// what a page downloads stays under the limits (size-limit). Usage: node scripts/check-package.mjs
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tools = join(root, 'tools/package');

/** The tools live in a folder of their own, so that whoever only builds does not install them. */
function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(tools, 'package-lock.json')))
    .digest('hex');
  const stamp = join(tools, 'node_modules/.paring-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], tools);
  writeFileSync(stamp, wanted);
}

function run(command, args, cwd = root) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 2, 2] });
}

const tool = (name) => join(tools, 'node_modules/.bin', name);

install();
const folder = mkdtempSync(join(tmpdir(), 'paring-pack-'));
try {
  run('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder]);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
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
  run(tool('size-limit'), [], tools);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
