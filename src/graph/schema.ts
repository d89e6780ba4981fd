/**
 * What each op is, said once: how many inputs, which parameters, what shape comes out, what it costs. The builders, the
 * ops, shape inference, the plan compiler, the file reader and the summary all ask here.
 */
import { GraphError } from '../core/errors.ts';
import { formatShape, type Shape, sameShape, sizeOf } from '../core/shape.ts';
import type { Attributes, NodeOf, OpName, Padding, Pair } from './graph.ts';
import { binary, checkAxis, gather, matmul, reduceMean, reshape, slice, transpose } from './schema-moves.ts';

export interface OpSchema<K extends OpName> {
  /** Fewest and most inputs. */
  readonly inputs: Pair;
  /** Roles of parameters it must have, and may have. */
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /**
   * Shape of the output, batch first.
   * @throws GraphError where inputs, parameters and attributes do not fit each other
   */
  shape(node: NodeOf<K>, inputs: readonly Shape[], params: Readonly<Record<string, Shape>>): Shape;
  /** Multiply-accumulates for one run at these shapes. 0 for ops whose cost is memory. */
  macs(node: NodeOf<K>, output: Shape, params: Readonly<Record<string, Shape>>): number;
}

/** Output extent of a window that slides over `size` positions; below 1 if it does not fit. */
export function windowExtent(
  size: number,
  kernel: number,
  stride: number,
  padBefore: number,
  padAfter: number,
  dilation = 1,
): number {
  return Math.floor((size + padBefore + padAfter - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** [N][C][H][W] -> [N][co][ho][wo] for a window; checks that it fits and that attributes are in range. */
function slide(
  name: string,
  x: Shape,
  co: number,
  kernel: Pair,
  stride: Pair,
  padding: Padding,
  dilation: Pair,
): Shape {
  const whole = (values: readonly number[], least: number, what: string): void => {
    if (values.some((v) => !Number.isSafeInteger(v) || v < least)) {
      throw new GraphError(name, `${what} must be whole numbers >= ${least}, got [${values}]`);
    }
  };
  whole(kernel, 1, 'kernel');
  whole(stride, 1, 'stride');
  whole(padding, 0, 'padding');
  whole(dilation, 1, 'dilation');
  const ho = windowExtent(x[2], kernel[0], stride[0], padding[0], padding[2], dilation[0]);
  const wo = windowExtent(x[3], kernel[1], stride[1], padding[1], padding[3], dilation[1]);
  if (ho < 1 || wo < 1) {
    throw new GraphError(
      name,
      `a ${kernel.join('x')} window (dilation ${dilation.join('x')}, padding ${padding.join(',')}) does not fit into ${formatShape(x)}`,
    );
  }
  return [x[0], co, ho, wo];
}

function rank(name: string, x: Shape, wanted: number, layout: string): void {
  if (x.length !== wanted) {
    throw new GraphError(name, `expected an input of rank ${wanted} (${layout}), got ${formatShape(x)}`);
  }
}

function paramShape(name: string, role: string, got: Shape, wanted: Shape): void {
  if (!sameShape(got, wanted)) {
    throw new GraphError(
      name,
      `parameter '${role}': expected ${formatShape(wanted)}, got ${formatShape(got)}`,
    );
  }
}

/** Ops that take one input and change no shape. */
function elementwise<K extends OpName>(): OpSchema<K> {
  return { inputs: [1, 1], required: [], optional: [], shape: (_node, [x]) => x, macs: () => 0 };
}

function sameShapes<K extends 'add' | 'mul'>(): OpSchema<K> {
  return {
    inputs: [2, 2],
    required: [],
    optional: [],
    shape: (node, [a, b]) => {
      if (!sameShape(a, b)) {
        throw new GraphError(
          node.name,
          `inputs must have one shape, got ${formatShape(a)} and ${formatShape(b)}`,
        );
      }
      return a;
    },
    macs: () => 0,
  };
}

export const schemas: { readonly [K in OpName]: OpSchema<K> } = {
  conv2d: {
    inputs: [1, 1],
    required: ['weight'],
    optional: ['bias'],
    shape: ({ name, attrs }, [x], { weight, bias }) => {
      rank(name, x, 4, 'NCHW');
      if (weight.length !== 4) throw new GraphError(name, `weight must be OIHW, got ${formatShape(weight)}`);
      const [co, cig, kh, kw] = weight;
      const { groups } = attrs;
      if (!Number.isSafeInteger(groups) || groups < 1 || x[1] % groups !== 0 || co % groups !== 0) {
        throw new GraphError(name, `groups ${groups} must divide ${x[1]} input and ${co} output channels`);
      }
      if (cig * groups !== x[1]) {
        throw new GraphError(
          name,
          `weight ${formatShape(weight)} with groups ${groups} reads ${cig * groups} channels, the input has ${x[1]}`,
        );
      }
      if (bias) paramShape(name, 'bias', bias, [co]);
      return slide(name, x, co, [kh, kw], attrs.stride, attrs.padding, attrs.dilation);
    },
    macs: (_node, y, { weight }) => sizeOf(y) * weight[1] * weight[2] * weight[3],
  },
  linear: {
    inputs: [1, 1],
    required: ['weight'],
    optional: ['bias'],
    shape: ({ name }, [x], { weight, bias }) => {
      if (x.length < 2) rank(name, x, 2, 'N x features');
      if (weight.length !== 2)
        throw new GraphError(name, `weight must be [out][in], got ${formatShape(weight)}`);
      const features = x[x.length - 1];
      if (weight[1] !== features) {
        const advice = x.length > 2 ? `; put a flatten before it if all of ${formatShape(x)} are` : '';
        throw new GraphError(name, `weight reads ${weight[1]} features, the input has ${features}${advice}`);
      }
      if (bias) paramShape(name, 'bias', bias, [weight[0]]);
      return [...x.slice(0, -1), weight[0]];
    },
    macs: (_node, y, { weight }) => sizeOf(y) * weight[1],
  },
  batchNorm: {
    inputs: [1, 1],
    required: ['gamma', 'beta', 'mean', 'variance'],
    optional: [],
    shape: ({ name, attrs }, [x], params) => {
      if (x.length !== 4 && x.length !== 2) {
        throw new GraphError(name, `expected NCHW or NxC, got ${formatShape(x)}`);
      }
      if (!(attrs.eps > 0)) throw new GraphError(name, `eps must be above 0, got ${attrs.eps}`);
      for (const role of ['gamma', 'beta', 'mean', 'variance']) paramShape(name, role, params[role], [x[1]]);
      return x;
    },
    macs: () => 0,
  },
  relu: elementwise(),
  relu6: elementwise(),
  leakyRelu: elementwise(),
  sigmoid: elementwise(),
  tanh: elementwise(),
  hardSwish: elementwise(),
  clip: {
    ...elementwise<'clip'>(),
    shape: ({ name, attrs: { lo = -Infinity, hi = Infinity } }, [x]) => {
      if (!(lo <= hi)) throw new GraphError(name, `lo ${lo} must not be above hi ${hi}`);
      return x;
    },
  },
  hardSigmoid: elementwise(),
  round: elementwise(),
  maxPool: {
    inputs: [1, 1],
    required: [],
    optional: [],
    shape: ({ name, attrs }, [x]) => {
      rank(name, x, 4, 'NCHW');
      poolPadding(name, attrs);
      return slide(name, x, x[1], attrs.kernel, attrs.stride, attrs.padding, attrs.dilation ?? [1, 1]);
    },
    macs: () => 0,
  },
  avgPool: {
    inputs: [1, 1],
    required: [],
    optional: [],
    shape: ({ name, attrs }, [x]) => {
      rank(name, x, 4, 'NCHW');
      poolPadding(name, attrs);
      return slide(name, x, x[1], attrs.kernel, attrs.stride, attrs.padding, [1, 1]);
    },
    macs: () => 0,
  },
  globalAvgPool: {
    inputs: [1, 1],
    required: [],
    optional: [],
    shape: ({ name }, [x]) => {
      rank(name, x, 4, 'NCHW');
      return [x[0], x[1], 1, 1];
    },
    macs: () => 0,
  },
  add: sameShapes(),
  mul: sameShapes(),
  binary,
  matmul,
  concat: {
    inputs: [2, 64],
    required: [],
    optional: [],
    shape: ({ name, attrs: { axis = 1 } }, inputs) => {
      const [first] = inputs;
      checkAxis(name, axis, first);
      let extents = 0;
      for (const x of inputs) {
        const alike = x.length === first.length && x.every((extent, i) => i === axis || extent === first[i]);
        if (!alike) {
          throw new GraphError(
            name,
            `inputs may differ in ${axis === 1 ? 'channels' : `axis ${axis}`} only, got ${formatShape(first)} and ${formatShape(x)}`,
          );
        }
        extents += x[axis];
      }
      return first.map((extent, i) => (i === axis ? extents : extent));
    },
    macs: () => 0,
  },
  pad: {
    inputs: [1, 1],
    required: [],
    optional: [],
    shape: ({ name, attrs }, [x]) => {
      rank(name, x, 4, 'NCHW');
      const [top, left, bottom, right] = attrs.padding;
      return slide(
        name,
        [x[0], x[1], x[2] + top + bottom, x[3] + left + right],
        x[1],
        [1, 1],
        [1, 1],
        [0, 0, 0, 0],
        [1, 1],
      );
    },
    macs: () => 0,
  },
  flatten: {
    inputs: [1, 1],
    required: [],
    optional: [],
    shape: ({ name }, [x]) => {
      if (x.length < 2) throw new GraphError(name, `expected N x ..., got ${formatShape(x)}`);
      return [x[0], sizeOf(x.slice(1))];
    },
    macs: () => 0,
  },
  reshape,
  transpose,
  slice,
  gather,
  reduceMean,
  softmax: {
    inputs: [1, 1],
    required: [],
    optional: [],
    shape: ({ name }, [x]) => {
      if (x.length === 0) throw new GraphError(name, 'expected N x classes, got a scalar');
      return x;
    },
    macs: () => 0,
  },
};

/** A window that lies in padding alone has no maximum and no mean. */
function poolPadding(name: string, attrs: Attributes['maxPool']): void {
  const [top, left, bottom, right] = attrs.padding;
  if (Math.max(top, bottom) >= attrs.kernel[0] || Math.max(left, right) >= attrs.kernel[1]) {
    throw new GraphError(
      name,
      `padding [${attrs.padding}] must be smaller than the kernel ${attrs.kernel.join('x')}`,
    );
  }
}

/** The schema of a node's op, typed loosely for code that walks any graph. */
export function schemaOf(op: OpName): OpSchema<OpName> {
  return schemas[op] as unknown as OpSchema<OpName>;
}
