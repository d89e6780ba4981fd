/** `paring evaluate` and `paring report` on model files that came alone, as code writes them. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encode } from '../../src/format/index.ts';
import { modelByName } from '../../src/nn/registry.ts';
import { paring, workFolder, writeMnist } from './shell.ts';

const folder = workFolder();
const graph = modelByName('lenet300-100', { inputShape: [1, 28, 28], classes: 10 });

beforeAll(() => writeMnist(folder, 40, 20));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(['evaluate', 'report'])('%s --data scores a model without a result file', (verb) => {
  const stem = join(folder, `by ${verb}`);
  writeFileSync(`${stem}.paring`, encode(graph));
  const on = verb === 'report' ? '.' : `by ${verb}.paring`;
  expect(paring(folder, verb, on, '--data', 'mnist', '--quiet').status).toBe(0);
  expect(JSON.parse(readFileSync(`${stem}.result.json`, 'utf8'))).toMatchObject({
    name: `by ${verb}`,
    evaluation: { images: 20 },
  });
  const { models, unreadable } = JSON.parse(paring(folder, 'report', '.', '--json', '--quiet').stdout);
  expect(unreadable).toEqual([]);
  expect(models.every(({ top1 }: { top1?: number }) => top1 !== undefined)).toBe(true);
});
