/** Each op of a graph as nodes of ONNX, opset 13. What a graph says of an op, ONNX says in its own words and order. */
import type { FusedActivation, NodeOf, OpName, Padding } from '../graph/graph.ts';
import { type Emitter, float, int, ints } from './emitter.ts';

/** Where a node stands: the names of what it reads, of what it makes, and of its parameters by role. */
export interface Site {
  readonly inputs: readonly string[];
  readonly output: string;
  readonly params: Readonly<Record<string, string>>;
  /** Extents of a parameter. */
  extents(role: string): readonly number[];
  /** Of the first input. */
  readonly rank: number;
}

type Exporter<K extends OpName> = (e: Emitter, node: NodeOf<K>, site: Site) => void;

/** A node of the same inputs and output under another name. */
const plain =
  (opType: string) =>
  (e: Emitter, _node: unknown, { inputs, output }: Site): void => {
    e.node(opType, inputs, output);
  };

const scalar = (e: Emitter, name: string, value: number): string =>
  e.constant(name, [], Float32Array.of(value));

/** Whole numbers as ONNX takes them where they are inputs. */
const longs = (e: Emitter, name: string, values: readonly number[]): string =>
  e.constant(name, [values.length], BigInt64Array.from(values, BigInt));

/** Clip; an end that is undefined is none. */
function clip(e: Emitter, input: string, output: string, lo?: number, hi?: number): void {
  const ends = [
    lo === undefined ? '' : scalar(e, `${output}.min`, lo),
    ...(hi === undefined ? [] : [scalar(e, `${output}.max`, hi)]),
  ];
  e.node('Clip', [input, ...ends], output);
}

/** Lets `make` write the output, or a value before it that an activation turns into the output. */
function activated(
  e: Emitter,
  activation: FusedActivation | undefined,
  output: string,
  make: (output: string) => void,
): void {
  if (!activation) {
    make(output);
    return;
  }
  const before = e.fresh(`${output}.linear`);
  make(before);
  if (activation === 'relu') e.node('Relu', [before], output);
  else clip(e, before, output, 0, 6);
}

/** Begins of all axes, then ends: [top, left, bottom, right] is that already for two axes. */
const pads = (padding: Padding) => ints(padding);

export const exporters: { readonly [K in OpName]: Exporter<K> } = {
  conv2d(e, { attrs }, { inputs, output, params, extents }) {
    const from = [...inputs, params.weight, ...(params.bias === undefined ? [] : [params.bias])];
    activated(e, attrs.activation, output, (y) => {
      e.node('Conv', from, y, {
        dilations: ints(attrs.dilation),
        group: int(attrs.groups),
        kernel_shape: ints(extents('weight').slice(2)),
        pads: pads(attrs.padding),
        strides: ints(attrs.stride),
      });
    });
  },
  linear(e, { attrs }, { inputs, output, params, rank }) {
    const bias = params.bias === undefined ? [] : [params.bias];
    activated(e, attrs.activation, output, (y) => {
      if (rank === 2) {
        e.node('Gemm', [...inputs, params.weight, ...bias], y, { transB: int(1) });
        return;
      }
      // Gemm takes matrices alone. MatMul has no bias, and its second operand the other way round.
      const turned = e.node('Transpose', [params.weight], e.fresh(`${output}.weight`), {
        perm: ints([1, 0]),
      });
      const product = bias.length > 0 ? e.fresh(`${output}.product`) : y;
      e.node('MatMul', [...inputs, turned], product);
      if (bias.length > 0) e.node('Add', [product, ...bias], y);
    });
  },
  batchNorm(e, { attrs }, { inputs, output, params }) {
    const { gamma, beta, mean, variance } = params;
    // ONNX's momentum is how much of the past stays, ours how much of the present comes in.
    e.node('BatchNormalization', [...inputs, gamma, beta, mean, variance], output, {
      epsilon: float(attrs.eps),
      momentum: float(1 - attrs.momentum),
    });
  },
  relu: plain('Relu'),
  relu6: (e, _node, { inputs, output }) => clip(e, inputs[0], output, 0, 6),
  leakyRelu: (e, { attrs }, { inputs, output }) => {
    e.node('LeakyRelu', inputs, output, { alpha: float(attrs.slope) });
  },
  sigmoid: plain('Sigmoid'),
  tanh: plain('Tanh'),
  clip: (e, { attrs }, { inputs, output }) => clip(e, inputs[0], output, attrs.lo, attrs.hi),
  hardSigmoid: (e, { attrs }, { inputs, output }) => {
    e.node('HardSigmoid', inputs, output, { alpha: float(attrs.alpha), beta: float(attrs.beta) });
  },
  round: plain('Round'),
  // HardSwish is an op of its own from opset 14 on; this is what it says there.
  hardSwish(e, _node, { inputs, output }) {
    const gate = e.fresh(`${output}.gate`);
    e.node('HardSigmoid', inputs, gate, { alpha: float(1 / 6), beta: float(0.5) });
    e.node('Mul', [inputs[0], gate], output);
  },
  maxPool(e, { attrs }, { inputs, output }) {
    e.node('MaxPool', inputs, output, {
      ...(attrs.dilation && { dilations: ints(attrs.dilation) }),
      kernel_shape: ints(attrs.kernel),
      pads: pads(attrs.padding),
      strides: ints(attrs.stride),
    });
  },
  avgPool(e, { attrs }, { inputs, output }) {
    e.node('AveragePool', inputs, output, {
      count_include_pad: int(attrs.countIncludePad ? 1 : 0),
      kernel_shape: ints(attrs.kernel),
      pads: pads(attrs.padding),
      strides: ints(attrs.stride),
    });
  },
  globalAvgPool: plain('GlobalAveragePool'),
  add: (e, { attrs }, { inputs, output }) => {
    activated(e, attrs.activation, output, (y) => e.node('Add', inputs, y));
  },
  mul: plain('Mul'),
  binary(e, { attrs }, { inputs, output, params }) {
    const operands = [...inputs, ...(params.value === undefined ? [] : [params.value])];
    if (attrs.swap) operands.reverse();
    e.node({ add: 'Add', sub: 'Sub', mul: 'Mul', div: 'Div' }[attrs.kind], operands, output);
  },
  matmul: plain('MatMul'),
  concat: (e, { attrs }, { inputs, output }) => {
    e.node('Concat', inputs, output, { axis: int(attrs.axis ?? 1) });
  },
  pad(e, { attrs }, { inputs, output }) {
    const [top, left, bottom, right] = attrs.padding;
    const all = longs(e, `${output}.pads`, [0, 0, top, left, 0, 0, bottom, right]);
    e.node('Pad', [...inputs, all, scalar(e, `${output}.value`, attrs.value)], output);
  },
  flatten: (e, _node, { inputs, output }) => {
    e.node('Flatten', inputs, output, { axis: int(1) });
  },
  reshape: (e, { attrs }, { inputs, output }) => {
    e.node('Reshape', [...inputs, longs(e, `${output}.shape`, attrs.shape)], output);
  },
  transpose: (e, { attrs }, { inputs, output }) => {
    e.node('Transpose', inputs, output, { perm: ints(attrs.perm) });
  },
  slice(e, { attrs: { axis, start, count, step } }, { inputs, output }) {
    const end = start + count * step;
    // Below 0 an end would count from the back; far below it is before the first.
    const ends = [end < 0 ? -(2 ** 31) : end];
    const parts = { starts: [start], ends, axes: [axis], steps: [step] };
    const from = Object.entries(parts).map(([part, values]) => longs(e, `${output}.${part}`, values));
    e.node('Slice', [...inputs, ...from], output);
  },
  gather: (e, { attrs }, { inputs, output }) => {
    e.node('Gather', [...inputs, longs(e, `${output}.indices`, attrs.indices)], output, {
      axis: int(attrs.axis),
    });
  },
  reduceMean: (e, { attrs }, { inputs, output }) => {
    e.node('ReduceMean', inputs, output, { axes: ints(attrs.axes), keepdims: int(attrs.keepDims ? 1 : 0) });
  },
  softmax: (e, _node, { inputs, output }) => {
    e.node('Softmax', inputs, output, { axis: int(-1) });
  },
};
