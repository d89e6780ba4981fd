/** One kernel's time: the fastest of many samples, each long enough for the clock. */
import { Bench, hrtimeNow } from 'tinybench';
import { wasmModule } from '../../src/backend/module.ts';
import { createWasmBackend } from '../../src/backend/wasm/index.ts';
import { type KernelCase, layCase } from './case.ts';
import { loadYardstick, measurePeak, type Peak } from './yardstick.ts';

export const nameOf = (c: { primitive: string; shape: string }): string => `${c.primitive} ${c.shape}`;
export const isInt8 = (primitive: string): boolean => primitive.startsWith('q') && primitive !== 'quantize';

/** Milliseconds a call. */
export interface Timing {
  fastest: number;
  median: number;
}

/** @param time milliseconds to measure for, after a quarter of it to warm up */
export async function measureCase(c: KernelCase, time: number): Promise<Timing> {
  const laid = layCase(createWasmBackend(await wasmModule()), c);
  laid.run();
  const start = performance.now();
  laid.run();
  // A sample shorter than the clock can tell apart says nothing: repeat within it.
  const repeat = Math.max(1, Math.ceil(0.2 / Math.max(performance.now() - start, 1e-4)));
  const bench = new Bench({ time, warmupTime: time / 4, now: hrtimeNow, throws: true });
  bench.add(c.primitive, () => {
    for (let i = 0; i < repeat; i++) laid.run();
  });
  const [{ result }] = await bench.run();
  if (result.state !== 'completed') throw new Error(`${nameOf(c)}: benchmark ${result.state}`);
  return { fastest: result.latency.min / repeat, median: result.latency.p50 / repeat };
}

/** The machine's peaks, measured in a memory of their own. */
export async function peakNow(): Promise<Peak> {
  return measurePeak(loadYardstick(createWasmBackend(await wasmModule()).heap));
}

/** The better of both, for each type of number. */
export const better = (a: Peak, b: Peak): Peak => ({ f32: Math.max(a.f32, b.f32), i8: Math.max(a.i8, b.i8) });
