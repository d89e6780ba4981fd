/** Every op, on both backends: gradients by finite differences, and agreement of the two. */
import { describe, expect, test } from 'vitest';
import { pass, record } from '../../src/autograd/tape.ts';
import { referenceBackend, wasmBackend } from '../helpers/backends.ts';
import { differsFrom } from '../helpers/close.ts';
import { gradCheck, gradients, type OpCase } from '../helpers/grad-check.ts';
import { cases } from './cases.ts';

const named = cases.map((c) => [c.name, c] as const);
const reference = referenceBackend();
const wasm = wasmBackend();

describe('gradients agree with central differences', () => {
  test.each(named)('reference: %s', (_name, c) => {
    expect(gradCheck(reference, c)).toBeNull();
  });
  test.each(named)('wasm: %s', (_name, c) => {
    expect(gradCheck(wasm, c)).toBeNull();
  });
});

describe.each(['release', 'debug'] as const)('the %s build agrees with the reference', (build) => {
  const candidate = wasmBackend(build);
  test.each(named)('%s', (_name, c) => {
    const expected = gradients(reference, c);
    const got = gradients(candidate, c);
    expect(differsFrom(`${c.name}: output`, got.y, expected.y, 1e-5)).toBeNull();
    got.grads.forEach((grad, i) => {
      expect(differsFrom(`${c.name}: gradient of argument ${i}`, grad, expected.grads[i], 1e-5)).toBeNull();
    });
  });
});

test('a wrong gradient is found, and the message says where', () => {
  const wrong: OpCase = {
    name: 'double',
    inputs: [[3, 2]],
    run: ([x], engine) => {
      const y = engine.empty(x.shape);
      engine.backend.axpby({ x: x.ptr, y: y.ptr, size: 6, alpha: 2, beta: 0 });
      return record([x], y, (dy) => pass(x, dy));
    },
  };
  expect(gradCheck(reference, wrong)).toMatch(
    /^double: gradient of argument 0 \(3x2\), element 0: got \S+, expected \S+$/,
  );
});
