/** What a JavaScript caller gets wrong and no type stops: refused in words, before anything runs. */
import { expect, test } from 'vitest';
import { createBackend } from '../../src/backend/create.ts';
import { importance } from '../../src/compress/importance.ts';
import { quantize } from '../../src/compress/quantize.ts';
import { share } from '../../src/compress/share.ts';
import { ArgumentError } from '../../src/core/errors.ts';
import { dataset } from '../../src/data/dataset.ts';
import { decode } from '../../src/format/index.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { fit } from '../../src/train/fit.ts';

const graph = sequential('small', [1, 2, 3], ['flatten', { op: 'linear', out: 2 }]);
const data = dataset({
  images: Uint8Array.from({ length: 5 * 6 }, (_, i) => 7 * i),
  labels: new Uint8Array(5),
  shape: [1, 2, 3],
  classes: ['a', 'b'],
  meaning: { range: [0, 255], mean: [0.5], deviation: [0.5], channels: 'gray' },
});
const none = undefined as never;

test('a missing backend', () => {
  expect(() => share(graph, { k: 2 }, none)).toThrow(/share: backend: expected a backend/);
  expect(() => quantize(graph, data, {}, none)).toThrow(/quantize: backend: expected a backend/);
});

test('images of another shape', async () => {
  const backend = await createBackend();
  const wide = sequential('wide', [1, 2, 4], ['flatten', { op: 'linear', out: 2 }]);
  const options = { criterion: 'fisher', samples: 2, backend } as const;
  expect(() => quantize(wide, data, {}, backend)).toThrow(/quantize: data: expected 1x2x4, got 1x2x3/);
  expect(() => importance(wide, data, options)).toThrow(/importance: data: expected 1x2x4, got 1x2x3/);
});

test('a graph that is quantized already', async () => {
  const backend = await createBackend();
  const once = quantize(graph, data, {}, backend).graph;
  expect(() => quantize(once, data, {}, backend)).toThrow(/expected a graph in f32/);
});

test('an optimizer that does not exist, or none', async () => {
  await expect(fit(graph, data, { epochs: 1 } as never)).rejects.toThrow(
    /fit: optimizer: expected a value, got undefined/,
  );
  const wrong = { epochs: 1, optimizer: { kind: 'rmsprop', lr: 0.1 } } as never;
  await expect(fit(graph, data, wrong)).rejects.toThrow(
    /fit: optimizer.kind: expected one of sgd, adamw, got 'rmsprop'/,
  );
});

test.each([[undefined], ['text'], [[1, 2, 3]], [new Float32Array(9)]])('%o is no file', (bytes) => {
  expect(() => decode(bytes as never)).toThrow(ArgumentError);
});
