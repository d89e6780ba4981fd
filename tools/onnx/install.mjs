// Installs ONNX Runtime into this folder, unless it is there in the version wanted. Its install script is not run: it would
// fetch a GPU's libraries from elsewhere; the CPU's come with the package.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function install() {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const lock = readFileSync(join(here, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const stamp = join(here, 'node_modules/.paring-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('onnx: installing ONNX Runtime (once, 290 MB on disk) ...\n');
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', flags, { cwd: here, stdio: ['ignore', 2, 2] });
  writeFileSync(stamp, wanted);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) install();
