/**
 * Networks of depthwise-separable convolutions (Howard et al., "MobileNets", 2017): a 3x3 filter for each channel, then a
 * 1x1 convolution that mixes them, each with batch norm and ReLU. MobileNet itself, the keyword spotter of MLPerf Tiny,
 * and a student of our own.
 */
import { Rng } from '../../core/rng.ts';
import type { Shape } from '../../core/shape.ts';
import type { Graph, Padding } from '../../graph/graph.ts';
import { builder, type GraphBuilder } from '../builder.ts';
import type { Conv2dOptions } from '../options.ts';

/** Output channels of a block, and the stride of its depthwise half. */
type Block = readonly [out: number, stride: number];

const studentBlocks: readonly Block[] = [
  [24, 2],
  [32, 1],
  [48, 1],
  [64, 2],
];

/**
 * A small student: a strided 5x5 convolution, four depthwise-separable blocks, global average pooling, one linear layer.
 * 9,106 parameters with batch norm at one input channel and ten classes.
 */
export function dsStudent(rng: Rng = new Rng(1), inputShape: Shape = [1, 28, 28], classes = 10): Graph {
  const stem = { out: 16, kernel: 5, stride: 2, padding: 2 };
  return separable('ds-student', rng, inputShape, stem, studentBlocks, classes);
}

/** Table 1 of the paper at width 1. */
const mobileNetBlocks: readonly Block[] = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
];

/** From this extent on the stem of `mobileNetV1` has stride 2, as in the paper. */
const LARGE = 64;

/**
 * MobileNet v1 (Howard et al. 2017, table 1). The stem's stride is 2 from 64x64 on and 1 for smaller images, so that
 * 32x32 ends in 2x2 instead of one position; no dropout.
 * @param width multiplies every count of channels: 0.25, 0.5, 0.75 or 1
 */
export function mobileNetV1(
  rng: Rng = new Rng(1),
  inputShape: Shape = [3, 32, 32],
  classes = 10,
  width = 1,
): Graph {
  const name = width === 1 ? 'mobilenet-v1' : `mobilenet-v1-${width}`;
  const stride = Math.min(...inputShape.slice(1)) >= LARGE ? 2 : 1;
  const blocks = mobileNetBlocks.map(([out, s]): Block => [out * width, s]);
  return separable(
    name,
    rng,
    inputShape,
    { out: 32 * width, kernel: 3, stride, padding: 1 },
    blocks,
    classes,
  );
}

/**
 * DS-CNN of the keyword spotting task of MLPerf Tiny (Banbury et al. 2021; the network is Zhang et al., "Hello Edge",
 * 2017): a 10x4 convolution of stride 2, padded so that extents are halved and rounded up, four blocks of 64 channels;
 * no dropout. Made for spectrograms of 49x10, takes any image.
 */
export function dsCnn(rng: Rng = new Rng(1), inputShape: Shape = [1, 49, 10], classes = 12): Graph {
  const [, height, width] = inputShape;
  const [top, bottom] = halving(height, 10);
  const [left, right] = halving(width, 4);
  const padding: Padding = [top, left, bottom, right];
  const blocks = Array.from({ length: 4 }, (): Block => [64, 1]);
  const stem: Stem = { out: 64, kernel: [10, 4], stride: 2, padding };
  return separable('ds-cnn', rng, inputShape, stem, blocks, classes);
}

/** Padding before and after with which a window of stride 2 gives ceil(size / 2); the odd zero comes after. */
function halving(size: number, kernel: number): [before: number, after: number] {
  const total = Math.max(0, 2 * (Math.ceil(size / 2) - 1) + kernel - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

type Stem = Pick<Conv2dOptions, 'out' | 'kernel' | 'stride' | 'padding'>;

/** Stem, blocks, global average pooling, one linear layer. */
function separable(
  name: string,
  rng: Rng,
  inputShape: Shape,
  stem: Stem,
  blocks: readonly Block[],
  classes: number,
): Graph {
  const b = builder(name, { x: inputShape }, rng);
  b.conv2d('stem', 'x', { ...stem, bias: false });
  let value = normRelu(b, 'stem');
  blocks.forEach(([out, stride], i) => {
    const block = `block${i + 1}`;
    b.depthwiseConv2d(`${block}.dw`, value, { kernel: 3, stride, padding: 1, bias: false });
    value = normRelu(b, `${block}.dw`);
    b.conv2d(`${block}.pw`, value, { out, kernel: 1, bias: false });
    value = normRelu(b, `${block}.pw`);
  });
  b.globalAvgPool('gap', value).flatten('flat', 'gap').linear('fc', 'flat', { out: classes });
  return b.output('fc').build();
}

/** Batch norm and ReLU after the convolution `name`; returns the ReLU's value. */
export function normRelu(b: GraphBuilder, name: string): string {
  b.batchNorm(`${name}.bn`, name).relu(`${name}.relu`, `${name}.bn`);
  return `${name}.relu`;
}
