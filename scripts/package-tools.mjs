// The tools that look at the package live in a folder of their own, tools/package, so that whoever only builds does not install them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const tools = fileURLToPath(new URL('../tools/package', import.meta.url));

/** Path of a tool's command. */
export const tool = (name) => join(tools, 'node_modules/.bin', name);

/** Installs them unless the lock file is what it was when that last succeeded. */
export function installTools() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(tools, 'package-lock.json')))
    .digest('hex');
  const stamp = join(tools, 'node_modules/.paring-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: tools,
    stdio: ['ignore', 2, 2],
  });
  writeFileSync(stamp, wanted);
}
