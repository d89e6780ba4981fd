/** The engine: lifetimes, recording, leaves' gradients, and the errors of using it wrongly. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Engine } from '../../src/autograd/engine.ts';
import type { Tensor } from '../../src/autograd/tensor.ts';
import { ArgumentError, ShapeError } from '../../src/core/errors.ts';
import { add, flatten, mean, mul, relu, scale, sum, tanh } from '../../src/ops/index.ts';
import { referenceBackend } from '../helpers/backends.ts';

let engine: Engine;
beforeEach(() => {
  engine = new Engine(referenceBackend());
});

const gradOf = (x: Tensor): number[] => Array.from((x.grad as Tensor).toArray());

describe('tensors', () => {
  test('hold what they are given, by dtype', () => {
    expect(Array.from(engine.tensor([2, 3], [1, 2, 3, 4, 5, 6]).toArray())).toEqual([1, 2, 3, 4, 5, 6]);
    expect(engine.tensor([3], [1, 2, 3], 'u8').toArray()).toEqual(new Uint8Array([1, 2, 3]));
    expect(engine.tensor([2], [-7, 70000], 'i32').view()).toEqual(new Int32Array([-7, 70000]));
    expect(engine.tensor([], [2.5]).item()).toBe(2.5);
    expect(engine.tensor([7]).set([1, 2, 3, 4, 5, 6, 7]).view()[6]).toBe(7);
  });

  test('without values they are zeros, also where memory was used before', () => {
    engine.step(() => engine.tensor([5], [1, 2, 3, 4, 5]));
    engine.step(() => expect(Array.from(engine.tensor([5]).view())).toEqual([0, 0, 0, 0, 0]));
    expect(Array.from(engine.parameter([3]).view())).toEqual([0, 0, 0]);
  });

  test('refuse values that do not fill the shape', () => {
    expect(() => engine.tensor([2, 3], [1])).toThrow(
      new ShapeError('tensor', 'values', '6 elements (2x3)', '1'),
    );
    expect(() => engine.parameter([0])).toThrow(ShapeError);
    expect(() => engine.tensor([3]).set([1, 2])).toThrow('set: values: expected 3 elements (3), got 2');
    expect(() => engine.tensor([3]).item()).toThrow(ShapeError);
  });
});

describe('step', () => {
  test('a tensor used after its step has ended throws, in ops, view and backward', () => {
    const x = engine.parameter([3], [1, 2, 3]);
    const [y, loss] = engine.step(() => [scale(x, 2), sum(x)]);
    expect(() => y.view()).toThrow(/3 tensor whose step has ended/);
    expect(() => y.toArray()).toThrow(ArgumentError);
    expect(() => relu(y)).toThrow(/^relu: x: expected a tensor that is still there/);
    expect(() => add(x, y)).toThrow(/^add: b: /);
    expect(() => engine.backward(loss)).toThrow(/^backward: loss: /);
    expect(Array.from(x.view())).toEqual([1, 2, 3]);
  });

  test('a view dies with what it views', () => {
    const flat = engine.step(() => flatten(engine.tensor([2, 3])));
    expect(() => flat.view()).toThrow(/step has ended/);
  });

  test('an inner step drops what it made and leaves the outer step alone', () => {
    const x = engine.parameter([3], [1, 2, 3]);
    engine.step(() => {
      const y = scale(x, 2);
      const inner = engine.step(() => {
        const z = scale(y, 5);
        expect(Array.from(z.view())).toEqual([10, 20, 30]);
        return z;
      });
      const after = scale(y, 7);
      expect(() => inner.view()).toThrow(ArgumentError);
      expect(Array.from(y.view())).toEqual([2, 4, 6]);
      expect(Array.from(after.view())).toEqual([14, 28, 42]);
      engine.backward(sum(y));
    });
    expect(gradOf(x)).toEqual([2, 2, 2]);
  });

  test('backward in an inner step reaches leaves of the outer one, whose gradients outlive the inner', () => {
    engine.step(() => {
      const x = engine.tensor([2], [3, 5]);
      x.requiresGrad = true;
      const y = mul(x, x);
      engine.step(() => engine.backward(sum(y)));
      engine.step(() => engine.tensor([1000]));
      expect(gradOf(x)).toEqual([6, 10]);
    });
  });

  test('ends when its function throws', () => {
    const x = engine.parameter([3], [1, 2, 3]);
    let y: Tensor | undefined;
    expect(() =>
      engine.step(() => {
        y = scale(x, 2);
        throw new RangeError('stop');
      }),
    ).toThrow(RangeError);
    expect(engine.scope).toBeNull();
    expect(() => (y as Tensor).view()).toThrow(ArgumentError);
  });

  test('refuses an asynchronous function', () => {
    expect(() => engine.step(async () => 1)).toThrow(
      "step: fn: expected a synchronous function, got 'a promise'",
    );
  });
});

describe('recording', () => {
  test('works outside a step', () => {
    const x = engine.parameter([3], [1, 2, 3]);
    const y = mul(x, x);
    engine.backward(mean(y));
    expect(gradOf(x)).toEqual([2 / 3, 4 / 3, 2].map(Math.fround));
    expect(Array.from(y.view())).toEqual([1, 4, 9]);
  });

  test('noGrad records nothing, also nested, and ends when its function throws', () => {
    const x = engine.parameter([3], [1, 2, 3]);
    engine.noGrad(() => {
      engine.noGrad(() => {});
      expect(scale(x, 2).requiresGrad).toBe(false);
    });
    expect(() => engine.noGrad(() => scale(engine.tensor([1]).set([1, 2]), 2))).toThrow(ShapeError);
    expect(scale(x, 2).requiresGrad).toBe(true);
    const constant = engine.noGrad(() => sum(x));
    expect(() => engine.backward(constant)).toThrow(ArgumentError);
  });

  test('what depends on no leaf that requires gradients is not recorded', () => {
    expect(scale(engine.parameter([3], [1, 2, 3], { trainable: false }), 2).entry).toBeNull();
  });

  test('a constant factor gets no gradient', () => {
    const x = engine.parameter([2], [3, 5]);
    const constant = engine.tensor([2], [7, 11]);
    engine.backward(sum(mul(x, constant)));
    expect(gradOf(x)).toEqual([7, 11]);
    expect(constant.grad).toBeNull();
  });
});

describe('gradients of leaves', () => {
  test('accumulate over backwards until zeroGrad, in one buffer', () => {
    const x = engine.parameter([2], [3, 5]);
    expect(x.grad).toBeNull();
    const pass = (): void => engine.step(() => engine.backward(sum(mul(x, x))));
    pass();
    const buffer = (x.grad as Tensor).ptr;
    pass();
    expect(gradOf(x)).toEqual([12, 20]);
    engine.zeroGrad([x]);
    expect(x.grad).toBeNull();
    pass();
    expect(gradOf(x)).toEqual([6, 10]);
    expect((x.grad as Tensor).ptr).toBe(buffer);
  });

  test('two losses run backward through one trunk', () => {
    const x = engine.parameter([2], [3, 5]);
    engine.step(() => {
      const trunk = tanh(scale(x, 0));
      engine.backward(sum(trunk));
      engine.backward(sum(scale(trunk, 2)));
    });
    expect(gradOf(x)).toEqual([0, 0]);
    engine.zeroGrad([x]);
    engine.step(() => {
      const trunk = mul(x, x);
      engine.backward(sum(trunk));
      engine.backward(sum(scale(trunk, 2)), 0.5);
    });
    expect(gradOf(x)).toEqual([12, 20]);
  });

  test('a leaf whose own sum is the loss', () => {
    const x = engine.parameter([1], [3]);
    engine.backward(x, 5);
    expect(gradOf(x)).toEqual([5]);
    engine.backward(x);
    expect(gradOf(x)).toEqual([6]);
  });

  test('a frozen leaf gets none', () => {
    const x = engine.parameter([2], [3, 5]);
    const frozen = engine.parameter([2], [7, 11]);
    frozen.requiresGrad = false;
    engine.backward(sum(mul(x, frozen)));
    expect(gradOf(x)).toEqual([7, 11]);
    expect(frozen.grad).toBeNull();
  });

  test('a gradient shared by two leaves is two buffers', () => {
    const a = engine.parameter([2], [3, 5]);
    const b = engine.parameter([2], [7, 11]);
    engine.backward(sum(add(a, b)));
    (a.grad as Tensor).set([0, 0]);
    expect(gradOf(b)).toEqual([1, 1]);
  });
});

describe('errors', () => {
  test('backward of what is not a scalar', () => {
    const x = engine.parameter([2, 3]);
    expect(() => engine.backward(scale(x, 2))).toThrow(new ShapeError('backward', 'loss', 'a scalar', '2x3'));
  });

  test('a tensor of another engine', () => {
    const other = new Engine(referenceBackend());
    const x = engine.parameter([3]);
    expect(() => add(x, other.parameter([3]))).toThrow(/^add: b: expected a tensor of the same engine/);
    expect(() => engine.backward(sum(other.parameter([3])))).toThrow(/^backward: loss: /);
  });
});
