/**
 * Does the work stay in proportion to its amount? Two models over the batch, and one convolution over the size of its image:
 * time for each image or pixel, which caches that are too small, or a cost that each call pays, would bend.
 */
import type { Backend } from '../../src/backend/backend.ts';
import { wasmModule } from '../../src/backend/module.ts';
import { createWasmBackend } from '../../src/backend/wasm/index.ts';
import { Rng } from '../../src/core/rng.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { resnet8 } from '../../src/nn/models.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { compile } from '../../src/plan/compile.ts';
import { layCase } from './case.ts';
import { growingConv } from './conv-cases.ts';

/** One point of a curve. */
export interface GrowthPoint {
  /** What grows is the batch of a model, or the side of a convolution's image in pixels. */
  over: 'batch' | 'side';
  what: string;
  size: number;
  /** Fastest sample, nanoseconds for an image, or for a pixel of the output. */
  ns: number;
}

const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const SIDES = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224];

/** LeNet's shape with the sizes of TensorFlow's tutorials: conv 32, conv 64, fc 512. */
const lenetWide = (): Graph =>
  sequential(
    'lenet-32-64-512',
    [1, 28, 28],
    [
      { op: 'conv2d', name: 'conv1', out: 32, kernel: 5, padding: 2 },
      'relu',
      { op: 'maxPool', name: 'pool1', kernel: 2 },
      { op: 'conv2d', name: 'conv2', out: 64, kernel: 5, padding: 2 },
      'relu',
      { op: 'maxPool', name: 'pool2', kernel: 2 },
      'flatten',
      { op: 'linear', name: 'fc1', out: 512 },
      'relu',
      { op: 'linear', name: 'fc2', out: 10 },
    ],
    { rng: new Rng(1) },
  );

interface Subject extends Omit<GrowthPoint, 'ns'> {
  /** Images or pixels of one run. */
  units: number;
  lay(backend: Backend): () => void;
}

function subjects(batches: readonly number[], sides: readonly number[]): Subject[] {
  const models: [string, Graph][] = [
    ['LeNet 32-64-512', lenetWide()],
    ['ResNet-8', resnet8()],
  ];
  const overBatch = models.flatMap(([what, graph]) =>
    batches.map((batch): Subject => {
      const lay = (backend: Backend) => {
        const plan = compile(graph, backend, { batch });
        const rng = new Rng(1).fork('pixels');
        for (const input of Object.values(plan.inputs)) {
          for (let i = 0; i < input.length; i++) input[i] = rng.uniform();
        }
        return () => plan.run();
      };
      return { over: 'batch', what, size: batch, units: batch, lay };
    }),
  );
  const overSide = sides.map((side): Subject => {
    const lay = (backend: Backend) => layCase(backend, growingConv(side)).run;
    return { over: 'side', what: '3x3 16->32, im2col', size: side, units: side * side, lay };
  });
  return [...overBatch, ...overSide];
}

/**
 * Measures every point in turns, so that a slow moment of the machine bends no curve.
 * @param time milliseconds for each point in each turn
 */
export async function measureGrowth(
  time = 120,
  turns = 3,
  batches: readonly number[] = BATCHES,
  sides: readonly number[] = SIDES,
): Promise<GrowthPoint[]> {
  const module = await wasmModule();
  const all = subjects(batches, sides);
  const fastest = all.map(() => Number.POSITIVE_INFINITY);
  for (let turn = 0; turn < turns; turn++) {
    all.forEach(({ lay }, i) => {
      const run = lay(createWasmBackend(module));
      run();
      const once = performance.now();
      run();
      // Long enough for the clock.
      const repeat = Math.max(1, Math.ceil(0.2 / Math.max(performance.now() - once, 1e-3)));
      const end = performance.now() + time;
      do {
        const start = performance.now();
        for (let k = 0; k < repeat; k++) run();
        fastest[i] = Math.min(fastest[i], (performance.now() - start) / repeat);
      } while (performance.now() < end);
    });
  }
  return all.map(({ over, what, size, units }, i) => ({ over, what, size, ns: (1e6 * fastest[i]) / units }));
}

/** For each curve, how many times as long the slowest point takes as the fastest: 1 is flat. */
export function bends(
  points: readonly GrowthPoint[],
): { what: string; bend: number; from: number; to: number }[] {
  return [...new Set(points.map(({ what }) => what))].map((what) => {
    const curve = points.filter((point) => point.what === what);
    const times = curve.map(({ ns }) => ns);
    const sizes = curve.map(({ size }) => size);
    const bend = Math.max(...times) / Math.min(...times);
    return { what, bend, from: Math.min(...sizes), to: Math.max(...sizes) };
  });
}
