/** On a backend that many calls share, each gives back what it took: the heap stays as it is without a garbage collection. */
import { expect, test } from 'vitest';
import type { Backend } from '../../src/backend/backend.ts';
import { distillation } from '../../src/compress/distill.ts';
import { importance } from '../../src/compress/importance.ts';
import { quantize } from '../../src/compress/quantize.ts';
import { share } from '../../src/compress/share.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { fit } from '../../src/train/fit.ts';
import { stripes } from '../compress/data.ts';
import { wasmBackend } from '../helpers/backends.ts';

const data = stripes(16);
const net = sequential('net', [1, 8, 8], ['flatten', { op: 'linear', name: 'f', out: 4 }]);
const int8 = quantize(net, data, { samples: 8 }, wasmBackend()).graph;
const options = { epochs: 1, batch: 8, optimizer: { kind: 'adamw', lr: 0.01 }, averaging: 0.9 } as const;

const calls: [string, (backend: Backend) => unknown][] = [
  ['fit', (backend) => fit(net, data, { ...options, backend })],
  [
    'fit that distils',
    async (backend) => {
      const loss = distillation(net, data);
      await fit(int8, data, { ...options, backend, loss });
      loss.release();
    },
  ],
  [
    'fit that fails',
    (backend) =>
      fit(net, data, { ...options, optimizer: { kind: 'sgd', lr: 1e30 }, backend, epochs: 9 }).catch(
        () => {},
      ),
  ],
  ['evaluate', (backend) => evaluate(net, data, { backend })],
  ['evaluate fake-quantized', (backend) => evaluate(int8, data, { backend, fakeQuantized: true })],
  ['importance', (backend) => importance(net, data, { criterion: 'fisher', samples: 2, backend })],
  ['quantize', (backend) => quantize(net, data, { samples: 8 }, backend)],
  ['share', (backend) => share(net, { k: 4 }, backend)],
];

test.each(calls)('300 times %s', async (_name, call) => {
  const backend = wasmBackend();
  await call(backend);
  const { bytesReserved } = backend.heap;
  for (let i = 0; i < 300; i++) await call(backend);
  expect(backend.heap.bytesReserved).toBe(bytesReserved);
});
