/**
 * Training is bit-exact: the same seed gives the same bytes in every process. The stored hash holds on every host; it
 * changes with NUMERICS_VERSION only, and is then written anew by `UPDATE_GOLDEN=1 npx vitest run test/train/golden.test.ts`.
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { NUMERICS_VERSION } from '../../src/core/version.ts';
import { lenet5 } from '../../src/nn/models.ts';
import { loadMnist } from '../../src/node/mnist.ts';
import { fit } from '../../src/train/fit.ts';
import { train50 } from '../helpers/train-50.mjs';

const golden = new URL('golden.json', import.meta.url);
const program = fileURLToPath(new URL('../helpers/train-50.mjs', import.meta.url));

/** Hash of the training in a process of its own, on the compiled package (PARING_DIST names another folder). */
async function inFreshProcess(): Promise<string> {
  const dist = process.env.PARING_DIST;
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...(dist ? [dist] : [])]);
  return stdout;
}

test('two fresh processes, this one and the stored hash agree on all parameters after 50 steps', async () => {
  const here = await train50({ fit, lenet5, loadMnist });
  if (process.env.UPDATE_GOLDEN) {
    writeFileSync(golden, `${JSON.stringify({ numerics: NUMERICS_VERSION, sha256: here }, null, 2)}\n`);
  }
  expect(here).toMatch(/^[0-9a-f]{64}$/);
  expect(await inFreshProcess()).toBe(here);
  expect(await inFreshProcess()).toBe(here);
  expect(JSON.parse(readFileSync(golden, 'utf8'))).toEqual({ numerics: NUMERICS_VERSION, sha256: here });
});
