/** Executes a graph as ops: what training and calibration run, where every value can be seen and replaced. */
import type { Tensor } from '../autograd/tensor.ts';
import { GraphError } from '../core/errors.ts';
import { formatShape, sameShape } from '../core/shape.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { hardSwish, leakyRelu, relu, relu6, sigmoid, tanh } from './activation.ts';
import { add } from './add.ts';
import { avgPool } from './avg-pool.ts';
import { batchNorm } from './batch-norm.ts';
import { binary } from './binary.ts';
import { clip, hardSigmoid, round } from './clip.ts';
import { concat } from './concat.ts';
import { conv2d } from './conv2d.ts';
import { flatten } from './flatten.ts';
import { gather } from './gather.ts';
import { globalAvgPool } from './global-avg-pool.ts';
import { linear } from './linear.ts';
import { matmul } from './matmul.ts';
import { maxPool } from './max-pool.ts';
import { mul } from './mul.ts';
import { pad } from './pad.ts';
import { reduceMean } from './reduce-mean.ts';
import { reshape } from './reshape.ts';
import { slice } from './slice.ts';
import { softmax } from './softmax.ts';
import { transpose } from './transpose.ts';

export interface Bindings {
  /** The graph's inputs by name, batch first. */
  inputs: Readonly<Record<string, Tensor>>;
  /** The tensor that stands for a parameter. */
  param(name: string): Tensor;
  /** Whether batch normalisation takes the statistics of the batch (and moves the running ones). */
  training: boolean;
  /** Called with every value as it is made, inputs included; what it returns takes the value's place. */
  onValue?(name: string, value: Tensor): Tensor;
}

/**
 * @returns all values by name: inputs, and one a node
 * @throws GraphError for an input that is missing or of the wrong shape, and an unknown op; ShapeError, ArgumentError
 *   from the ops
 */
export function runGraph(graph: Graph, bind: Bindings): Map<string, Tensor> {
  const values = new Map<string, Tensor>();
  const put = (name: string, value: Tensor): void => {
    values.set(name, bind.onValue === undefined ? value : bind.onValue(name, value));
  };
  for (const { name, shape, fixed } of graph.inputs) {
    const x = bind.inputs[name];
    if (x === undefined) throw new GraphError(name, 'the input is not bound');
    if (!sameShape(fixed ? x.shape : x.shape.slice(1), shape)) {
      throw new GraphError(
        name,
        `the input takes ${fixed ? '' : 'N samples of '}${formatShape(shape)}, got ${formatShape(x.shape)}`,
      );
    }
    put(name, x);
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => {
      const x = values.get(name);
      if (x === undefined) throw new GraphError(node.name, `reads '${name}', which no earlier node makes`);
      return x;
    });
    put(node.name, runNode(node, inputs, bind));
  }
  return values;
}

function runNode(node: Node, inputs: readonly Tensor[], bind: Bindings): Tensor {
  const param = (role: string): Tensor => bind.param(node.params[role]);
  const optional = (role: string): Tensor | null => (role in node.params ? param(role) : null);
  const [x] = inputs;
  switch (node.op) {
    case 'conv2d':
      return conv2d(x, param('weight'), optional('bias'), node.attrs);
    case 'linear':
      return linear(x, param('weight'), optional('bias'), node.attrs);
    case 'batchNorm':
      return batchNorm(
        x,
        {
          gamma: param('gamma'),
          beta: param('beta'),
          mean: param('mean'),
          variance: param('variance'),
        },
        node.attrs,
        bind.training,
      );
    case 'relu':
      return relu(x);
    case 'relu6':
      return relu6(x);
    case 'leakyRelu':
      return leakyRelu(x, node.attrs.slope);
    case 'sigmoid':
      return sigmoid(x);
    case 'tanh':
      return tanh(x);
    case 'hardSwish':
      return hardSwish(x);
    case 'clip':
      return clip(x, node.attrs);
    case 'hardSigmoid':
      return hardSigmoid(x, node.attrs);
    case 'round':
      return round(x);
    case 'maxPool':
      return maxPool(x, node.attrs);
    case 'avgPool':
      return avgPool(x, node.attrs);
    case 'globalAvgPool':
      return globalAvgPool(x);
    case 'add':
      return add(x, inputs[1], node.attrs);
    case 'mul':
      return mul(x, inputs[1]);
    case 'binary':
      return binary(x, inputs[1] ?? param('value'), node.attrs);
    case 'matmul':
      return matmul(x, inputs[1]);
    case 'concat':
      return concat(inputs, node.attrs);
    case 'pad':
      return pad(x, node.attrs);
    case 'flatten':
      return flatten(x);
    case 'reshape':
      return reshape(x, node.attrs);
    case 'transpose':
      return transpose(x, node.attrs);
    case 'slice':
      return slice(x, node.attrs);
    case 'gather':
      return gather(x, node.attrs);
    case 'reduceMean':
      return reduceMean(x, node.attrs);
    case 'softmax':
      return softmax(x);
    default:
      throw new GraphError((node as Node).name, `unknown op '${(node as Node).op}'`);
  }
}
