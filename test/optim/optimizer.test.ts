import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/autograd/engine.ts';
import type { Tensor } from '../../src/autograd/tensor.ts';
import { ArgumentError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { mul } from '../../src/ops/mul.ts';
import { sum } from '../../src/ops/reduce.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { GradientClipper } from '../../src/optim/clip.ts';
import { Sgd } from '../../src/optim/sgd.ts';
import { referenceBackend, wasmBackend } from '../helpers/backends.ts';

const SIZE = 37;

function random(name: string, size = SIZE): Float32Array {
  const rng = new Rng(7).fork(name);
  return Float32Array.from({ length: size }, () => rng.uniform() - 0.5);
}

/** Sets the gradient of `w` to `g`: that of sum(w * g). */
function setGradient(
  engine: Engine,
  parameters: readonly Tensor[],
  gradients: readonly ArrayLike<number>[],
): void {
  engine.zeroGrad(parameters);
  engine.step(() => {
    parameters.forEach((w, i) => {
      engine.backward(sum(mul(w, engine.tensor(w.shape, gradients[i]))));
    });
  });
}

describe.each([
  ['wasm', wasmBackend],
  ['reference', referenceBackend],
] as const)('%s', (_name, backend) => {
  test.each([
    { momentum: 0, nesterov: false, weightDecay: 0 },
    { momentum: 0.9, nesterov: false, weightDecay: 0 },
    { momentum: 0.9, nesterov: true, weightDecay: 0.01 },
    { momentum: 0, nesterov: false, weightDecay: 0.1 },
  ])("SGD follows torch's rule: %o", (options) => {
    const engine = new Engine(backend());
    const w = engine.parameter([SIZE], random('w'));
    const sgd = new Sgd([w], options);
    const expected = Float64Array.from(random('w'));
    const velocity = new Float64Array(SIZE);
    for (let t = 0; t < 5; t++) {
      const g = random(`g${t}`);
      setGradient(engine, [w], [g]);
      sgd.step(0.1);
      for (let i = 0; i < SIZE; i++) {
        const d = g[i] + options.weightDecay * expected[i];
        velocity[i] = options.momentum * velocity[i] + d;
        expected[i] -= 0.1 * (options.nesterov ? d + options.momentum * velocity[i] : velocity[i]);
      }
    }
    w.view().forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
  });

  test("AdamW follows torch's rule", () => {
    const engine = new Engine(backend());
    const w = engine.parameter([SIZE], random('w'));
    const adamw = new AdamW([w], { beta1: 0.8, beta2: 0.95, eps: 1e-6, weightDecay: 0.1 });
    const expected = Float64Array.from(random('w'));
    const m = new Float64Array(SIZE);
    const v = new Float64Array(SIZE);
    for (let t = 1; t <= 5; t++) {
      const g = random(`g${t}`);
      setGradient(engine, [w], [g]);
      adamw.step(0.05);
      for (let i = 0; i < SIZE; i++) {
        expected[i] -= 0.05 * 0.1 * expected[i];
        m[i] = 0.8 * m[i] + 0.2 * g[i];
        v[i] = 0.95 * v[i] + 0.05 * g[i] * g[i];
        expected[i] -= (0.05 * (m[i] / (1 - 0.8 ** t))) / (Math.sqrt(v[i] / (1 - 0.95 ** t)) + 1e-6);
      }
    }
    w.view().forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
  });

  test('parameters of noDecay do not decay; a parameter without a gradient stays', () => {
    const engine = new Engine(backend());
    const [a, b, c] = ['a', 'b', 'c'].map((name) => engine.parameter([SIZE], random(name)));
    const sgd = new Sgd([a, b, c], { weightDecay: 0.5, noDecay: new Set([b]) });
    setGradient(engine, [a, b], [new Float32Array(SIZE), new Float32Array(SIZE)]);
    sgd.step(0.1);
    expect(a.view()[3]).toBeCloseTo(random('a')[3] * 0.95, 6);
    expect(b.toArray()).toEqual(random('b'));
    expect(c.toArray()).toEqual(random('c'));
  });

  test('clipping scales all gradients by one factor, and only above the norm', () => {
    const engine = new Engine(backend());
    const parameters = [engine.parameter([SIZE]), engine.parameter([5])];
    const gradients = [random('g'), random('h', 5)];
    const norm = Math.sqrt([...gradients[0], ...gradients[1]].reduce((s, v) => s + v * v, 0));
    setGradient(engine, parameters, gradients);
    expect(new GradientClipper(parameters, 2 * norm).clip()).toBeCloseTo(norm, 5);
    expect(parameters[0].grad?.toArray()).toEqual(gradients[0]);
    expect(new GradientClipper(parameters, norm / 4).clip()).toBeCloseTo(norm, 5);
    expect(parameters[0].grad?.view()[2]).toBeCloseTo(gradients[0][2] / 4, 6);
    expect(parameters[1].grad?.view()[4]).toBeCloseTo(gradients[1][4] / 4, 6);
    setGradient(engine, parameters, [new Float32Array(SIZE).fill(Number.NaN), gradients[1]]);
    expect(new GradientClipper(parameters, 1).clip()).toBeNaN();
  });
});

test('options out of range', () => {
  const engine = new Engine(referenceBackend());
  const w = engine.parameter([3]);
  expect(() => new Sgd([])).toThrow(ArgumentError);
  expect(() => new Sgd([w, w])).toThrow(/twice/);
  expect(() => new Sgd([engine.parameter([3], undefined, { trainable: false })])).toThrow(ArgumentError);
  expect(() => new Sgd([w], { momentum: 1 })).toThrow(ArgumentError);
  expect(() => new Sgd([w], { nesterov: true })).toThrow(/momentum above 0/);
  expect(() => new Sgd([w], { weightDecay: -1 })).toThrow(ArgumentError);
  expect(() => new AdamW([w], { beta2: 1 })).toThrow(ArgumentError);
  expect(() => new AdamW([w], { eps: 0 })).toThrow(ArgumentError);
  expect(() => new GradientClipper([w], 0)).toThrow(ArgumentError);
});

test.each([
  ['SGD', (w: Tensor) => new Sgd([w], { momentum: 0.9, nesterov: true })],
  ['SGD without momentum', (w: Tensor) => new Sgd([w])],
  ['AdamW', (w: Tensor) => new AdamW([w])],
])('%s goes on from a state exactly, and the state is a copy', (_name, make) => {
  const engine = new Engine(wasmBackend());
  const w = engine.parameter([SIZE], random('w'));
  const steps = (optimizer: ReturnType<typeof make>, from: number, to: number): void => {
    for (let t = from; t < to; t++) {
      setGradient(engine, [w], [random(`g${t}`)]);
      optimizer.step(0.05);
    }
  };
  const first = make(w);
  steps(first, 0, 3);
  const state = first.state();
  const weights = w.toArray();
  steps(first, 3, 6);
  const expected = w.toArray();

  w.set(weights);
  const second = make(w);
  second.restore(state);
  steps(second, 3, 6);
  expect(w.toArray()).toEqual(expected);
});
