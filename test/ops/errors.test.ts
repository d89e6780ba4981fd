/** Mistakes in arguments: typed errors that name op, argument, expected and got. */
import { expect, test } from 'vitest';
import { Engine } from '../../src/autograd/engine.ts';
import { ArgumentError, ShapeError } from '../../src/core/errors.ts';
import * as ops from '../../src/ops/index.ts';
import { referenceBackend } from '../helpers/backends.ts';

const engine = new Engine(referenceBackend());
const f32 = (...shape: number[]) => engine.tensor(shape);
const u8 = (...shape: number[]) => engine.tensor(shape, undefined, 'u8');
const i32 = (values: number[]) => engine.tensor([values.length], values, 'i32');
const conv = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 } as const;
const pool = { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] } as const;
const norm = { gamma: f32(3), beta: f32(3), mean: f32(3), variance: f32(3) };
const grid = { scale: [0.5], zeroPoint: 0, qmin: -128, qmax: 127, channels: 1 };

const shapeMistakes: [string, () => unknown, RegExp][] = [
  [
    'conv2d: channels',
    () => ops.conv2d(f32(2, 3, 7, 5), f32(11, 2, 3, 3), null, conv),
    /^conv2d: x 2x3x7x5, weight 11x2x3x3: .*reads 2 channels, the input has 3$/,
  ],
  [
    'conv2d: rank',
    () => ops.conv2d(f32(2, 3), f32(5, 3, 1, 1), null, conv),
    /^conv2d: .*rank 4 \(NCHW\), got 2x3$/,
  ],
  [
    'conv2d: bias',
    () => ops.conv2d(f32(2, 3, 7, 5), f32(11, 3, 3, 3), f32(7), conv),
    /^conv2d: .*'bias': expected 11, got 7$/,
  ],
  [
    'conv2d: window',
    () => ops.conv2d(f32(2, 3, 2, 5), f32(11, 3, 3, 3), null, conv),
    /^conv2d: .*3x3 window .*does not fit into 2x3x2x5$/,
  ],
  ['linear: features', () => ops.linear(f32(2, 3), f32(5, 7), null), /reads 7 features, the input has 3$/],
  ['maxPool: padding', () => ops.maxPool(f32(2, 3, 5, 7), { ...pool, padding: [2, 0, 0, 0] }), /^maxPool: /],
  ['avgPool: rank', () => ops.avgPool(f32(2, 3), { ...pool, countIncludePad: true }), /^avgPool: /],
  ['globalAvgPool: rank', () => ops.globalAvgPool(f32(2, 3)), /^globalAvgPool: x 2x3: /],
  [
    'batchNorm: channels',
    () => ops.batchNorm(f32(2, 5), norm, { eps: 0.1, momentum: 0.1 }, true),
    /^batchNorm: .*'gamma': expected 5, got 3$/,
  ],
  [
    'batchNorm: one value a channel',
    () => ops.batchNorm(f32(1, 3), norm, { eps: 0.1, momentum: 0.1 }, true),
    /two or more values a channel in training, got 1x3$/,
  ],
  ['add: shapes', () => ops.add(f32(2, 3), f32(3, 2)), /^add: a 2x3, b 3x2: .*got 2x3 and 3x2$/],
  ['mul: shapes', () => ops.mul(f32(2, 3), f32(2)), /^mul: a 2x3, b 2: /],
  ['concat: extents', () => ops.concat([f32(2, 3, 5, 7), f32(2, 3, 7, 5)]), /^concat: xs\[0\] .*xs\[1\] /],
  ['pad: rank', () => ops.pad(f32(2, 3), { padding: [1, 1, 1, 1], value: 0 }), /^pad: x 2x3: /],
  ['flatten: rank', () => ops.flatten(f32(3)), /^flatten: x 3: /],
  ['softmax: rank', () => ops.softmax(f32()), /^softmax: x scalar: /],
  ['crossEntropy: rank', () => ops.crossEntropy(f32(3), f32(3)), /^crossEntropy: logits: /],
  ['crossEntropy: target', () => ops.crossEntropy(f32(2, 3), f32(3, 2)), /target: expected 2x3, got 3x2$/],
  ['oneHot: rank', () => ops.oneHot(engine.tensor([2, 3], undefined, 'i32'), 5), /^oneHot: labels: /],
  [
    'fakeQuantize: scale',
    () => ops.fakeQuantize(f32(3), { ...grid, scale: [1, 2] }),
    /scale: expected 1 values, got 2$/,
  ],
  [
    'gatherCentroids: indices',
    () => ops.gatherCentroids(f32(5), u8(6), null, [7]),
    /indices: expected 7 elements \(7\), got 6$/,
  ],
  ['gatherCentroids: mask', () => ops.gatherCentroids(f32(5), u8(7), u8(6), [7]), /mask: expected 7/],
  ['mask: size', () => ops.mask(f32(2, 3), u8(5)), /^mask: keep: expected 6 elements, got 5$/],
];

test.each(shapeMistakes)('%s', (_name, run, message) => {
  expect(run).toThrow(ShapeError);
  expect(run).toThrow(message);
});

const needsGrad = engine.parameter([2, 3]);
const argumentMistakes: [string, () => unknown, RegExp][] = [
  ['a dtype', () => ops.relu(u8(3)), /^relu: x: expected a tensor of dtype f32, got 'u8'$/],
  ['a mask that is f32', () => ops.mask(f32(3), f32(3)), /^mask: keep: expected a tensor of dtype u8/],
  [
    'one tensor to concat',
    () => ops.concat([f32(2, 3)]),
    /^concat: xs: expected two or more tensors, got 1$/,
  ],
  ['a slope', () => ops.leakyRelu(f32(3), Number.NaN), /^leakyRelu: slope: /],
  [
    'a label below 0',
    () => ops.oneHot(i32([0, -1]), 5),
    /^oneHot: labels: expected labels in \[0, 5\), got -1$/,
  ],
  ['a label too large', () => ops.oneHot(i32([0, 5]), 5), /got 5$/],
  ['classes', () => ops.oneHot(i32([0]), 0), /^oneHot: classes: /],
  ['smoothing', () => ops.oneHot(i32([0]), 5, 1), /^oneHot: smoothing: /],
  ['channels that do not divide', () => ops.fakeQuantize(f32(7), { ...grid, channels: 2 }), /channels/],
  ['an empty range', () => ops.fakeQuantize(f32(7), { ...grid, qmin: 3, qmax: 3 }), /qmin < qmax/],
  ['a target with a gradient', () => ops.crossEntropy(f32(2, 3), needsGrad), /^crossEntropy: target: /],
];

test.each(argumentMistakes)('%s', (_name, run, message) => {
  expect(run).toThrow(ArgumentError);
  expect(run).toThrow(message);
});
