// TensorFlow.js on its WebAssembly backend, one thread: the graph's ops called one after the other, bias and ReLU fused
// where the library has a fused op. It has no int8 kernels, and no gradient of a convolution's weights on this backend.
import { channelsFirst, channelsLast, linearColumns, paddingName } from '../models/layout.mjs';

export async function start() {
  const tf = await import('@tensorflow/tfjs-core');
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  wasm.setThreadsCount(1);
  wasm.setWasmPaths(new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url).pathname);
  await tf.setBackend('wasm');
  return {
    async load(work, files) {
      const model = files.plain();
      const steps = model.nodes.map((node) => translate(tf, model, node));
      const [n, c, h, w] = work.inputShape;
      const input =
        work.inputShape.length === 4
          ? tf.tensor(channelsLast(files.input, work.inputShape), [n, h, w, c])
          : tf.tensor(files.input, work.inputShape);
      let out;
      return {
        run: () => {
          out?.dispose();
          out = tf.tidy(() => {
            const values = { [model.input]: input };
            for (const { name, inputs, call } of steps) values[name] = call(...inputs.map((i) => values[i]));
            return values[model.output];
          });
        },
        read: () => {
          const data = out.dataSync();
          return work.outputShape.length === 4 ? channelsFirst(data, work.outputShape) : data;
        },
      };
    },
  };
}

function translate(tf, model, node) {
  const { name, op, inputs, attrs } = node;
  const activation = attrs.activation ?? 'linear';
  const shape = model.shapes[inputs[0]];
  const bias = node.params.bias && tf.tensor1d(model.values(node.params.bias));
  if (op === 'conv2d') {
    const { shape: dims } = node.params.weight;
    const [co, ci, kh, kw] = dims;
    const pad = paddingName(attrs.padding, [kh, kw], attrs.stride, shape.slice(2));
    // [kh][kw][ci][co]: what stands first goes last.
    const filter = tf.tensor(channelsLast(model.values(node.params.weight), [1, co, ci, kh * kw]), [
      ci,
      kh,
      kw,
      co,
    ]);
    const ordered = tf.transpose(filter, attrs.groups > 1 ? [1, 2, 3, 0] : [1, 2, 0, 3]);
    const conv = attrs.groups > 1 ? tf.fused.depthwiseConv2d : tf.fused.conv2d;
    const call = (x) => conv({ x, filter: ordered, strides: attrs.stride, pad, bias, activation });
    return { name, inputs, call };
  }
  if (op === 'linear') {
    const [out, features] = node.params.weight.shape;
    const before = model.nodes.find((other) => other.name === inputs[0]);
    const flattened = before?.op === 'flatten' ? model.shapes[before.inputs[0]] : undefined;
    const weight = tf.tensor(linearColumns(model.values(node.params.weight), out, flattened), [
      out,
      features,
    ]);
    const b = tf.transpose(weight);
    return { name, inputs, call: (a) => tf.fused.matMul({ a, b, bias, activation }) };
  }
  const relu = (x) => (activation === 'relu' ? tf.relu(x) : x);
  const calls = {
    maxPool: (x) => tf.maxPool(x, attrs.kernel, attrs.stride, 'valid'),
    globalAvgPool: (x) => tf.mean(x, [1, 2]),
    flatten: (x) => tf.reshape(x, [x.shape[0], -1]),
    add: (a, b) => relu(tf.add(a, b)),
  };
  if (!calls[op]) throw new Error(`tfjs: no translation of ${op}`);
  return { name, inputs, call: calls[op] };
}
