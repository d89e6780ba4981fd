// Makes what the engines read: every work's model as a .paring, .onnx and .tflite file and as plain JSON with weights,
// its input, and what paring's reference backend (plain loops) makes of it. Run once, before any engine.
//   node prepare.mjs <folder> [work ids]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as paring from '../../dist/src/index.js';
import { Trainer } from '../../dist/src/train/trainer.js';
import { onnxModel } from './models/onnx.mjs';
import { tfliteModel } from './models/tflite.mjs';
import { works } from './works.mjs';

const { Rng } = paring;

/** Values of a standard normal distribution, a stream of their own for each name. */
function normal(length, name) {
  const rng = new Rng(11).fork(name);
  return Float32Array.from({ length }, () => rng.normal());
}

/** The graph with biases that are not zero, and the zeros the work asks for, the smallest weights first. */
function weighted(work) {
  const graph = work.make(paring);
  for (const param of graph.params.values()) {
    if (param.name.endsWith('.bias'))
      param.values = normal(param.values.length, param.name).map((v) => v / 10);
  }
  for (const node of work.zeros ? graph.nodes : []) {
    const weight = graph.params.get(node.params.weight);
    if (node.op !== 'conv2d' || weight.shape[2] !== 1) continue;
    // By the largest of a block of 4 output channels, where zeros come in blocks.
    const [rows] = weight.shape;
    const columns = weight.values.length / rows;
    const size = weight.values.map((v, i) => {
      if (!work.blocks) return Math.abs(v);
      const first = i - (Math.floor(i / columns) % 4) * columns;
      return Math.max(...[0, 1, 2, 3].map((r) => Math.abs(weight.values[first + r * columns] ?? 0)));
    });
    const threshold = size.slice().sort()[Math.floor(work.zeros * size.length)];
    weight.values = weight.values.map((v, i) => (size[i] < threshold ? 0 : v));
  }
  return graph;
}

function pictures(graph, count, name) {
  const [{ shape }] = graph.inputs;
  const size = shape.reduce((a, b) => a * b, 1);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  return paring.dataset({
    images: normal(count * size, name),
    labels,
    shape,
    classes: Array.from({ length: 10 }, (_, i) => `${i}`),
    meaning: {
      range: [0, 1],
      mean: Array(shape[0]).fill(0),
      deviation: Array(shape[0]).fill(1),
      channels: 'none',
    },
  });
}

/** int8 by paring's own calibration, on pictures like the input. A product of matrices has no picture: its grid is set here. */
function quantized(graph, backend) {
  if (graph.inputs[0].shape.length === 3) {
    return paring.quantize(graph, pictures(graph, 8, 'calibration'), { samples: 8, batch: 4 }, backend).graph;
  }
  const folded = paring.cloneGraph(graph);
  for (const param of folded.params.values()) {
    if (!param.name.endsWith('.weight')) continue;
    const row = param.shape[1];
    const scale = Float32Array.from({ length: param.shape[0] }, (_, o) => {
      const largest = param.values
        .subarray(o * row, (o + 1) * row)
        .reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      return largest / 127;
    });
    param.quant = { scale };
  }
  const grid = { scale: Math.fround(4 / 127), zeroPoint: 0 };
  const outputs = { scale: Math.fround(6 / 127), zeroPoint: 0 };
  return {
    ...folded,
    activations: new Map([
      ['x', grid],
      [graph.outputs[0], outputs],
    ]),
  };
}

/** The losses of the first two steps: the second shows whether the gradients of the first were right. */
function losses(graph, { learningRate: lr, momentum }, backend) {
  const trainer = new Trainer(
    graph,
    trainingSet(graph),
    { optimizer: { kind: 'sgd', lr, momentum } },
    backend,
  );
  const indices = Uint32Array.from({ length: 64 }, (_, i) => i);
  return Float32Array.from([0, 1], (step) => trainer.step(indices, lr, step).loss);
}

function trainingSet(graph) {
  const set = pictures(graph, 64, 'input');
  return paring.dataset({ ...set, labels: Int32Array.from({ length: 64 }, (_, i) => i % 10) });
}

/** JSON that says everything but the numbers, which `weights` holds one after the other. */
function plainModel(graph, shapes) {
  const parts = [];
  let offset = 0;
  const nodes = graph.nodes.map((node) => {
    const params = {};
    for (const [role, name] of Object.entries(node.params)) {
      const { shape, values } = graph.params.get(name);
      params[role] = { shape, offset };
      parts.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
      offset += values.length;
    }
    return { ...node, params };
  });
  const description = {
    name: graph.name,
    input: graph.inputs[0].name,
    output: graph.outputs[0],
    nodes,
    shapes: Object.fromEntries(shapes),
  };
  return { json: JSON.stringify(description), weights: Buffer.concat(parts) };
}

/** A quantized value's grid as the engines need it, or null. */
const gridOf = (graph, name) => graph.activations?.get(name) ?? null;

async function prepare(work, folder) {
  const reference = await paring.createBackend({ backend: 'reference' });
  let graph = paring.fuseActivations(paring.foldBatchNorm(weighted(work)));
  if (work.int8) graph = quantized(graph, await paring.createBackend());
  const shapes = paring.inferShapes(graph, work.batch);
  const size = shapes.get('x').reduce((a, b) => a * b, 1);
  const input = work.kind === 'train' ? trainingSet(graph).images : normal(size, 'input');
  let expected;
  if (work.kind === 'train') expected = losses(weighted(work), work, reference);
  else {
    const plan = paring.compile(graph, reference, { batch: work.batch, sparse: 'never' });
    plan.inputs.x.set(input);
    plan.run();
    expected = plan.outputs[graph.outputs[0]].slice();
  }
  const put = (suffix, data) => writeFileSync(join(folder, `${work.id}.${suffix}`), data);
  put('paring', paring.encode(work.kind === 'train' ? weighted(work) : graph, { plain: true }));
  put('input', Buffer.from(input.buffer, input.byteOffset, input.byteLength));
  put('expected', Buffer.from(expected.buffer, expected.byteOffset, expected.byteLength));
  const plain = plainModel(graph, shapes);
  put('json', plain.json);
  put('weights', plain.weights);
  if (!work.only && work.kind !== 'train') {
    put('onnx', onnxModel(graph, shapes));
    put('tflite', tfliteModel(graph, shapes));
  }
  const ops = 2 * paring.totals(graph).macs * work.batch;
  const { make, ...about } = work;
  put(
    'work.json',
    JSON.stringify({
      ...about,
      ops,
      inputShape: shapes.get('x'),
      outputShape: shapes.get(graph.outputs[0]),
      inputGrid: gridOf(graph, 'x'),
      outputGrid: gridOf(graph, graph.outputs[0]),
    }),
  );
}

const [folder, ...rest] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const work of works) {
  if (rest.length && !rest.includes(work.id)) continue;
  await prepare(work, folder);
  process.stderr.write(`peers: ${work.id} prepared\n`);
}
