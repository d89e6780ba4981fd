/** The ops that move elements or align shapes, by the index of every element of the result. */
import type { Shape } from '../../src/core/shape.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { NodeOf } from '../../src/graph/graph.ts';

type Values = Float64Array;
type ViewNode =
  | NodeOf<'binary'>
  | NodeOf<'matmul'>
  | NodeOf<'transpose'>
  | NodeOf<'slice'>
  | NodeOf<'gather'>
  | NodeOf<'reduceMean'>;

/** Every index of a shape, outermost first. */
function* indices(shape: Shape): Generator<number[]> {
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    const index: number[] = [];
    let rest = flat;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index.unshift(rest % shape[axis]);
      rest = Math.floor(rest / shape[axis]);
    }
    yield index;
  }
}

/** The element at an index, the shape aligned at its last axes, extents of 1 repeated. */
function at(x: Values, shape: Shape, index: readonly number[]): number {
  const own = index.slice(index.length - shape.length);
  return x[shape.reduce((flat, extent, axis) => flat * extent + (extent === 1 ? 0 : own[axis]), 0)];
}

export function computeView(
  node: ViewNode,
  xs: readonly Values[],
  shapes: readonly Shape[],
  yShape: Shape,
): Values {
  const [x] = xs;
  const [shape] = shapes;
  const y: number[] = [];
  for (const index of indices(yShape)) {
    switch (node.op) {
      case 'binary': {
        const operands = xs.map((values, i) => at(values, shapes[i], index));
        const [a, b] = node.attrs.swap ? operands.reverse() : operands;
        y.push({ add: a + b, sub: a - b, mul: a * b, div: a / b }[node.attrs.kind]);
        break;
      }
      case 'matmul': {
        const stack = index.slice(0, -2);
        const [row, column] = index.slice(-2);
        let sum = 0;
        for (let k = 0; k < shape[shape.length - 1]; k++) {
          sum += at(x, shape, [...stack, row, k]) * at(xs[1], shapes[1], [...stack, k, column]);
        }
        y.push(sum);
        break;
      }
      case 'transpose': {
        const from = new Array<number>(shape.length);
        node.attrs.perm.forEach((axis, i) => {
          from[axis] = index[i];
        });
        y.push(at(x, shape, from));
        break;
      }
      case 'slice': {
        const { axis, start, step } = node.attrs;
        y.push(
          at(
            x,
            shape,
            index.map((v, i) => (i === axis ? start + v * step : v)),
          ),
        );
        break;
      }
      case 'gather': {
        const { axis, indices: chosen } = node.attrs;
        y.push(
          at(
            x,
            shape,
            index.map((v, i) => (i === axis ? chosen[v] : v)),
          ),
        );
        break;
      }
      case 'reduceMean': {
        const { axes, keepDims } = node.attrs;
        let sum = 0;
        for (const inner of indices(axes.map((axis) => shape[axis]))) {
          let next = 0;
          sum += at(
            x,
            shape,
            shape.map((_, axis) => {
              const reduced = axes.indexOf(axis);
              if (!keepDims && reduced < 0) return index[next++];
              return reduced < 0 ? index[axis] : inner[reduced];
            }),
          );
        }
        y.push((sum * sizeOf(yShape)) / sizeOf(shape));
      }
    }
  }
  return Float64Array.from(y);
}
