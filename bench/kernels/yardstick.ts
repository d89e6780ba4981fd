/** The benchmark's own wasm module: register-only peak probes and the naive matrix product. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Heap, WasmStore } from '../../src/backend/heap.ts';

type Yardstick = Awaited<ReturnType<typeof import('#probe/types').instantiate>>;

/** @param heap a wasm backend's heap, whose memory the naive kernel then works on */
export function loadYardstick(heap: Heap): Yardstick {
  const bytes = readFileSync(fileURLToPath(import.meta.resolve('#probe.wasm')));
  const { memory } = heap.store as WasmStore;
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
    .exports as unknown as Yardstick;
}

/** Peaks of this machine in giga-operations a second, one thread. */
export interface Peak {
  /** f32 multiply plus add, 4 lanes, without fused multiply-add: rates of a multiply-only and an add-only loop summed. */
  f32: number;
  /** dot_i16x8_s plus i32x4.add, 16 operations a pair. */
  i8: number;
}

/** Best of `rounds` short runs of each probe: the machine's clock and neighbours only ever take away. */
export function measurePeak(yardstick: Yardstick, rounds = 25): Peak {
  const best = (probe: (iterations: number) => number, opsPerIteration: number): number => {
    const iterations = 20_000;
    for (let i = 0; i < 50; i++) probe(100); // let the engine's optimizing tier take over
    let fastest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < rounds; i++) {
      const start = performance.now();
      probe(iterations);
      fastest = Math.min(fastest, performance.now() - start);
    }
    return (iterations * opsPerIteration) / fastest / 1e6;
  };
  const mul = best(yardstick.f32_mul_probe, 192);
  const add = best(yardstick.f32_add_probe, 192);
  return { f32: mul + add, i8: best(yardstick.i8_dot_probe, 768) };
}
