/** a [...][m][k], b [...][k][n] -> y [...][m][n]. */
import { contribute, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { Ptr } from '../backend/heap.ts';
import { matrixPairs } from '../core/strides.ts';
import { validate } from './check.ts';

/**
 * The product of each matrix of a with its partner in b; stacks are aligned at their last axes.
 * @throws ShapeError, ArgumentError
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const shape = validate('matmul', {}, { a, b });
  const { engine } = a;
  const { backend } = engine;
  const [m, n] = shape.slice(-2);
  const k = a.shape[a.shape.length - 1];
  const stacks = [a, b, { shape }].map((t) => t.shape.slice(0, -2));
  const pairs = [...matrixPairs(stacks[0], stacks[1], stacks[2])];
  const y = engine.empty(shape);
  for (const { left, right, index } of pairs) {
    backend.gemm({
      a: a.ptr + 4 * left * m * k,
      b: b.ptr + 4 * right * k * n,
      c: y.ptr + 4 * index * m * n,
      m,
      n,
      k,
      transA: false,
      transB: false,
      accumulate: false,
    });
  }

  return record([a, b], y, (dy) => {
    const sumInto = (x: Tensor, product: (pair: (typeof pairs)[number], dx: Ptr) => void): void =>
      contribute(x, (dx) => {
        backend.fill({ y: dx, size: x.size, value: 0 });
        for (const pair of pairs) product(pair, dx);
      });
    // da [m][k] = dy [m][n] b^T
    sumInto(a, ({ left, right, index }, da) =>
      backend.gemm({
        a: dy.ptr + 4 * index * m * n,
        b: b.ptr + 4 * right * k * n,
        c: da + 4 * left * m * k,
        m,
        n: k,
        k: n,
        transA: false,
        transB: true,
        accumulate: true,
      }),
    );
    // db [k][n] = a^T dy [m][n]
    sumInto(b, ({ left, right, index }, db) =>
      backend.gemm({
        a: a.ptr + 4 * left * m * k,
        b: dy.ptr + 4 * index * m * n,
        c: db + 4 * right * k * n,
        m: k,
        n,
        k: m,
        transA: true,
        transB: false,
        accumulate: true,
      }),
    );
  });
}
