import type { Dataset } from '../../src/data/dataset.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { loadMnist, type Mnist } from '../../src/node/mnist.ts';

let loaded: Promise<Mnist> | undefined;

/** MNIST, read once a test file. */
export function mnist(): Promise<Mnist> {
  loaded ??= loadMnist();
  return loaded;
}

/** The first images of the training set. */
export async function someMnist(count: number): Promise<Dataset> {
  return (await mnist()).train.subset(0, count);
}

/** A convolution, batch norm, pooling and two linear layers: everything a constraint can sit on, small enough to train in a second. */
export function smallNet(): Graph {
  return sequential(
    'small',
    [1, 28, 28],
    [
      { op: 'conv2d', name: 'conv', out: 8, kernel: 5, stride: 2, bias: false },
      'batchNorm',
      'relu',
      { op: 'maxPool', kernel: 2 },
      'flatten',
      { op: 'linear', name: 'fc1', out: 32 },
      'relu',
      { op: 'linear', name: 'fc2', out: 10 },
    ],
  );
}
