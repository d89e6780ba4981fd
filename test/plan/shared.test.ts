/** Plans that run from codebooks: less memory, the same bits, and only where there is a codebook. */
import { expect, test } from 'vitest';
import { ArgumentError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { compile } from '../../src/plan/compile.ts';
import { choiceOf } from '../../src/plan/kernels.ts';
import { bothBackends, wasmBackend } from '../helpers/backends.ts';

/** @param k different weights a layer has */
function net(k: number) {
  const layers = [
    { op: 'conv2d', out: 67, kernel: 3, padding: 1 },
    { op: 'conv2d', out: 5, kernel: 3, stride: 2 },
    'flatten',
    { op: 'linear', out: 61 },
  ] as const;
  const graph = sequential('net', [3, 11, 13], [...layers], { rng: new Rng(1) });
  for (const { values, shape } of graph.params.values()) {
    if (shape.length > 1) for (let i = 0; i < values.length; i++) values[i] = ((i * 7) % k) / k - 0.4;
  }
  return graph;
}

test.each(bothBackends())('%s: stored weights give the bits of expanded ones', (_name, backend) => {
  for (const [k, batch] of [
    [16, 1],
    [17, 5],
  ]) {
    const plans = (['expanded', 'stored'] as const).map((weights) =>
      compile(net(k), backend, { batch, winograd: 'never', sparse: 'never', weights }),
    );
    const outputs = plans.map((plan) => {
      Object.values(plan.inputs)[0].forEach((_, i, x) => {
        x[i] = Math.fround(((i * 13) % 31) / 31 - 0.5);
      });
      plan.run();
      return Object.values(plan.outputs)[0].slice();
    });
    expect(
      plans[1].steps.filter(({ primitive, args }) => choiceOf(primitive, args) === 'clustered'),
    ).toHaveLength(3);
    expect(outputs[1]).toEqual(outputs[0]);
    for (const plan of plans) plan.free();
  }
});

test('the plan is smaller, and weights without a codebook stay expanded', () => {
  const backend = wasmBackend();
  const bytes = (k: number, weights: 'expanded' | 'stored') => {
    const plan = compile(net(k), backend, { winograd: 'never', sparse: 'never', weights });
    plan.free();
    return plan.weightBytes;
  };
  expect(bytes(16, 'stored')).toBeLessThan(bytes(16, 'expanded') / 5);
  expect(bytes(256, 'stored')).toBeLessThan(bytes(256, 'expanded') / 2);
  expect(bytes(997, 'stored')).toBe(bytes(997, 'expanded'));
});

test('what it refuses', () => {
  const backend = wasmBackend();
  expect(() => compile(net(16), backend, { weights: 'small' as never })).toThrow(ArgumentError);
  const [name] = net(997).nodes.map((node) => node.name);
  expect(() => compile(net(997), backend, { kernels: new Map([[name, 'clustered']]) })).toThrow(
    ArgumentError,
  );
});
