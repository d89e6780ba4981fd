// The command line from a checkout: sets up what is missing, then runs it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

await import('./setup.mjs');
const main = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const result = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(result.status ?? 1);
