// What the stages of the example measure: a graph on paring, a file on ONNX Runtime, a server from outside.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { compile, evaluate } from 'paring';
import { install } from '../../tools/onnx/install.mjs';

/** Pictures a second would be a poor measure of one picture: best of many runs at batch 1, in ms. */
async function bestOf(times, run) {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** Top-1 on a data set and ms a picture, on paring. */
export async function onParing(graph, data, backend) {
  const { top1 } = await evaluate(graph, data, { backend });
  const plan = compile(graph, backend);
  try {
    return { top1, ms: await bestOf(200, () => plan.run()) };
  } finally {
    plan.free();
  }
}

/** Numbers as the model takes them, one batch after another. */
function* batches(data, batch) {
  const size = data.shape.reduce((a, b) => a * b, 1);
  const { mean, deviation, range } = data.meaning;
  const plane = size / data.shape[0];
  const wide = range[1] - range[0];
  for (let from = 0; from < data.length; from += batch) {
    const count = Math.min(batch, data.length - from);
    const pixels = data.images.subarray(from * size, (from + count) * size);
    const x = Float32Array.from(pixels, (p, i) => {
      const c = Math.floor(i / plane) % data.shape[0];
      return ((p - range[0]) / wide - mean[c]) / deviation[c];
    });
    yield { from, count, x };
  }
}

/** Top-1 and ms a picture of an ONNX file on ONNX Runtime, one thread; and how far its outputs are from paring's. */
export async function onRuntime(bytes, graph, data, backend) {
  install();
  const require = createRequire(fileURLToPath(new URL('../../tools/onnx/package.json', import.meta.url)));
  const ort = require('onnxruntime-node');
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  const run = async (x, count) => {
    const feeds = { [input]: new ort.Tensor('float32', x, [count, ...data.shape]) };
    return (await session.run(feeds))[output].data;
  };
  const batch = 100;
  const plan = compile(graph, backend, { batch });
  const found = { right: 0, same: 0, apart: 0, largest: 0 };
  const top = (row) => row.indexOf(row.reduce((a, b) => Math.max(a, b)));
  try {
    for (const { from, count, x } of batches(data, batch)) {
      const theirs = await run(x, count);
      plan.inputs[graph.inputs[0].name].set(x);
      plan.run();
      const ours = plan.outputs[graph.outputs[0]];
      const classes = theirs.length / count;
      for (let i = 0; i < count; i++) {
        const row = theirs.subarray(i * classes, (i + 1) * classes);
        if (top(row) === data.labels[from + i]) found.right += 1;
        if (top(row) === top(ours.subarray(i * classes, (i + 1) * classes))) found.same += 1;
      }
      theirs.forEach((v, i) => {
        found.apart = Math.max(found.apart, Math.abs(v - ours[i]));
        found.largest = Math.max(found.largest, Math.abs(v));
      });
    }
    const [{ x }] = [...batches(data.subset(0, 1), 1)];
    const ms = await bestOf(200, () => run(x, 1));
    return {
      top1: found.right / data.length,
      ms,
      same: found.same / data.length,
      apart: found.apart,
      largest: found.largest,
    };
  } finally {
    plan.free();
    await session.release();
  }
}

/** Starts server.mjs on a file, sends pictures, and stops it. Top-1 of their answers and ms a request, best of all. */
export async function onServer(file, data) {
  const script = fileURLToPath(new URL('server.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const port = await new Promise((resolve, reject) => {
      createInterface(child.stdout).once('line', resolve);
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    });
    const size = data.shape.reduce((a, b) => a * b, 1);
    let right = 0;
    let ms = Number.POSITIVE_INFINITY;
    for (let i = 0; i < data.length; i++) {
      const body = data.images.slice(i * size, (i + 1) * size);
      const start = performance.now();
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body });
      const { index } = await response.json();
      ms = Math.min(ms, performance.now() - start);
      if (index === data.labels[i]) right += 1;
    }
    return { top1: right / data.length, ms };
  } finally {
    child.kill();
  }
}
