import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { cloneGraph, type Param } from '../../src/graph/graph.ts';
import { fit } from '../../src/train/fit.ts';
import { weightScales } from '../../src/train/parameters.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { mnist, smallNet } from '../helpers/mnist.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test('1,000 steps with everything switched on do not grow memory after warm-up', async () => {
  const { train, validation } = await mnist();
  const graph = cloneGraph(smallNet());
  const fc1 = graph.params.get('fc1.weight') as Param;
  fc1.mask = Uint8Array.from(fc1.values, (_, i) => i % 2);
  fc1.quant = { scale: weightScales(fc1.values, 32) };
  const fc2 = graph.params.get('fc2.weight') as Param;
  fc2.codebook = {
    centroids: Float32Array.from([-0.2, 0.1, 0.3]),
    indices: fc2.values.map((_, i) => i % 3) as unknown as Uint8Array,
  };
  const activations = new Map([['relu1', { scale: 0.05, zeroPoint: -128 }]]);
  const backend = wasmBackend();
  const heap: number[] = [];
  const reserved: number[] = [];

  await fit({ ...graph, activations }, train.subset(0, 1600), {
    epochs: 11,
    batch: 16,
    optimizer: { kind: 'adamw', lr: 1e-4 },
    schedule: { kind: 'cosine', warmup: 0.1 },
    labelSmoothing: 0.1,
    clipNorm: 1,
    averaging: 0.99,
    augment: { shift: 1, flip: true, crop: 0.9 },
    validation: validation.subset(0, 300),
    trackRanges: 1,
    backend,
    callbacks: {
      onEpochEnd: () => {
        collect();
        heap.push(process.memoryUsage().heapUsed);
        reserved.push(backend.heap.bytesReserved);
      },
    },
  });
  // Epoch 0 warms up; 1,000 steps follow, with ten validations.
  expect(new Set(reserved).size).toBe(1);
  expect(Math.max(...heap.slice(-3)) - heap[0]).toBeLessThan(1 << 20);
});
