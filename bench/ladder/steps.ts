/** The steps of assembly/ladder/ as functions on one memory, and what each of them is called in tables. */
import { Heap, type Ptr, WasmStore } from '../../src/backend/heap.ts';

type Ladder = Awaited<ReturnType<typeof import('#ladder/types').instantiate>>;
type Multiply = Ladder['f32_gemm_1_naive'];

/** Steps in the order of reading. The last but one shows what the last one cures. */
export const steps = [
  { file: '1_naive', title: 'naive: three loops', kernel: 'f32_gemm_1_naive' },
  { file: '2_loop_order', title: 'loop order: rows, not columns', kernel: 'f32_gemm_2_loop_order' },
  { file: '3_simd', title: 'SIMD: four columns at a time', kernel: 'f32_gemm_3_simd' },
  { file: '4_register_tile', title: 'a 5x8 tile in registers', kernel: 'f32_gemm_4_register_tile' },
  { file: '5_packed', title: 'both operands packed', kernel: 'f32_gemm_5_packed' },
  { file: '6_without_barriers', title: 'unrolled, the trap', kernel: 'f32_gemm_6_without_barriers' },
  { file: '6_barriers', title: 'unrolled, with barriers', kernel: 'f32_gemm_6_barriers' },
] as const;

export interface LadderModule {
  exports: Ladder;
  heap: Heap;
}

/** @param bytes of build/ladder.wasm or build/ladder.debug.wasm */
export function loadLadder(bytes: BufferSource): LadderModule {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536 });
  const abort = (_message: number, _file: number, line: number, column: number): never => {
    throw new Error(`an assertion of the ladder failed at line ${line}, column ${column}`);
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory, abort } });
  const exports = instance.exports as unknown as Ladder;
  return { exports, heap: new Heap(new WasmStore(memory), exports.heapBase()) };
}

export interface Product {
  a: Ptr;
  b: Ptr;
  c: Ptr;
  /** One product by a step. */
  run(kernel: (typeof steps)[number]['kernel']): void;
}

/** Operands m x k and k x n in the ladder's memory, with a result and the scratch that the packed steps need. */
export function layProduct(
  { exports, heap }: LadderModule,
  m: number,
  n: number,
  k: number,
  values: { a: Float32Array; b: Float32Array },
): Product {
  const [a, b, c] = [m * k, k * n, m * n].map((length) => heap.alloc(4 * length));
  const scratch = heap.alloc(exports.ladder_scratch(m, n, k));
  heap.f32(a, m * k).set(values.a);
  heap.f32(b, k * n).set(values.b);
  return { a, b, c, run: (kernel) => (exports[kernel] as Multiply)(m, n, k, a, b, c, scratch) };
}
