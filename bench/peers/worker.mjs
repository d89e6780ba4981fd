// One engine in a process of its own: loads each work, checks the result against the reference, measures it, prints one
// line of JSON for each. `worker.mjs <engine> <folder> <milliseconds> <work ids...>`
const begun = performance.now();

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [engineName, folder, time, ...ids] = process.argv.slice(2);

function filesOf(id) {
  const read = (suffix) => readFileSync(join(folder, `${id}.${suffix}`));
  const floats = (suffix) => {
    const { buffer, byteOffset, byteLength } = read(suffix);
    return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  };
  return {
    read,
    get expected() {
      return floats('expected');
    },
    input: floats('input'),
    /** The JSON form; `values` gives a parameter's numbers. */
    plain() {
      const model = JSON.parse(read('json'));
      const weights = floats('weights');
      model.values = ({ offset, shape }) => weights.slice(offset, offset + shape.reduce((a, b) => a * b, 1));
      return model;
    },
  };
}

/** Largest difference, as a share of the largest number expected; in int8 as a number of steps. */
function difference(got, expected, grid) {
  if (got.length !== expected.length) throw new Error(`${got.length} numbers instead of ${expected.length}`);
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(got[i] - expected[i]);
    if (!(error <= worst)) worst = error;
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return grid ? worst / grid.scale : worst / largest;
}

/** A layer differs by rounding: one step. Through a whole model steps add up. */
function limitOf(work) {
  if (!work.int8) return 1e-3;
  return work.kind === 'layer' ? 1.01 : 12.01;
}

async function check(work, task, files) {
  const results = [];
  for (let i = 0; i < (work.kind === 'train' ? 2 : 1); i++) {
    await (task.verify ?? task.run)();
    results.push(await task.read());
  }
  const got = results.length === 1 ? results[0] : Float32Array.from(results, ([loss]) => loss);
  const off = difference(got, files.expected, work.int8 && work.outputGrid);
  if (!(off <= limitOf(work))) {
    throw new Error(
      `the result is not the reference's: off by ${off.toPrecision(3)}${work.int8 ? ' steps' : ''}`,
    );
  }
  return off;
}

async function measure(work, task) {
  const start = performance.now();
  await task.run();
  const once = performance.now() - start;
  // Slow enough that one more would say nothing new.
  if (once > 1000) return { ms: once, min: once, samples: 1 };
  const { Bench } = await import('tinybench');
  const bench = new Bench({
    time: Number(time),
    iterations: 5,
    warmupTime: Number(time),
    warmupIterations: 2,
  });
  bench.add(work.id, task.run);
  await bench.run();
  const [{ result }] = bench.tasks;
  if (result.error) throw result.error;
  return { ms: result.latency.p50, min: result.latency.min, samples: result.latency.samplesCount };
}

const say = (line) => process.stdout.write(`\n@${JSON.stringify(line)}\n`);
const [module, argument] = engineName.startsWith('onnxruntime') ? ['ort', engineName] : [engineName];
const { start } = await import(`./engines/${module}.mjs`);
let engine;
for (const id of ids) {
  try {
    const files = filesOf(id);
    const work = JSON.parse(files.read('work.json'));
    engine ??= await start(argument);
    const task = await engine.load(work, files);
    if (work.kind === 'cold') {
      await task.run();
      const result = await task.read();
      const ms = performance.now() - begun;
      const off = difference(result, files.expected);
      if (!(off <= limitOf(work))) throw new Error(`the result is not the reference's: off by ${off}`);
      say({ id, ms, min: ms, samples: 1, off });
      continue;
    }
    const off = await check(work, task, files);
    const measured = await measure(work, task);
    const peak = work.family === 'gemm' ? await task.peak?.() : undefined;
    say({ id, ...measured, off, peak });
  } catch (error) {
    say({ id, error: String(error?.message ?? error).split('\n')[0] });
  }
}
process.exit(0);
