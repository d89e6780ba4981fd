// ConvNetJS, plain JavaScript, for the training step: one sample after the other, gradients summed over the batch.
import { createRequire } from 'node:module';

export async function start() {
  const convnet = createRequire(import.meta.url)('convnetjs');
  return {
    async load(work, files) {
      const model = files.plain();
      const net = new convnet.Net();
      const [, c, h, w] = work.inputShape;
      net.makeLayers([
        { type: 'input', out_sx: w, out_sy: h, out_depth: c },
        ...model.nodes.flatMap((node, i) => layer(node, i === model.nodes.length - 1)),
      ]);
      const weighted = net.layers.filter((l) => l.filters);
      const nodes = model.nodes.filter((node) => node.params.weight);
      nodes.forEach((node, i) => {
        setWeights(model, node, weighted[i]);
      });
      const trainer = new convnet.Trainer(net, {
        ...{ method: 'sgd', batch_size: work.batch, l2_decay: 0 },
        ...{ learning_rate: work.learningRate, momentum: work.momentum },
      });
      const size = c * h * w;
      const samples = Array.from({ length: work.batch }, (_, n) =>
        volume(convnet, files.input.subarray(n * size), c, h, w),
      );
      let loss;
      return {
        run: () => {
          loss = 0;
          samples.forEach((sample, i) => {
            loss += trainer.train(sample, i % 10).cost_loss / work.batch;
          });
        },
        read: () => Float32Array.of(loss),
      };
    },
  };
}

function layer(node, last) {
  const activation = node.attrs.activation;
  if (node.op === 'conv2d') {
    const [filters, , sy, sx] = node.params.weight.shape;
    return [{ type: 'conv', sx, sy, filters, stride: 1, pad: node.attrs.padding[0], activation }];
  }
  if (node.op === 'maxPool')
    return [{ type: 'pool', sx: node.attrs.kernel[1], stride: node.attrs.stride[1] }];
  if (node.op === 'flatten') return [];
  if (node.op !== 'linear') throw new Error(`convnet: no translation of ${node.op}`);
  const [out] = node.params.weight.shape;
  return last ? [{ type: 'softmax', num_classes: out }] : [{ type: 'fc', num_neurons: out, activation }];
}

/** A volume of [h][w][c] from channels first. */
function volume(convnet, values, c, h, w) {
  const vol = new convnet.Vol(w, h, c, 0);
  for (let ch = 0; ch < c; ch++)
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) vol.set(x, y, ch, values[(ch * h + y) * w + x]);
  return vol;
}

function setWeights(model, node, target) {
  const weights = model.values(node.params.weight);
  const bias = model.values(node.params.bias);
  const before = model.nodes.find((other) => other.name === node.inputs[0]);
  const [out, ...rest] = node.params.weight.shape;
  const row = weights.length / out;
  const [c, h, w] =
    node.op === 'conv2d'
      ? rest
      : before?.op === 'flatten'
        ? model.shapes[before.inputs[0]].slice(1)
        : [row, 1, 1];
  for (let o = 0; o < out; o++) {
    for (let ch = 0; ch < c; ch++)
      for (let p = 0; p < h * w; p++) target.filters[o].w[p * c + ch] = weights[o * row + ch * h * w + p];
    target.biases.w[o] = bias[o];
  }
}
