/** The command line as a user meets it: exit codes and what is said. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

test.each([
  [['--help'], 0, 'demo'],
  [['demo', '--help'], 0, 'Example:'],
  [['bench', '--help'], 0, 'Example:'],
  [['--version'], 0, '0.1.0'],
  [['unknown'], 2, "unknown command 'unknown'"],
  [['demo', '--seed', 'x'], 2, 'expected a whole number >= 0'],
  [['demo', '--colour'], 2, "unknown option '--colour'"],
  [['demo', '--only', 'nothing'], 2, "got 'nothing'"],
  [['demo', '--check', '--only', 'int8'], 2, 'all variants, without --only'],
  [['bench', '--filter', 'nothing'], 2, "got 'nothing'"],
  [['bench', '--compare', '--filter', 'gemm'], 2, 'no --filter and no --out'],
])('paring %j ends with %i and says %s', (args, status, said) => {
  const result = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  expect(result.stdout + result.stderr).toContain(said);
  expect(result.status).toBe(status);
});
