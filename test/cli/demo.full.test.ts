/** The main job makes the same files whether its variants are made one by one or side by side. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { paring, workFolder } from './shell.ts';

test('--jobs changes no byte of a model and no score', () => {
  const folder = workFolder();
  const made = ['baseline', 'pruned', 'shared', 'int8', 'deep-compression'];
  try {
    for (const jobs of ['1', '2']) {
      const args = ['--quick', '--only', made.join(), '--jobs', jobs, '--out', `jobs${jobs}`];
      expect(paring(folder, 'demo', ...args).status).toBe(0);
    }
    for (const name of made) {
      const [one, two] = [1, 2].map((jobs) => {
        const path = join(folder, `jobs${jobs}`, name);
        const { evaluation, history, importance } = JSON.parse(readFileSync(`${path}.result.json`, 'utf8'));
        const { ms1, ms32, ...score } = evaluation;
        const losses = history.map((log: { loss: number; top1: number }) => [log.loss, log.top1]);
        return {
          bytes: readFileSync(`${path}.paring`).toString('base64'),
          score,
          losses,
          importance,
          timed: ms1 > 0 && ms32 > 0,
        };
      });
      expect(two).toEqual(one);
      expect(one.timed).toBe(true);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
