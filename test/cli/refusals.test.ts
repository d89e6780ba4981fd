/** What is refused: with which code, in which words, at once, and without a file made or changed. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encode } from '../../src/format/index.ts';
import { modelByName } from '../../src/nn/registry.ts';
import { paring, snapshot, workFolder, writeMnist } from './shell.ts';

const folder = workFolder();
let before: Record<string, string>;

beforeAll(async () => {
  await writeMnist(folder, 100, 20);
  const put = (name: string, content: string | Uint8Array): void =>
    writeFileSync(join(folder, name), content);
  const model = (shape: number[], classes: number): Uint8Array =>
    encode(modelByName('lenet300-100', { inputShape: shape, classes }));
  put('net.paring', model([1, 28, 28], 10));
  put('seven classes.paring', model([1, 28, 28], 7));
  put('wide.paring', model([1, 28, 29], 10));
  put('truncated.paring', readFileSync(join(folder, 'net.paring')).subarray(0, 1000));
  put('empty.paring', '');
  put('unfinished.checkpoint', 'not one');
  const recipe = (step: string, options: object): string =>
    JSON.stringify({ name: 'bad', seed: 1, steps: [{ step, options }] });
  put('unknown-step.json', recipe('prunee', {}));
  put('one-bit.json', recipe('quantize', { bits: 1 }));
  put('too-sparse.json', recipe('prune', { sparsity: 1.5 }));
  put('no-json.json', '{ "epochs": ');
  put('unknown-key.json', '{ "epoch": 3 }');
  put('wrong-type.json', '{ "epochs": "3" }');
  put('wrong-range.json', '{ "epochs": 0 }');
  put('deep-key.json', '{ "optimizer": { "kind": "adamw", "lr": "fast" } }');
  put('no-steps.json', '{ "name": "none", "seed": 1, "steps": [] }');
  for (const name of ['a folder', 'taken.result.json', 'busy.checkpoint']) mkdirSync(join(folder, name));
  // Ten classes whose labels, not images, are at fault.
  mkdirSync(join(folder, 'mislabelled'));
  for (const stem of ['images-idx3', 'labels-idx1']) {
    const bytes = readFileSync(join(folder, 'mnist', `train-${stem}-ubyte`));
    if (stem === 'labels-idx1') bytes[8 + 5] = 200;
    put(join('mislabelled', `train-${stem}-ubyte`), bytes);
  }
  before = snapshot(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const train = ['train', '--model', 'lenet300-100', '--data', 'mnist'];
const model = ['net.paring', '--data', 'mnist'];

test.each<[string[], number, string]>([
  // Usage.
  [['trian'], 2, 'Did you mean train?'],
  [['train', '--modell', 'x'], 2, 'Did you mean --model?'],
  [['train', '--model', 'lenet6', '--data', 'mnist'], 2, "expected 'lenet5'"],
  [['train', '--model', 'lenet5'], 2, '--data: expected a folder'],
  [[...train, 'surplus'], 2, 'too many arguments'],
  [[...train, '--epochs', 'many'], 2, 'expected a whole number >= 1'],
  [[...train, '--lr', '0'], 2, 'expected a number above 0'],
  [[...train, '--size', 'big'], 2, 'as 32x32'],
  [[...train, '--config', 'unknown-key.json'], 2, "unknown-key.json: epoch: expected 'epochs'"],
  [[...train, '--config', 'wrong-type.json'], 2, "wrong-type.json: epochs: expected a number, got '3'"],
  [[...train, '--config', 'wrong-range.json'], 2, 'epochs: expected a whole number >= 1, got 0'],
  [[...train, '--config', 'deep-key.json'], 2, "optimizer.lr: expected a number above 0, got 'fast'"],
  [[...train, '--out', 'unfinished'], 2, '--fresh to start over'],
  [[...train, '--resume', '--fresh'], 2, 'one of them'],
  [['prune', ...model, '--sparsity', '1.5'], 2, 'at most 1'],
  [['prune', ...model], 2, 'one of --sparsity, --alpha, --remove-channels'],
  [['prune', ...model, '--sparsity', '0.5', '--layers', 'fc9'], 2, "got 'fc9'"],
  [['prune', ...model, '--sparsity', '0.5', '--gradual'], 2, 'a number of --finetune epochs'],
  [['prune', ...model, '--sparsity', '0.5', '--out', 'net.paring'], 2, 'another file than the one read'],
  [['share', ...model, '--k', '0'], 2, 'from 2 to 256'],
  [['quantize', ...model, '--bits', '1'], 2, "unknown option '--bits'"],
  [['quantize', ...model, '--observer', 'eye'], 2, 'Allowed choices are'],
  [['compress', ...model], 2, 'deep-compression'],
  [['compress', ...model, '--recipe', 'smal'], 2, "expected 'small'"],
  [['compress', ...model, '--recipe', 'unknown-step.json'], 2, "got 'prunee'"],
  [['compress', ...model, '--recipe', 'one-bit.json'], 2, 'step 0 (quantize): bits'],
  [
    ['compress', ...model, '--recipe', 'too-sparse.json'],
    2,
    'sparsity: expected a number from 0 to 1, got 1.5',
  ],
  [['compress', ...model, '--recipe', 'no-steps.json'], 2, 'steps: expected at least one step, got'],
  [[...train, '--out', ''], 2, '--out: file: expected a name, got'],
  [['data', 'mnits'], 2, "expected 'mnist'"],
  // Models and data.
  [['inspect', 'nothing.paring'], 3, 'nothing.paring: expected a readable file, got no such file'],
  [['inspect', 'truncated.paring'], 3, 'truncated.paring: model file: byte'],
  [['evaluate', 'empty.paring'], 3, 'empty.paring: model file: byte 0'],
  [['run', 'net.paring', '--input', 'no-json.json'], 3, 'no-json.json: expected 1x28x28 numbers'],
  [
    ['evaluate', 'wide.paring', '--data', 'mnist'],
    3,
    'wide.paring: images of mnist: expected 1x28x29, got 1x28x28',
  ],
  [
    ['distil', 'lenet300-100', '--teacher', 'seven classes.paring', '--data', 'mnist'],
    3,
    'tells 7 classes apart',
  ],
  [
    ['train', '--model', 'lenet5', '--data', 'mislabelled'],
    3,
    'mislabelled/train-labels-idx1-ubyte: expected',
  ],
  [['train', '--model', 'lenet5', '--data', 'nowhere'], 3, 'nowhere: expected a folder, a file'],
  [[...train, '--config', 'no-json.json'], 3, 'no-json.json: expected JSON'],
  [[...train, '--resume'], 3, 'lenet300-100.checkpoint: expected a checkpoint'],
  [['report', 'a folder'], 3, 'a folder: expected a folder with .paring files'],
  // Places.
  [[...train, '--out', 'a folder'], 1, 'got a folder'],
  [[...train, '--out', 'taken'], 1, 'taken.result.json: expected a file'],
  [[...train, '--out', 'busy'], 1, 'busy.checkpoint: expected a file'],
  [[...train, '--out', 'net.paring/x'], 1, 'got a file where a folder should be'],
  [
    [...train, '--out', '/proc/paring/x.paring'],
    1,
    '/proc/paring/x.paring: expected a place that can be written',
  ],
  [[...train, '--out', '/dev/null'], 1, 'got a device'],
  [[...train, '--out', 'unfinished', '--resume'], 1, 'unfinished.checkpoint'],
  [['importance', ...model, '--criterion', 'magnitude', '--out', 'a folder'], 1, 'got a folder'],
])('%j ends with %i: %s', (args, status, said) => {
  const result = paring(folder, ...args);
  expect(result.stderr).toContain(said);
  expect(result.status).toBe(status);
  expect(result.stdout).toBe('');
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
  expect(snapshot(folder)).toEqual(before);
});
