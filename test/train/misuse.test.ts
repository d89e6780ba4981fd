/** Options from JavaScript that no type stops: refused by name, before anything runs. */
import { expect, test } from 'vitest';
import { ArgumentError } from '../../src/core/errors.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { fit } from '../../src/train/fit.ts';
import { stripes } from '../compress/data.ts';

const data = stripes(8);
const net = sequential('net', [1, 8, 8], ['flatten', { op: 'linear', out: 4 }]);
const sgd = { kind: 'sgd', lr: 0.1 };

test.each<[object, RegExp]>([
  [{ epoch: 3 }, /^fit: epoch: expected 'epochs' \(one of .*\), got 'epoch'$/],
  [{ optimiser: sgd }, /^fit: optimiser: expected 'optimizer'/],
  [{ epochs: '3' }, /^fit: epochs: expected a whole number of at least 1, got '3'$/],
  [{ epochs: 0 }, /^fit: epochs: .* got 0$/],
  [{ batch: 1.5 }, /^fit: batch: expected a whole number/],
  [{ seed: 1.5 }, /^fit: seed: expected a whole number/],
  [{ seed: 'x' }, /^fit: seed: expected a whole number/],
  [{ optimizer: 'sgd' }, /^fit: optimizer: expected an object with a kind, got 'sgd'$/],
  [{ optimizer: { ...sgd, lr: '0.1' } }, /^fit: optimizer.lr: expected a number above 0, got '0.1'$/],
  [{ optimizer: { ...sgd, lr: Number.NaN } }, /^fit: optimizer.lr: .* got NaN$/],
  [{ optimizer: { ...sgd, beta1: 0.9 } }, /^fit: optimizer.beta1: expected one of kind, lr, momentum/],
  [{ schedule: { kind: 'step' } }, /^fit: schedule.at: expected a value, got undefined$/],
  [{ schedule: { kind: 'step', at: 0.5 } }, /^fit: schedule.at: expected a list, got 0.5$/],
  [{ schedule: 'cosine' }, /^fit: schedule: expected an object with a kind/],
  [{ augment: { shift: '1' } }, /^fit: augment.shift: expected a whole number/],
  [{ augment: { mirror: true } }, /^fit: augment.mirror: expected one of shift, flip, crop/],
  [{ earlyStopping: {} }, /^fit: earlyStopping.patience: expected a value/],
  [{ earlyStopping: { patience: 2 } }, /^fit: validation: expected data to stop by, got 'none'$/],
  [{ validation: [] }, /^fit: validation: expected a data set/],
  [{ callbacks: { onstep: () => {} } }, /^fit: callbacks.onstep: expected 'onStep'/],
  [{ onStep: true }, /^fit: onStep: expected a function, got true$/],
  [{ loss: 'hinge' }, /^fit: loss: expected a function/],
  [{ backend: 'wasm' }, /^fit: backend: expected a backend/],
  [{ checkpoint: { every: 5 } }, /^fit: checkpoint.save: expected a value/],
  [{ checkpoint: { every: 0, save: () => {} } }, /^fit: checkpoint.every: expected a whole number/],
  [{ resume: 'x.checkpoint' }, /^fit: resume: expected the bytes of a checkpoint, got 'x.checkpoint'$/],
])('fit with %j', async (bad, message) => {
  const run = fit(net, data, { epochs: 1, optimizer: sgd, ...bad } as never);
  await expect(run).rejects.toThrow(ArgumentError);
  await expect(run).rejects.toThrow(message);
});

test('options that are undefined count as left out', async () => {
  const options = {
    epochs: 1,
    batch: undefined,
    optimizer: { kind: 'sgd', lr: 0.1, momentum: undefined },
    signal: undefined,
  } as const;
  expect((await fit(net, data, options)).history.length).toBe(1);
});

test('no graph, no data, no options', async () => {
  const options = { epochs: 1, optimizer: sgd } as never;
  const none = undefined as never;
  await expect(fit(none, data, options)).rejects.toThrow(/^fit: graph: expected a/);
  await expect(fit(net, none, options)).rejects.toThrow(/^fit: data: expected a/);
  await expect(fit(net, data, none)).rejects.toThrow(/^fit: options: expected an object, got undefined$/);
  await expect(evaluate(net, none)).rejects.toThrow(/^evaluate: data: expected a/);
  await expect(evaluate(none, data)).rejects.toThrow(/^evaluate: graph: expected a/);
});

test.each<[object, RegExp]>([
  [
    { batchSize: 10 },
    /^evaluate: batchSize: expected one of batch, backend, fakeQuantized, got 'batchSize'$/,
  ],
  [{ batch: '10' }, /^evaluate: batch: expected a whole number/],
  [{ batch: 0 }, /^evaluate: batch: expected a whole number/],
  [{ fakeQuantized: 1 }, /^evaluate: fakeQuantized: expected true or false/],
])('evaluate with %j', async (bad, message) => {
  await expect(evaluate(net, data, bad)).rejects.toThrow(message);
});
