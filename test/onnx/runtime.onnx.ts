/** What ONNX Runtime makes of exported files, beside what paring's own plans make of the graphs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantize } from '../../src/compress/quantize.ts';
import { Rng } from '../../src/core/rng.ts';
import type { Shape } from '../../src/core/shape.ts';
import { dataset } from '../../src/data/dataset.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { normalizePixels } from '../../src/graph/meaning.ts';
import { lenet5 } from '../../src/nn/models.ts';
import { modelByName, modelNames, type NamedModel } from '../../src/nn/registry.ts';
import { exportOnnx } from '../../src/onnx/export.ts';
import { exporters } from '../../src/onnx/export-ops.ts';
import { compile } from '../../src/plan/compile.ts';
import { fit } from '../../src/train/fit.ts';
import { lenet5Training } from '../../src/train/presets.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { sampleInput } from '../helpers/graphs.ts';
import { mnist } from '../helpers/mnist.ts';
import { openOnnx } from '../helpers/onnx-runtime.ts';
import { randomGraph } from '../nn/random-graphs.ts';
import { everyOp } from './every-op.ts';

const backend = wasmBackend();

/** Largest difference of any output, as a part of the largest number of that output. */
async function difference(graph: Graph, batch: number, optimize = true): Promise<number> {
  const plan = compile(graph, backend, { batch });
  const model = await openOnnx(exportOnnx(graph), optimize);
  try {
    const feeds: Record<string, { data: Float32Array; shape: Shape }> = {};
    for (const { name, shape } of graph.inputs) {
      const data = sampleInput([batch, ...shape], name.length);
      (plan.inputs[name] as Float32Array).set(data);
      feeds[name] = { data, shape: [batch, ...shape] };
    }
    plan.run();
    const results = await model.run(feeds);
    expect(Object.keys(results).sort()).toEqual([...graph.outputs].sort());
    let worst = 0;
    for (const [name, { data, shape }] of Object.entries(results)) {
      expect(shape).toEqual(plan.shapes.get(name));
      const own = plan.outputs[name];
      const largest = own.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-30);
      own.forEach((v, i) => {
        worst = Math.max(worst, Math.abs(v - data[i]) / largest);
      });
    }
    return worst;
  } finally {
    plan.free();
    await model.release();
  }
}

describe('f32', () => {
  test('the graphs have every op', () => {
    const ops = new Set(everyOp.flatMap(([, graph]) => graph.nodes.map(({ op }) => op)));
    expect([...ops].sort()).toEqual(Object.keys(exporters).sort());
  });

  test.each(everyOp)('%s', async (_, graph) => {
    expect(await difference(graph, 1)).toBeLessThan(1e-5);
    expect(await difference(graph, 3)).toBeLessThan(1e-5);
  });

  test.each(modelNames)('$name', async ({ name, inputShape, classes }) => {
    expect(await difference(modelByName(name, { inputShape, classes }), 2)).toBeLessThan(1e-5);
  });

  // Node by node: the runtime's own fusion of a border into a pooling after it refuses borders as wide as the window.
  test('random graphs', async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph, fc.integer({ min: 1, max: 3 }), async (graph, batch) => {
        expect(await difference(graph, batch, false)).toBeLessThan(1e-5);
      }),
      { numRuns: 200 },
    );
  });
});

/** What two models say of the same images: images of one answer, outputs by how many steps of the grid they differ. */
async function compareInt8(graph: Graph, images: Float32Array, step: number) {
  const batch = 100;
  const plan = compile(graph, backend, { batch });
  const model = await openOnnx(exportOnnx(graph));
  const [{ name, shape }] = graph.inputs;
  const [output] = graph.outputs;
  const input = plan.inputs[name].length;
  const found = { images: 0, same: 0, outputs: 0, exact: 0, worst: 0 };
  for (let from = 0; from + input <= images.length; from += input) {
    const data = images.slice(from, from + input);
    plan.inputs[name].set(data);
    plan.run();
    const own = plan.outputs[output];
    const other = (await model.run({ [name]: { data, shape: [batch, ...shape] } }))[output].data;
    const classes = own.length / batch;
    for (let i = 0; i < batch; i++) {
      const top = (all: Float32Array): number => {
        const row = all.subarray(i * classes, (i + 1) * classes);
        return row.indexOf(row.reduce((a, b) => Math.max(a, b)));
      };
      found.images += 1;
      if (top(own) === top(other)) found.same += 1;
    }
    own.forEach((v, i) => {
      const steps = Math.round(Math.abs(v - other[i]) / step);
      found.outputs += 1;
      if (steps === 0) found.exact += 1;
      found.worst = Math.max(found.worst, steps);
    });
  }
  plan.free();
  await model.release();
  return found;
}

/** Calibrated on noise: what the numbers are does not matter, that both sides have the same does. */
function calibrated(graph: Graph): { graph: Graph; images: Float32Array } {
  const [{ shape }] = graph.inputs;
  const images = sampleInput([200, ...shape]);
  const noise = dataset({
    images,
    labels: Int32Array.from({ length: 200 }, (_, i) => i % 2),
    shape,
    classes: ['0', '1'],
    meaning: {
      range: [0, 1],
      mean: Array(shape[0]).fill(0),
      deviation: Array(shape[0]).fill(1),
      channels: 'none',
    },
  });
  return { graph: quantize(graph, noise, { observer: 'minMax' }, backend).graph, images };
}

describe('int8', () => {
  const named = ['ds-student', 'ds-cnn', 'resnet8', 'mobilenet-v1-0.25'].map((name): [string, Graph] => {
    const model = modelNames.find((candidate) => candidate.name === name) as NamedModel;
    return [name, modelByName(name, { inputShape: model.inputShape, classes: model.classes })];
  });
  test.each([...everyOp.filter(([, g]) => g.inputs.length === 1 && g.nodes.length > 3), ...named])(
    '%s',
    async (name, model) => {
      const { graph, images } = calibrated(model);
      const step = graph.activations?.get(graph.outputs[0])?.scale as number;
      const found = await compareInt8(graph, images, step);
      console.log(JSON.stringify(found));
      expect(found.same).toBe(found.images);
      // Where a product lies halfway between two codes, a last bit decides; through 27 layers the step it makes may grow.
      expect(found.exact / found.outputs).toBeGreaterThan(0.98);
      if (!name.startsWith('mobilenet')) expect(found.worst).toBeLessThanOrEqual(1);
    },
  );

  test('LeNet-5 on the test set of MNIST', async () => {
    const { train, test: held } = await mnist();
    const some = train.subset(0, 6400);
    const trained = await fit(lenet5(new Rng(1)), some, { ...lenet5Training, epochs: 1 });
    const { graph } = quantize(trained.graph, some, {}, backend);
    const table = normalizePixels(held.images, graph.inputs[0].shape, held.meaning);
    const step = graph.activations?.get(graph.outputs[0])?.scale as number;
    const found = await compareInt8(graph, table, step);
    console.log(JSON.stringify(found));
    expect(found.same / found.images).toBeGreaterThanOrEqual(0.999);
    expect(found.worst).toBeLessThanOrEqual(1);
  });
});
