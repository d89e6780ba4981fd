/** The package as npm packs it, in a folder of its own: what a user has after an installation. No test waits for a registry. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Links a library that is installed here into `folder`/node_modules. */
export function linkLibrary(folder: string, library: string): void {
  const path = join(folder, 'node_modules', library);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(join(root, 'node_modules', library), path);
}

/** Packs and unpacks into `folder`/node_modules/paring, which it returns, with the package's dependencies beside it. */
export function installPacked(folder: string): string {
  const installed = join(folder, 'node_modules/paring');
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    }),
  );
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1']);
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const library of Object.keys(dependencies)) linkLibrary(folder, library);
  return installed;
}
