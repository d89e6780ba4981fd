// npm run test:examples: installs what examples/serve needs, exports its model, and tests every server over loopback;
// with -- --quick without the thousands of requests that show memory flat.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

await import('./setup.mjs');
const cwd = fileURLToPath(new URL('../examples/serve', import.meta.url));

const env = process.argv.includes('--quick') ? { ...process.env, PARING_QUICK: '1' } : process.env;

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(`${cwd}/node_modules/fast-png`)) run('npm', ['ci', '--no-audit', '--no-fund']);
run(process.execPath, ['build.mjs']);
run(process.execPath, ['--test', 'test/serve.test.mjs']);
