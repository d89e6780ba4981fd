/** LeNets: the models of the pruning literature, LeNet-5 (also born shared) and LeNet-300-100. */
import { Rng } from '../../core/rng.ts';
import type { Shape } from '../../core/shape.ts';
import type { Graph } from '../../graph/graph.ts';
import { sequential } from '../sequential.ts';

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

/** LeNet-300-100: two hidden layers of 300 and 100 units with ReLU (LeCun et al. 1998; the baseline of Han et al. 2015). */
export function lenet300(rng: Rng = new Rng(1), inputShape: Shape = [1, 28, 28], classes = 10): Graph {
  return sequential(
    'lenet300-100',
    inputShape,
    [
      'flatten',
      { op: 'linear', name: 'fc1', out: 300 },
      'relu',
      { op: 'linear', name: 'fc2', out: 100 },
      'relu',
      { op: 'linear', name: 'fc3', out: classes },
    ],
    { rng },
  );
}
