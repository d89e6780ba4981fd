import { expect, test } from 'vitest';
import { type KernelCase, layCase } from '../../bench/kernels/case.ts';
import { elementwiseCases } from '../../bench/kernels/elementwise-cases.ts';
import { lossCases } from '../../bench/kernels/loss-cases.ts';
import { normCases } from '../../bench/kernels/norm-cases.ts';
import type { PrimitiveName } from '../../src/backend/backend.ts';
import { wasmBackend } from '../helpers/backends.ts';

/** Which input may be the output, as the descriptors' docstrings allow it. */
const allowed: { primitive: PrimitiveName; input: string; output: string }[] = [
  { primitive: 'unary', input: 'x', output: 'y' },
  { primitive: 'unaryGrad', input: 'dy', output: 'dx' },
  { primitive: 'add', input: 'a', output: 'y' },
  { primitive: 'add', input: 'b', output: 'y' },
  { primitive: 'mul', input: 'a', output: 'y' },
  { primitive: 'mul', input: 'b', output: 'y' },
  { primitive: 'addBias', input: 'x', output: 'y' },
  { primitive: 'batchNormInfer', input: 'x', output: 'y' },
  { primitive: 'softmax', input: 'x', output: 'y' },
];
const cases: readonly KernelCase[] = [...elementwiseCases, ...normCases, ...lossCases];

test.each(allowed)('$primitive with $output = $input gives the same bits', ({ primitive, input, output }) => {
  const backend = wasmBackend();
  const chosen = cases.filter((c) => c.primitive === primitive);
  expect(chosen.length).toBeGreaterThan(0);
  for (const c of chosen) {
    const apart = layCase(backend, c);
    apart.run();
    const want = apart.read()[output];
    const joint = layCase(backend, c);
    joint.args[output] = joint.args[input];
    joint.run();
    expect(joint.read()[output], c.shape).toEqual(want);
    apart.free();
    joint.free();
  }
});
