// npm run test:examples: installs what examples/serve needs, exports its model, and tests every server over loopback.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

await import('./setup.mjs');
const cwd = fileURLToPath(new URL('../examples/serve', import.meta.url));

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(`${cwd}/node_modules/fast-png`)) run('npm', ['ci', '--no-audit', '--no-fund']);
run(process.execPath, ['build.mjs']);
run(process.execPath, ['--test', 'test/serve.test.mjs']);
