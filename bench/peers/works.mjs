// What every engine is asked to do: layers, whole models, a training step and a cold start, each as a paring graph. The
// graph is the one description; writers and engines translate it, so that nobody computes something else.

/** Padding of TensorFlow's SAME for even extents and stride 2: what is odd goes after the last row and column. */
const SAME_STRIDE_2 = [0, 0, 1, 1];

/**
 * The list, without data: `make(paring)` builds a graph in f32. Fields: id, title, family (works measured by one process),
 * kind ('layer', 'model', 'train', 'cold'), batch, int8, zeros (share of the 1x1 weights set to 0), blocks (of 4x1).
 */
export const works = [
  ...[128, 256, 512, 1024].map((size) => gemm(size, false)),
  ...convolutions().map((c) => conv(c, false)),
  ...[256, 512, 1024].map((size) => gemm(size, true)),
  ...convolutions().map((c) => conv(c, true)),
  ...[0.8, 0.9, 0.95].map((zeros) => ({
    ...conv({ kernel: 1, size: 14, ci: 256, co: 512 }, false),
    id: `sparse1x1-${zeros * 100}`,
    title: `sparse 1x1 14x14 256->512, ${zeros * 100} % zeros`,
    family: 'sparse',
    only: ['paring'],
    zeros,
  })),
  ...[0.8, 0.9, 0.95].map((zeros) => ({
    ...conv({ kernel: 1, size: 14, ci: 256, co: 512 }, false),
    id: `sparse1x1-blocks-${zeros * 100}`,
    title: `sparse 1x1 14x14 256->512, ${zeros * 100} % zeros in 4x1 blocks`,
    family: 'sparse',
    only: ['paring'],
    zeros,
    blocks: true,
  })),
  ...[0, 0.8, 0.9].map((zeros) => ({
    id: zeros ? `mobilenet-1.0-sparse-${zeros * 100}` : 'mobilenet-1.0',
    title: `MobileNetV1 1.0 96x96${zeros ? `, 1x1 weights ${zeros * 100} % zeros` : ''}`,
    family: 'mobilenet',
    kind: 'model',
    batch: 1,
    zeros,
    make: (paring) => mobileNet(paring, 1),
    ...(zeros ? { only: ['paring'] } : {}),
  })),
  ...[false, true].flatMap((int8) => [
    model('resnet8', 'ResNet-8 CIFAR', resnet8, int8),
    model('mobilenet-0.25', 'MobileNetV1 0.25 96x96', (paring) => mobileNet(paring, 0.25), int8),
    model('lenet', 'LeNet 32-64-512', lenet, int8),
  ]),
  {
    id: 'train-lenet',
    title: 'training step of LeNet 32-64-512, batch 64',
    family: 'train',
    kind: 'train',
    batch: 64,
    ...{ learningRate: 0.01, momentum: 0.9 },
    make: lenet,
  },
  {
    id: 'cold',
    title: 'cold start: import, load ResNet-8, first result',
    family: 'cold',
    kind: 'cold',
    batch: 1,
    make: resnet8,
  },
];

function gemm(size, int8) {
  return {
    id: `gemm-${size}${int8 ? '-int8' : ''}`,
    title: `${int8 ? 'int8' : 'f32'} GEMM ${size}`,
    family: int8 ? 'gemm-int8' : 'gemm',
    kind: 'layer',
    batch: size,
    int8,
    make: ({ builder, Rng }) =>
      builder('gemm', { x: [size] }, new Rng(7))
        .linear('y', 'x', { out: size, bias: int8 })
        .output('y')
        .build(),
  };
}

function convolutions() {
  return [
    { kernel: 3, size: 56, ci: 64, co: 64 },
    { kernel: 3, size: 28, ci: 128, co: 128 },
    { kernel: 3, size: 14, ci: 256, co: 256 },
    { kernel: 1, size: 56, ci: 64, co: 128 },
    { kernel: 1, size: 14, ci: 256, co: 512 },
    { kernel: 3, size: 224, ci: 3, co: 32, stride: 2 },
    { kernel: 5, size: 28, ci: 1, co: 32 },
    { kernel: 5, size: 14, ci: 32, co: 64 },
    { kernel: 3, size: 56, ci: 128, co: 128, depthwise: true },
  ];
}

function conv({ kernel, size, ci, co, stride = 1, depthwise = false }, int8) {
  const shape = `${kernel}x${kernel} ${size}x${size} ${depthwise ? ci : `${ci}->${co}`}`;
  const kind = depthwise ? 'depthwise' : 'conv';
  return {
    id: `${kind}${kernel}x${kernel}-${size}-${ci}-${co}${int8 ? '-int8' : ''}`,
    title: `${int8 ? 'int8 ' : ''}${kind} ${shape}${stride > 1 ? ` stride ${stride}` : ''}`,
    family: int8 ? 'conv-int8' : 'conv',
    kind: 'layer',
    batch: 1,
    int8,
    make: ({ builder, Rng }) => {
      const padding = stride === 2 ? SAME_STRIDE_2 : (kernel - 1) / 2;
      const b = builder('conv', { x: [ci, size, size] }, new Rng(7));
      return b
        .conv2d('y', 'x', { out: co, kernel, stride, padding, groups: depthwise ? ci : 1 })
        .output('y')
        .build();
    },
  };
}

function model(id, title, make, int8) {
  return {
    id: int8 ? `${id}-int8` : id,
    title: `${title} ${int8 ? 'int8' : 'f32'}`,
    family: int8 ? 'models-int8' : 'models',
    kind: 'model',
    batch: 1,
    int8,
    make,
  };
}

/** Conv 5x5 same 32, ReLU, max pool 2, conv 5x5 same 64, ReLU, max pool 2, linear 512, ReLU, linear 10: 12.3 M MACs. */
function lenet({ builder, Rng }) {
  const b = builder('lenet', { x: [1, 28, 28] }, new Rng(7));
  b.conv2d('conv1', 'x', { out: 32, kernel: 5, padding: 2 }).relu('relu1', 'conv1');
  b.maxPool('pool1', 'relu1', { kernel: 2 });
  b.conv2d('conv2', 'pool1', { out: 64, kernel: 5, padding: 2 }).relu('relu2', 'conv2');
  b.maxPool('pool2', 'relu2', { kernel: 2 }).flatten('flat', 'pool2');
  b.linear('fc1', 'flat', { out: 512 }).relu('relu3', 'fc1').linear('fc2', 'relu3', { out: 10 });
  return b.output('fc2').build();
}

/** The image classifier of MLPerf Tiny (Banbury et al. 2021), batch norm folded, logits. */
function resnet8({ builder, Rng }) {
  const b = builder('resnet8', { x: [3, 32, 32] }, new Rng(7));
  b.conv2d('stem', 'x', { out: 16, kernel: 3, padding: 1 }).relu('stem.relu', 'stem');
  let value = 'stem.relu';
  [16, 32, 64].forEach((out, i) => {
    const stride = i === 0 ? 1 : 2;
    const padding = stride === 1 ? 1 : SAME_STRIDE_2;
    b.conv2d(`${i}.a`, value, { out, kernel: 3, stride, padding }).relu(`${i}.a.relu`, `${i}.a`);
    b.conv2d(`${i}.b`, `${i}.a.relu`, { out, kernel: 3, padding: 1 });
    let shortcut = value;
    if (stride === 2) {
      shortcut = `${i}.skip`;
      b.conv2d(shortcut, value, { out, kernel: 1, stride });
    }
    value = `${i}.out`;
    b.add(`${i}.add`, `${i}.b`, shortcut).relu(value, `${i}.add`);
  });
  b.globalAvgPool('gap', value).flatten('flat', 'gap').linear('fc', 'flat', { out: 10 });
  return b.output('fc').build();
}

/** MobileNetV1 (Howard et al. 2017) for 96x96 colour pictures and two classes, as MLPerf Tiny's person detector has it at 0.25. */
function mobileNet({ builder, Rng }, width) {
  const b = builder('mobilenet', { x: [3, 96, 96] }, new Rng(7));
  const step = (name, from, options) => {
    b.conv2d(name, from, options).relu(`${name}.relu`, name);
    return `${name}.relu`;
  };
  let channels = 32 * width;
  let value = step('stem', 'x', { out: channels, kernel: 3, stride: 2, padding: SAME_STRIDE_2 });
  const blocks = [64, -128, 128, -256, 256, -512, 512, 512, 512, 512, 512, -1024, 1024];
  blocks.forEach((block, i) => {
    const stride = block < 0 ? 2 : 1;
    const padding = stride === 2 ? SAME_STRIDE_2 : 1;
    value = step(`dw${i}`, value, { out: channels, kernel: 3, stride, padding, groups: channels });
    channels = Math.abs(block) * width;
    value = step(`pw${i}`, value, { out: channels, kernel: 1 });
  });
  b.globalAvgPool('gap', value).flatten('flat', 'gap').linear('fc', 'flat', { out: 2 });
  return b.output('fc').build();
}
