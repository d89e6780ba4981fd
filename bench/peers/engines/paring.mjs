// paring itself, as it is built in dist/. A layer is its plan's step on memory that is already in place; a model is a
// whole `run`, the input copied in. An int8 layer is the integer step alone, as the peers compute it.
import { readFileSync } from 'node:fs';

export async function start() {
  const { load } = await import('../../../dist/runtime/index.js');
  return {
    version: JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url))).version,
    async load(work, files) {
      if (work.kind === 'train') return trainer(work, files);
      const model = await load(files.read('paring'), { batch: work.batch });
      const { plan } = model;
      if (work.kind !== 'layer') {
        let out;
        return {
          run: () => {
            out = model.run(files.input);
          },
          read: () => out.slice(),
        };
      }
      plan.inputs.x.set(files.input);
      const { backend, steps } = plan;
      const layer = steps.find((step) => !/^(de)?quantize$/.test(step.primitive));
      return {
        verify: () => plan.run(),
        run: work.int8 ? () => backend[layer.primitive](layer.args) : () => plan.run(),
        read: () => plan.outputs.y.slice(),
        peak: () => peak(backend),
      };
    },
  };
}

/** What one thread's multiply and add units can do in this process, GFLOP/s, by the kernel benchmark's probe. */
async function peak(backend) {
  const { loadYardstick, measurePeak } = await import('../../../dist/bench/kernels/yardstick.js');
  return measurePeak(loadYardstick(backend.heap)).f32;
}

async function trainer(work, files) {
  const paring = await import('../../../dist/src/index.js');
  const { Trainer } = await import('../../../dist/src/train/trainer.js');
  const graph = paring.decode(files.read('paring'));
  const labels = Int32Array.from({ length: work.batch }, (_, i) => i % 10);
  const data = paring.dataset({
    ...{ images: files.input, labels, shape: graph.inputs[0].shape },
    classes: Array.from({ length: 10 }, (_, i) => `${i}`),
    meaning: { range: [0, 1], mean: [0], deviation: [1], channels: 'none' },
  });
  const optimizer = { kind: 'sgd', lr: work.learningRate, momentum: work.momentum };
  const training = new Trainer(graph, data, { optimizer }, await paring.createBackend());
  const indices = Uint32Array.from({ length: work.batch }, (_, i) => i);
  let loss;
  return {
    run: () => {
      loss = training.step(indices, work.learningRate, 0).loss;
    },
    read: () => Float32Array.of(loss),
  };
}
