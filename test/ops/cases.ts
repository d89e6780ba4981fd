/** One list of uses of ops: every one is checked by finite differences and compared between the backends. */
import {
  add,
  avgPool,
  batchNorm,
  binary,
  clip,
  concat,
  conv2d,
  crossEntropy,
  flatten,
  gather,
  gatherCentroids,
  globalAvgPool,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  linear,
  mask,
  matmul,
  maxPool,
  mean,
  mul,
  pad,
  reduceMean,
  relu,
  relu6,
  reshape,
  scale,
  sigmoid,
  slice,
  softmax,
  sum,
  tanh,
  transpose,
} from '../../src/ops/index.ts';
import type { OpCase } from '../helpers/grad-check.ts';
import { spaced, uniform } from '../helpers/shapes.ts';

const small = (shape: readonly number[], i: number): Float32Array => uniform(shape, i);
const unit = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 } as const;

export const cases: readonly OpCase[] = [
  {
    name: 'conv2d 3x2',
    inputs: [[2, 3, 7, 5], [5, 3, 3, 2], [5]],
    values: small,
    run: ([x, w, b]) => conv2d(x, w, b, unit),
  },
  {
    name: 'conv2d stride 2x3, padding 1,0,2,1, dilation 1x2, no bias',
    inputs: [
      [2, 3, 7, 11],
      [5, 3, 2, 3],
    ],
    values: small,
    run: ([x, w]) =>
      conv2d(x, w, null, { stride: [2, 3], padding: [1, 0, 2, 1], dilation: [1, 2], groups: 1 }),
  },
  {
    name: 'conv2d 1x1',
    inputs: [[3, 7, 2, 5], [11, 7, 1, 1], [11]],
    values: small,
    run: ([x, w, b]) => conv2d(x, w, b, unit),
  },
  {
    name: 'conv2d groups 2',
    inputs: [[2, 6, 5, 7], [10, 3, 3, 3], [10]],
    values: small,
    run: ([x, w, b]) => conv2d(x, w, b, { ...unit, padding: [1, 1, 1, 1], groups: 2 }),
  },
  {
    name: 'conv2d depthwise stride 2',
    inputs: [[2, 5, 7, 11], [5, 1, 3, 3], [5]],
    values: small,
    run: ([x, w, b]) => conv2d(x, w, b, { ...unit, stride: [2, 2], padding: [1, 1, 1, 1], groups: 5 }),
  },
  {
    name: 'conv2d depthwise, two outputs a channel',
    inputs: [
      [2, 3, 5, 7],
      [6, 1, 3, 2],
    ],
    values: small,
    run: ([x, w]) => conv2d(x, w, null, { ...unit, groups: 3 }),
  },
  {
    name: 'linear',
    inputs: [[3, 13], [7, 13], [7]],
    values: small,
    run: ([x, w, b]) => linear(x, w, b),
  },
  {
    name: 'linear without bias',
    inputs: [
      [5, 11],
      [2, 11],
    ],
    values: small,
    run: ([x, w]) => linear(x, w, null),
  },
  {
    name: 'maxPool 2x2',
    inputs: [[2, 3, 7, 5]],
    run: ([x]) => maxPool(x, { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] }),
  },
  {
    name: 'maxPool 3x2 overlapping, padding 1,1,2,0',
    inputs: [[2, 3, 7, 5]],
    run: ([x]) => maxPool(x, { kernel: [3, 2], stride: [2, 1], padding: [1, 1, 2, 0] }),
  },
  ...[true, false].map(
    (countIncludePad): OpCase => ({
      name: `avgPool 3x2, padding 1,1,2,0, countIncludePad ${countIncludePad}`,
      inputs: [[2, 3, 7, 5]],
      values: small,
      run: ([x]) => avgPool(x, { kernel: [3, 2], stride: [2, 1], padding: [1, 1, 2, 0], countIncludePad }),
    }),
  ),
  { name: 'globalAvgPool', inputs: [[2, 5, 3, 7]], run: ([x]) => globalAvgPool(x) },
  ...[true, false].flatMap((training) =>
    [
      [3, 5, 2, 7],
      [11, 5],
    ].map(
      (shape): OpCase => ({
        name: `batchNorm rank ${shape.length}, ${training ? 'training' : 'inference'}`,
        inputs: [shape, [5], [5]],
        values: small,
        run: ([x, gamma, beta], engine) =>
          batchNorm(
            x,
            {
              gamma,
              beta,
              mean: engine.tensor([5], [0.1, -0.2, 0.3, -0.4, 0.5]),
              variance: engine.tensor([5], [0.5, 1, 1.5, 2, 2.5]),
            },
            { eps: 0.01, momentum: 0.1 },
            training,
          ),
      }),
    ),
  ),
  { name: 'relu', inputs: [[3, 7, 5]], run: ([x]) => relu(x) },
  { name: 'relu6', inputs: [[29, 17]], run: ([x]) => relu6(x) },
  { name: 'leakyRelu', inputs: [[3, 7, 5]], run: ([x]) => leakyRelu(x, 0.1) },
  { name: 'sigmoid', inputs: [[3, 7, 5]], run: ([x]) => sigmoid(x) },
  { name: 'tanh', inputs: [[3, 7, 5]], run: ([x]) => tanh(x) },
  { name: 'hardSwish', inputs: [[13, 17]], run: ([x]) => hardSwish(x) },
  {
    name: 'add',
    inputs: [
      [3, 7, 5],
      [3, 7, 5],
    ],
    run: ([a, b]) => add(a, b),
  },
  {
    name: 'mul',
    inputs: [
      [3, 7, 5],
      [3, 7, 5],
    ],
    run: ([a, b]) => mul(a, b),
  },
  { name: 'scale', inputs: [[3, 7, 5]], run: ([x]) => scale(x, -1.75) },
  {
    name: 'concat of three',
    inputs: [
      [3, 2, 7, 5],
      [3, 11, 7, 5],
      [3, 1, 7, 5],
    ],
    run: (xs) => concat(xs),
  },
  {
    name: 'concat rank 2',
    inputs: [
      [3, 7],
      [3, 2],
    ],
    run: (xs) => concat(xs),
  },
  {
    name: 'pad 1,2,3,0',
    inputs: [[2, 3, 7, 5]],
    run: ([x]) => pad(x, { padding: [1, 2, 3, 0], value: 0.5 }),
  },
  { name: 'flatten', inputs: [[2, 3, 7, 5]], run: ([x]) => flatten(x) },
  { name: 'softmax', inputs: [[5, 7]], values: small, run: ([x]) => softmax(x) },
  { name: 'sum', inputs: [[3, 7, 5]], run: ([x]) => sum(x) },
  { name: 'mean', inputs: [[3, 7, 5]], run: ([x]) => mean(x) },
  {
    name: 'crossEntropy',
    inputs: [[5, 7]],
    values: small,
    run: ([logits], engine) =>
      crossEntropy(
        logits,
        engine.tensor(
          [5, 7],
          uniform([5, 7], 3).map((v) => (v + 1) / 7),
        ),
      ),
  },
  {
    name: 'mask',
    inputs: [[3, 7, 5]],
    run: ([x], engine) =>
      mask(
        x,
        engine.tensor(
          [3, 7, 5],
          spaced([3, 7, 5], 5).map((v) => Number(v > 0)),
          'u8',
        ),
      ),
  },
  ...[true, false].map(
    (masked): OpCase => ({
      name: `gatherCentroids${masked ? ' with mask' : ''}`,
      inputs: [[5]],
      run: ([centroids], engine) => {
        const bits = uniform([77], 7);
        const indices = engine.tensor(
          [77],
          bits.map((v) => Math.floor((v + 1) * 2.5)),
          'u8',
        );
        const keep = engine.tensor(
          [77],
          bits.map((v) => Number(Math.floor(v * 100) % 3 !== 0)),
          'u8',
        );
        return gatherCentroids(centroids, indices, masked ? keep : null, [7, 11]);
      },
    }),
  ),
  ...(['add', 'sub', 'mul'] as const).map(
    (kind): OpCase => ({
      name: `binary ${kind}, shapes aligned at their last axes`,
      inputs: [
        [2, 3, 1, 5],
        [3, 7, 1],
      ],
      values: small,
      run: ([a, b]) => binary(a, b, { kind }),
    }),
  ),
  {
    name: 'binary div, exchanged',
    inputs: [[3], [2, 5, 3]],
    values: (shape, i) => small(shape, i).map((v) => 2 + v),
    run: ([a, b]) => binary(a, b, { kind: 'div', swap: true }),
  },
  {
    name: 'clip at both ends, at one',
    inputs: [[3, 7]],
    values: spaced,
    run: ([x]) =>
      add(clip(x, { lo: -3 / 16, hi: 3 / 32 }), add(clip(x, { lo: 3 / 32 }), clip(x, { hi: -3 / 32 }))),
  },
  {
    name: 'hardSigmoid',
    inputs: [[3, 7]],
    values: spaced,
    run: ([x]) => hardSigmoid(x, { alpha: 2, beta: 0.5 }),
  },
  {
    name: 'matmul of stacks, one of them repeated',
    inputs: [
      [2, 3, 5, 7],
      [3, 7, 2],
    ],
    values: small,
    run: ([a, b]) => matmul(a, b),
  },
  {
    name: 'linear on rows',
    inputs: [[2, 3, 7], [5, 7], [5]],
    values: small,
    run: ([x, w, b]) => linear(x, w, b),
  },
  {
    name: 'softmax over the last of three axes',
    inputs: [[2, 3, 7]],
    values: small,
    run: ([x]) => mul(softmax(x), x),
  },
  {
    name: 'concat along the last axis',
    inputs: [
      [2, 3, 5],
      [2, 3, 7],
    ],
    values: small,
    run: ([a, b]) => tanh(concat([a, b], { axis: 2 })),
  },
  {
    name: 'maxPool with dilation',
    inputs: [[2, 3, 7, 5]],
    values: spaced,
    run: ([x]) => maxPool(x, { kernel: [2, 2], stride: [1, 2], padding: [1, 0, 0, 1], dilation: [2, 3] }),
  },
  {
    name: 'reshape, transpose',
    inputs: [[2, 3, 5, 7]],
    values: small,
    run: ([x]) => tanh(transpose(reshape(x, { shape: [0, 5, -1, 3] }), { perm: [2, 0, 3, 1] })),
  },
  {
    name: 'slice backwards',
    inputs: [[2, 7, 3]],
    values: small,
    run: ([x]) => tanh(slice(x, { axis: 1, start: 6, count: 3, step: -2 })),
  },
  {
    name: 'gather, one position twice and one never',
    inputs: [[2, 5, 3]],
    values: small,
    run: ([x]) => tanh(gather(x, { axis: 1, indices: [3, 0, 3, 1, 4] })),
  },
  {
    name: 'reduceMean over the first and third axis',
    inputs: [[2, 3, 5, 7]],
    values: small,
    run: ([x]) =>
      add(reduceMean(x, { axes: [0, 2], keepDims: false }), reduceMean(x, { axes: [2, 0], keepDims: false })),
  },
  {
    name: 'a value read three times',
    inputs: [[3, 7]],
    values: small,
    run: ([x]) => {
      const y = tanh(x);
      return add(add(mul(y, y), y), scale(y, 0.5));
    },
  },
  {
    name: 'an argument that is both operands',
    inputs: [[3, 7]],
    values: small,
    run: ([x]) => mul(add(x, x), x),
  },
  {
    name: 'one gradient handed to two values that both overwrite theirs',
    inputs: [
      [3, 7],
      [3, 7],
    ],
    values: small,
    run: ([a, b]) => {
      const left = sigmoid(a);
      const right = tanh(b);
      return add(relu(add(left, right)), add(left, sigmoid(right)));
    },
  },
  {
    name: 'one gradient handed to two values, one of which gets more before the other is read',
    inputs: [
      [3, 7],
      [3, 7],
    ],
    values: small,
    run: ([a, b]) => {
      const left = tanh(a);
      const right = sigmoid(b);
      const third = sigmoid(left);
      return add(add(left, right), third);
    },
  },
  {
    name: 'a view whose base has a second reader',
    inputs: [[2, 3, 5, 7]],
    values: small,
    run: ([x]) => {
      const y = tanh(x);
      return add(flatten(relu(y)), flatten(y));
    },
  },
];
