/** Memory: steps do not grow it, and what the garbage collector takes comes back to the heap. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/autograd/engine.ts';
import type { Tensor } from '../../src/autograd/tensor.ts';
import * as ops from '../../src/ops/index.ts';
import { referenceBackend, wasmBackend } from '../helpers/backends.ts';
import { uniform } from '../helpers/shapes.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects, and lets the finalizers run. */
async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A training step of a small net (conv, batch norm, residual add, pool, linear, SGD) that returns its loss. */
function smallNet(engine: Engine): (labels: number[]) => number {
  const { backend } = engine;
  const w1 = engine.parameter([5, 3, 3, 3], uniform([5, 3, 3, 3], 1));
  const b1 = engine.parameter([5]);
  const gamma = engine.parameter([5], [1, 1, 1, 1, 1]);
  const beta = engine.parameter([5]);
  const mean = engine.parameter([5], undefined, { trainable: false });
  const variance = engine.parameter([5], [1, 1, 1, 1, 1], { trainable: false });
  const w2 = engine.parameter([7, 45], uniform([7, 45], 2));
  const parameters = [w1, b1, gamma, beta, w2];
  const unit = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 } as const;
  const images = uniform([2, 3, 7, 7], 3);
  return (labels) =>
    engine.step(() => {
      engine.zeroGrad(parameters);
      const x = engine.tensor([2, 3, 7, 7], images);
      const c = ops.conv2d(x, w1, b1, unit);
      const n = ops.batchNorm(c, { gamma, beta, mean, variance }, { eps: 1e-5, momentum: 0.1 }, true);
      const r = ops.add(ops.relu(n), ops.tanh(c));
      const p = ops.maxPool(r, { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] });
      const logits = ops.linear(ops.flatten(p), w2, null);
      const target = ops.oneHot(engine.tensor([2], labels, 'i32'), 7);
      const loss = ops.crossEntropy(logits, target);
      engine.backward(loss);
      for (const w of parameters) {
        const g = (w.grad as Tensor).ptr;
        backend.sgd({
          w: w.ptr,
          g,
          v: 0,
          size: w.size,
          lr: 0.05,
          momentum: 0,
          weightDecay: 0,
          nesterov: false,
        });
      }
      return loss.item();
    });
}

describe.each([
  ['reference', referenceBackend],
  ['wasm', wasmBackend],
] as const)('%s', (_name, create) => {
  test('1,000 training steps take no more memory than two, and learn', () => {
    const engine = new Engine(create());
    const train = smallNet(engine);
    const first = train([2, 5]);
    train([2, 5]);
    const { heap } = engine.backend;
    const reserved = heap.bytesReserved;
    let last = 0;
    for (let i = 2; i < 1000; i++) last = train([2, 5]);
    expect(heap.bytesReserved).toBe(reserved);
    expect(last).toBeLessThan(first / 20);
  });

  test('the same steps give the same loss, bit for bit', () => {
    const losses = [0, 1].map(() => {
      const train = smallNet(new Engine(create()));
      return Array.from({ length: 20 }, (_, i) => train([i % 7, 3]));
    });
    expect(losses[1]).toEqual(losses[0]);
  });
});

test('blocks of collected tensors, parameters and gradients are used again', async () => {
  const engine = new Engine(referenceBackend());
  const { heap } = engine.backend;
  const use = (): void => {
    const w = engine.parameter([997]);
    const y = ops.mul(ops.flatten(ops.scale(w0(engine), 2)), ops.flatten(w0(engine)));
    engine.backward(ops.add(ops.sum(y), ops.sum(ops.mul(w, w))));
    engine.tensor([991], undefined, 'i32');
  };
  for (let i = 0; i < 20; i++) use();
  await collectGarbage();
  const reserved = heap.bytesReserved;
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 20; i++) use();
    await collectGarbage();
  }
  expect(heap.bytesReserved).toBe(reserved);
});

test('a view keeps the memory it looks at', async () => {
  const engine = new Engine(referenceBackend());
  const view = ops.flatten(engine.tensor([2, 3, 5], uniform([2, 3, 5], 1)));
  await collectGarbage();
  for (let i = 0; i < 20; i++) engine.tensor([2, 3, 5], new Array(30).fill(7));
  expect(view.toArray()).toEqual(uniform([2, 3, 5], 1));
});

test('what backward still needs is kept', async () => {
  const engine = new Engine(referenceBackend());
  const x = engine.parameter([31], uniform([31], 1));
  const loss = ops.sum(ops.mul(ops.tanh(x), ops.sigmoid(x)));
  await collectGarbage();
  for (let i = 0; i < 20; i++) engine.tensor([31], new Array(31).fill(7));
  engine.backward(loss);
  const got = (x.grad as Tensor).toArray();
  engine.zeroGrad([x]);
  engine.step(() => engine.backward(ops.sum(ops.mul(ops.tanh(x), ops.sigmoid(x)))));
  expect((x.grad as Tensor).toArray()).toEqual(got);
});

function w0(engine: Engine): Tensor {
  return engine.parameter([2, 3, 7], uniform([2, 3, 7], 1));
}

describe('release', () => {
  test('gives every block back at once; the collector does not give them back again', async () => {
    const backend = wasmBackend();
    const use = (): Engine => {
      const engine = new Engine(backend);
      const w = engine.parameter([7, 45], uniform([7, 45], 2));
      engine.step(() => engine.backward(ops.sum(ops.tanh(w))));
      return engine;
    };
    use().release();
    const { bytesReserved } = backend.heap;
    for (let i = 0; i < 20; i++) use().release();
    expect(backend.heap.bytesReserved).toBe(bytesReserved);

    // What took the place of the released blocks outlives the collection of the tensors that had them.
    const kept = [1, 2].map((value) => {
      const tensor = new Engine(backend).longLived([7, 45]);
      tensor.view().fill(value);
      return tensor;
    });
    expect(backend.heap.bytesReserved).toBe(bytesReserved);
    await collectGarbage();
    for (let i = 0; i < 4; i++) new Engine(backend).longLived([7, 45]).view().fill(-1);
    expect(kept.map((tensor) => tensor.view()[0])).toEqual([1, 2]);
  });

  test('what is used after it says so', () => {
    const engine = new Engine(wasmBackend());
    const w = engine.parameter([3]);
    engine.release();
    expect(() => w.view()).toThrow(/whose engine was released/);
    expect(() => engine.parameter([3])).toThrow(
      /expected an engine that holds memory, got 'one that was released'/,
    );
  });
});
