/**
 * `paring bench --compare`: is one kernel really faster than another? Benchmark.js runs both in one process and compares
 * their samples with a Mann-Whitney U test, so that a verdict is more than two numbers side by side.
 */
import Benchmark from 'benchmark';
import type { Backend } from '../../src/backend/backend.ts';
import { wasmModule } from '../../src/backend/module.ts';
import { createWasmBackend } from '../../src/backend/wasm/index.ts';
import { fill, type KernelCase, kernelCase, layCase } from './case.ts';
import { loadYardstick } from './yardstick.ts';

interface Contestant {
  name: string;
  run(): void;
}
interface Contest {
  question: string;
  first: Contestant;
  second: Contestant;
}

/** A 1x1 convolution on a 14x14 plane, 256 -> 512 channels, of which a share of the weights is zero. */
function pointwise(zeros: number, sparse: boolean): KernelCase {
  const plane = { n: 1, ci: 256, h: 14, w: 14, co: 512, ho: 14, wo: 14, kh: 1, kw: 1, groups: 1 };
  const window = { strideH: 1, strideW: 1, padT: 0, padL: 0, padB: 0, padR: 0, dilH: 1, dilW: 1 };
  const sizes = { ...plane, ...window, blocks: false, bias: 0, lo: -Infinity, hi: Infinity };
  const buffers = {
    x: { dtype: 'f32', length: 256 * 196, init: fill.uniform },
    weight: { dtype: 'f32', length: 512 * 256, init: fill.sparse(zeros), prepare: true },
    y: { dtype: 'f32', length: 512 * 196, output: true },
  } as const;
  return sparse
    ? kernelCase({ primitive: 'sparseConv2d', shape: '', sizes, buffers, tolerance: 1 })
    : kernelCase({ primitive: 'conv2d', shape: '', sizes, buffers, tolerance: 1 });
}

/** LeNet-5's large linear layer, 800 -> 500 features, of which a share of the weights is zero. */
function features(batch: number, zeros: number, sparse: boolean): KernelCase {
  const sizes = { n: batch, i: 800, o: 500, blocks: false, bias: 0, lo: -Infinity, hi: Infinity };
  const buffers = {
    x: { dtype: 'f32', length: batch * 800, init: fill.uniform },
    weight: { dtype: 'f32', length: 500 * 800, init: fill.sparse(zeros), prepare: true },
    y: { dtype: 'f32', length: batch * 500, output: true },
  } as const;
  return sparse
    ? kernelCase({ primitive: 'sparseLinear', shape: '', sizes, buffers, tolerance: 1 })
    : kernelCase({ primitive: 'linear', shape: '', sizes, buffers, tolerance: 1 });
}

/** Rows x weights^T, all of one size, packed beforehand. */
function square(size: number, int8: boolean): KernelCase {
  const shape = { n: size, i: size, o: size, bias: 0 };
  return int8
    ? kernelCase({
        primitive: 'qlinear',
        shape: '',
        sizes: { ...shape, zeroX: 3, zeroY: -5, lo: -128, hi: 127 },
        buffers: {
          x: { dtype: 'i8', length: size * size, init: fill.i8 },
          weight: { dtype: 'i8', length: size * size, init: fill.w8, prepare: true },
          multiplier: { dtype: 'f32', length: size, init: () => 0.001 },
          y: { dtype: 'i8', length: size * size, output: true },
        },
        tolerance: 0,
      })
    : kernelCase({
        primitive: 'linear',
        shape: '',
        sizes: { ...shape, lo: -Infinity, hi: Infinity },
        buffers: {
          x: { dtype: 'f32', length: size * size, init: fill.uniform },
          weight: { dtype: 'f32', length: size * size, init: fill.uniform, prepare: true },
          y: { dtype: 'f32', length: size * size, output: true },
        },
        tolerance: 1,
      });
}

function contests(backend: Backend): Contest[] {
  const lay = (name: string, c: KernelCase): Contestant => ({ name, run: layCase(backend, c).run });
  const list: Contest[] = [];
  for (const percent of [20, 40, 50, 60, 70, 80, 90, 95]) {
    list.push({
      question: `1x1 14x14 256->512 with ${percent} % zeros`,
      first: lay('sparse', pointwise(percent / 100, true)),
      second: lay('dense', pointwise(percent / 100, false)),
    });
  }
  for (const batch of [1, 8, 32]) {
    for (const percent of [40, 50, 60, 70, 80, 90]) {
      list.push({
        question: `linear 800->500, batch ${batch}, with ${percent} % zeros`,
        first: lay('sparse', features(batch, percent / 100, true)),
        second: lay('dense', features(batch, percent / 100, false)),
      });
    }
  }
  for (const size of [64, 256, 512]) {
    list.push({
      question: `matrix product ${size}`,
      first: lay('int8', square(size, true)),
      second: lay('f32', square(size, false)),
    });
  }
  const { heap } = backend;
  const yardstick = loadYardstick(heap);
  for (const size of [64, 256]) {
    const [a, b, c] = [heap.alloc(4 * size * size), heap.alloc(4 * size * size), heap.alloc(4 * size * size)];
    const shape = { m: size, n: size, k: size };
    list.push({
      question: `matrix product ${size}`,
      first: {
        name: 'packed',
        run: () => backend.gemm({ ...shape, a, b, c, transA: false, transB: false, accumulate: false }),
      },
      second: { name: 'naive', run: () => yardstick.f32_gemm_naive(size, size, size, a, b, c) },
    });
  }
  return list;
}

/** One line a question, with the ratio and whether it is more than noise. */
export async function runCompare(log: (line: string) => void): Promise<void> {
  const backend = createWasmBackend(await wasmModule());
  for (const { question, first, second } of contests(backend)) {
    const options = { minSamples: 20, maxTime: 0.6 };
    const a = new Benchmark(first.name, first.run, options).run();
    const b = new Benchmark(second.name, second.run, options).run();
    const ratio = a.hz / b.hz;
    // Many samples make even a hundredth significant; it is not worth a verdict.
    const order = Math.abs(ratio - 1) < 0.02 ? 0 : a.compare(b);
    const verdict =
      order === 0
        ? `no difference worth the name (${first.name} / ${second.name} = ${ratio.toFixed(2)})`
        : order > 0
          ? `${first.name} is faster than ${second.name}, ${ratio.toFixed(2)} times`
          : `${first.name} is slower than ${second.name}, ${(1 / ratio).toFixed(2)} times`;
    log(`${question.padEnd(44)} ${verdict} (+-${Math.max(a.stats.rme, b.stats.rme).toFixed(1)} %)`);
  }
}
