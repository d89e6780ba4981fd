/** Models used by the main job, the tests and the benchmarks. */
import { Rng } from '../core/rng.ts';
import type { Shape } from '../core/shape.ts';
import type { Graph } from '../graph/graph.ts';
import { builder, type GraphBuilder } from './builder.ts';
import { sequential } from './sequential.ts';

/**
 * LeNet-5 as Caffe's MNIST example has it: conv 20 5x5, pool, conv 50 5x5, pool, fc 500, ReLU, fc 10; no activation after
 * the convolutions. 431,080 parameters, the baseline of Han et al. 2015/2016.
 */
export function lenet5(rng: Rng = new Rng(1), inputShape: Shape = [1, 28, 28], classes = 10): Graph {
  return sequential(
    'lenet5',
    inputShape,
    [
      { op: 'conv2d', name: 'conv1', out: 20, kernel: 5 },
      { op: 'maxPool', name: 'pool1', kernel: 2 },
      { op: 'conv2d', name: 'conv2', out: 50, kernel: 5 },
      { op: 'maxPool', name: 'pool2', kernel: 2 },
      'flatten',
      { op: 'linear', name: 'fc1', out: 500 },
      'relu',
      { op: 'linear', name: 'fc2', out: classes },
    ],
    { rng },
  );
}

/**
 * The same network with its weights born shared: k values a layer, every connection assigned to one of them at random,
 * the k values trained (`sharedConv2d`, `sharedLinear`).
 */
export function sharedLenet5(
  rng: Rng = new Rng(1),
  inputShape: Shape = [1, 28, 28],
  classes = 10,
  k = 256,
): Graph {
  return sequential(
    'lenet5-shared',
    inputShape,
    [
      { op: 'sharedConv2d', name: 'conv1', out: 20, kernel: 5, k },
      { op: 'maxPool', name: 'pool1', kernel: 2 },
      { op: 'sharedConv2d', name: 'conv2', out: 50, kernel: 5, k },
      { op: 'maxPool', name: 'pool2', kernel: 2 },
      'flatten',
      { op: 'sharedLinear', name: 'fc1', out: 500, k },
      'relu',
      { op: 'sharedLinear', name: 'fc2', out: classes, k },
    ],
    { rng },
  );
}

/** Output channels of each depthwise-separable block of `dsStudent`, and the stride of its depthwise half. */
const studentBlocks: readonly { out: number; stride: number }[] = [
  { out: 24, stride: 2 },
  { out: 32, stride: 1 },
  { out: 48, stride: 1 },
  { out: 64, stride: 2 },
];

/**
 * A student of depthwise-separable blocks (Howard et al. 2017, MobileNet): a strided 5x5 convolution, four blocks of
 * 3x3 depthwise and 1x1 convolution, each with batch norm and ReLU, global average pooling, one linear layer. 9,106
 * parameters with batch norm at one input channel and ten classes.
 */
export function dsStudent(rng: Rng = new Rng(1), inputShape: Shape = [1, 28, 28], classes = 10): Graph {
  const b = builder('ds-student', { x: inputShape }, rng);
  b.conv2d('stem', 'x', { out: 16, kernel: 5, stride: 2, padding: 2, bias: false });
  let value = normRelu(b, 'stem');
  studentBlocks.forEach(({ out, stride }, i) => {
    const name = `block${i + 1}`;
    b.depthwiseConv2d(`${name}.dw`, value, { kernel: 3, stride, padding: 1, bias: false });
    value = normRelu(b, `${name}.dw`);
    b.conv2d(`${name}.pw`, value, { out, kernel: 1, bias: false });
    value = normRelu(b, `${name}.pw`);
  });
  b.globalAvgPool('gap', value).flatten('flat', 'gap').linear('fc', 'flat', { out: classes });
  return b.output('fc').build();
}

/**
 * A residual network of 8 layers with weights (He et al. 2016, the CIFAR form with one block a stage): 16, 32 and 64
 * channels, 1x1 projections where the shape changes.
 */
export function resnet8(rng: Rng = new Rng(1), inputShape: Shape = [3, 32, 32], classes = 10): Graph {
  const b = builder('resnet8', { x: inputShape }, rng);
  b.conv2d('stem', 'x', { out: 16, kernel: 3, padding: 1, bias: false });
  let value = normRelu(b, 'stem');
  [16, 32, 64].forEach((out, i) => {
    const name = `stage${i + 1}`;
    const stride = i === 0 ? 1 : 2;
    b.conv2d(`${name}.a`, value, { out, kernel: 3, stride, padding: 1, bias: false });
    const inner = normRelu(b, `${name}.a`);
    b.conv2d(`${name}.b`, inner, { out, kernel: 3, padding: 1, bias: false });
    b.batchNorm(`${name}.b.bn`, `${name}.b`);
    let shortcut = value;
    if (stride !== 1) {
      b.conv2d(`${name}.skip`, value, { out, kernel: 1, stride, bias: false });
      b.batchNorm(`${name}.skip.bn`, `${name}.skip`);
      shortcut = `${name}.skip.bn`;
    }
    b.add(`${name}.add`, `${name}.b.bn`, shortcut).relu(`${name}.out`, `${name}.add`);
    value = `${name}.out`;
  });
  b.globalAvgPool('gap', value).flatten('flat', 'gap').linear('fc', 'flat', { out: classes });
  return b.output('fc').build();
}

/** Batch norm and ReLU after the convolution `name`; returns the ReLU's value. */
function normRelu(b: GraphBuilder, name: string): string {
  b.batchNorm(`${name}.bn`, name).relu(`${name}.relu`, `${name}.bn`);
  return `${name}.relu`;
}
