/** Graphs that between them have every op, in every form that ONNX says differently. */
import type { Attributes, Graph, InputSpec, OpName } from '../../src/graph/graph.ts';
import { branchedNet, oddNet, Sketch, smallNet } from '../helpers/graphs.ts';

/** One node on one input or two, with a parameter if it takes one. */
function single<K extends OpName>(
  op: K,
  label: string,
  attrs: Attributes[K],
  shapes: readonly (readonly number[])[],
  value?: readonly number[],
): [string, Graph] {
  const s = new Sketch(19);
  const inputs: InputSpec[] = shapes.map((shape, i) => ({ name: 'ab'[i], shape }));
  const params: Record<string, string> = value
    ? { value: s.param('value', value, { low: 0.5, high: 2 }) }
    : {};
  s.node(
    op,
    'y',
    inputs.map(({ name }) => name),
    attrs,
    params,
  );
  return [`${op}: ${label}`, s.graph(op, inputs, ['y'])];
}

/** A linear layer on every row of a matrix. */
function rowsThroughLinear(bias: boolean): [string, Graph] {
  const s = new Sketch(23);
  const params: Record<string, string> = { weight: s.param('fc.weight', [5, 7]) };
  if (bias) params.bias = s.param('fc.bias', [5]);
  s.node('linear', 'fc', ['a'], bias ? { activation: 'relu' } : {}, params);
  return [
    `linear: rows, ${bias ? 'bias and relu' : 'no bias'}`,
    s.graph('rows', [{ name: 'a', shape: [3, 7] }], ['fc']),
  ];
}

export const everyOp: [string, Graph][] = [
  ['LeNet in small', smallNet()],
  ['branches', branchedNet()],
  ['two inputs', oddNet()],
  rowsThroughLinear(true),
  rowsThroughLinear(false),
  single('clip', 'both ends', { lo: -0.25, hi: 0.5 }, [[3, 5]]),
  single('clip', 'from below', { lo: -0.25 }, [[3, 5]]),
  single('clip', 'from above', { hi: 0.5 }, [[3, 5]]),
  single('hardSigmoid', 'steep', { alpha: 0.75, beta: 0.375 }, [[3, 5]]),
  single('round', 'small numbers', {}, [[3, 5]]),
  single(
    'maxPool',
    'dilated, padded',
    { kernel: [3, 2], stride: [1, 2], padding: [1, 0, 2, 1], dilation: [2, 3] },
    [[3, 7, 11]],
  ),
  ...(['add', 'sub', 'mul', 'div'] as const).flatMap((kind) => [
    single('binary', `${kind}, a parameter of channels`, { kind }, [[3, 5, 2]], [3, 1, 1]),
    single('binary', `${kind}, a parameter first`, { kind, swap: true }, [[3, 5]], [5]),
  ]),
  single('binary', 'two inputs', { kind: 'sub', swap: true }, [
    [3, 1, 5],
    [3, 7, 1],
  ]),
  single('matmul', 'two inputs', {}, [
    [2, 3, 7],
    [2, 7, 5],
  ]),
  single('concat', 'along rows', { axis: 2 }, [
    [3, 5, 2],
    [3, 7, 2],
  ]),
  single('reshape', 'rest and copy', { shape: [0, -1, 5] }, [[6, 2, 5]]),
  single('transpose', 'channels last', { perm: [0, 2, 3, 1] }, [[3, 5, 7]]),
  single('slice', 'every other', { axis: 2, start: 1, count: 3, step: 2 }, [[3, 7, 5]]),
  single('slice', 'backwards from the middle', { axis: 1, start: 4, count: 2, step: -2 }, [[7, 3]]),
  single('slice', 'backwards to the first', { axis: 1, start: 6, count: 7, step: -1 }, [[7, 3]]),
  single('gather', 'repeated', { axis: 1, indices: [2, 0, 2, 1] }, [[3, 5]]),
  single('reduceMean', 'of a plane', { axes: [2, 3], keepDims: false }, [[3, 5, 7]]),
  single('reduceMean', 'of channels, kept', { axes: [1], keepDims: true }, [[3, 5, 7]]),
  single('softmax', 'of rows', {}, [[3, 5]]),
];
