// Brings a fresh clone to where everything runs: installs packages, builds the kernels, compiles the TypeScript. Each of
// the three is skipped while the files it depends on are what they were when it last succeeded.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function filesBelow(path) {
  return readdirSync(join(root, path), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function digest(paths) {
  const hash = createHash('sha256');
  for (const path of paths)
    hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

/** Runs `work` unless `inputs` are unchanged since it last succeeded and `outputs` exist. */
function step(title, stamp, inputs, outputs, work) {
  const wanted = digest(inputs);
  const present = outputs.every((path) => existsSync(join(root, path)));
  if (present && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const start = Date.now();
  process.stderr.write(`setup: ${title} ...\n`);
  work();
  mkdirSync(join(stamp, '..'), { recursive: true });
  writeFileSync(stamp, wanted);
  process.stderr.write(`setup: ${title} done in ${((Date.now() - start) / 1000).toFixed(1)} s\n`);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`setup: Node 20.19 or newer is needed, this is ${process.versions.node}\n`);
  process.exit(1);
}

// npm ci would empty the folder a link leads to, which is somebody else's.
if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
  process.stderr.write('setup: node_modules is a symbolic link; remove it, setup installs its own\n');
  process.exit(1);
}

try {
  step(
    'installing packages',
    join(root, 'node_modules/.paring-installed'),
    [join(root, 'package.json'), join(root, 'package-lock.json')],
    ['node_modules/typescript'],
    () => {
      const npm = process.env.npm_execpath;
      const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
      execFileSync(command, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
        cwd: root,
        stdio: ['ignore', 2, 2],
      });
    },
  );
  step(
    'building the kernels',
    join(root, 'build/.stamp'),
    [
      ...filesBelow('assembly'),
      join(root, 'asconfig.json'),
      join(root, 'scripts/build-kernels.mjs'),
      join(root, 'scripts/contract.mjs'),
    ],
    [
      'build/kernels.wasm',
      'build/kernels.debug.wasm',
      'build/kernels-base64.js',
      'build/kernels-fast-base64.js',
      'build/inference.wasm',
      'build/inference-base64.js',
    ],
    () => {
      execFileSync(process.execPath, [join(root, 'scripts/build-kernels.mjs')], {
        cwd: root,
        stdio: ['ignore', 2, 2],
      });
    },
  );
  step(
    'compiling the TypeScript',
    join(root, 'dist/.stamp'),
    [
      ...filesBelow('src'),
      ...filesBelow('bench').filter((f) => f.endsWith('.ts') && !f.includes('node_modules')),
      join(root, 'tsconfig.json'),
      join(root, 'tsconfig.build.json'),
      join(root, 'build/kernels.d.ts'),
      join(root, 'scripts/bundle-runtime.mjs'),
      join(root, 'scripts/bundle-runner.mjs'),
    ],
    ['dist/src/index.js', 'dist/runtime/index.js', 'dist/runner/core.js'],
    () => {
      rmSync(join(root, 'dist'), { recursive: true, force: true });
      execFileSync(
        process.execPath,
        [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
        { cwd: root, stdio: ['ignore', 2, 2] },
      );
      for (const script of ['bundle-runtime.mjs', 'bundle-runner.mjs']) {
        execFileSync(process.execPath, [join(root, 'scripts', script)], {
          cwd: root,
          stdio: ['ignore', 2, 2],
        });
      }
      // Whoever installed this folder has a link to the command: it stays one.
      chmodSync(join(root, 'dist/src/cli/main.js'), 0o755);
    },
  );
} catch (error) {
  process.stderr.write(`setup: failed (${error.message}); see the lines above\n`);
  process.exit(1);
}
