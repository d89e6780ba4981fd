/** The heap over both stores: blocks are reused, the arena stops growing, contents outlive growth. */
import { describe, expect, test } from 'vitest';
import { ALIGN, Heap, PlainStore, WasmStore } from '../../src/backend/heap.ts';
import { MemoryError } from '../../src/core/errors.ts';

const wasmStore = (maximum = 1000) => new WasmStore(new WebAssembly.Memory({ initial: 1, maximum }));

describe.each([
  ['plain', () => new PlainStore()],
  ['wasm', () => wasmStore()],
])('%s store', (_name, store) => {
  test('blocks are aligned, apart from each other, and never at 0', () => {
    const heap = new Heap(store(), 1000);
    const sizes = [1, 64, 65, 0, 200];
    const blocks = sizes.map((bytes) => ({ ptr: heap.alloc(bytes), bytes }));
    for (const { ptr } of blocks) {
      expect(ptr % ALIGN).toBe(0);
      expect(ptr).toBeGreaterThanOrEqual(1000);
    }
    for (let i = 1; i < blocks.length; i++) {
      expect(blocks[i].ptr).toBeGreaterThanOrEqual(blocks[i - 1].ptr + Math.max(1, blocks[i - 1].bytes));
    }
    expect(new Heap(store(), 0).alloc(1)).toBeGreaterThan(0);
  });

  test('a freed block is reused for the same rounded size only', () => {
    const heap = new Heap(store());
    const a = heap.alloc(100);
    heap.alloc(100);
    heap.free(a);
    expect(heap.alloc(200)).not.toBe(a);
    expect(heap.alloc(128)).toBe(a);
    expect(heap.alloc(128)).not.toBe(a);
  });

  test('freeing and allocating again does not grow', () => {
    const heap = new Heap(store());
    const cycle = () => {
      const blocks = [1000, 5000, 300].map((bytes) => heap.alloc(bytes));
      for (const ptr of blocks) heap.free(ptr);
    };
    cycle();
    const reserved = heap.bytesReserved;
    for (let i = 0; i < 100; i++) cycle();
    expect(heap.bytesReserved).toBe(reserved);
  });

  test('free refuses what is not an allocated block', () => {
    const heap = new Heap(store());
    const ptr = heap.alloc(10);
    expect(() => heap.free(ptr + ALIGN)).toThrow(MemoryError);
    heap.free(ptr);
    expect(() => heap.free(ptr)).toThrow(MemoryError);
  });

  test('growth keeps what blocks hold', () => {
    const heap = new Heap(store());
    const ptr = heap.alloc(40);
    heap.f32(ptr, 10).set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const before = heap.store.buffer;
    const far = heap.alloc(1 << 20);
    expect(heap.store.buffer).not.toBe(before);
    heap.u8(far, 1 << 20).fill(255);
    expect([...heap.f32(ptr, 10)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('the arena gives the same memory again after a reset, and does not grow', () => {
    const heap = new Heap(store());
    const mark = heap.arenaMark();
    // Three chunks: two small ones share the first, one is larger than a chunk.
    const step = () => [1000, 700_000, 600_000, 3_000_000, 50].map((bytes) => heap.arenaAlloc(bytes));
    const first = step();
    const reserved = heap.bytesReserved;
    for (let i = 0; i < 50; i++) {
      heap.arenaReset(mark);
      expect(step()).toEqual(first);
    }
    expect(heap.bytesReserved).toBe(reserved);
  });

  test('arena blocks do not overlap, and an inner reset keeps the outer ones', () => {
    const heap = new Heap(store());
    const outer = heap.arenaAlloc(4);
    heap.f32(outer, 1)[0] = 42;
    const mark = heap.arenaMark();
    const inner = heap.arenaAlloc(2_000_000);
    heap.u8(inner, 2_000_000).fill(255);
    heap.arenaReset(mark);
    expect(heap.arenaAlloc(4)).toBe(outer + ALIGN);
    expect(heap.f32(outer, 1)[0]).toBe(42);
  });

  test('scratch is one block until more is asked for', () => {
    const heap = new Heap(store());
    const small = heap.scratch(1000);
    expect(heap.scratch(10)).toBe(small);
    expect(heap.scratch(1000)).toBe(small);
    const block = heap.alloc(64);
    const large = heap.scratch(100_000);
    const bytes = heap.u8(large, 100_000);
    expect(bytes.length).toBe(100_000);
    expect(block < large || block >= large + 100_000).toBe(true);
    expect(heap.scratch(1000)).toBe(large);
  });

  test('views show the same bytes', () => {
    const heap = new Heap(store());
    const ptr = heap.alloc(4);
    heap.i32(ptr, 1)[0] = -2;
    expect([...heap.u8(ptr, 4)]).toEqual([254, 255, 255, 255]);
    expect([...heap.i8(ptr, 4)]).toEqual([-2, -1, -1, -1]);
  });
});

test('memory that will not grow is a MemoryError, and the heap goes on', () => {
  const heap = new Heap(wasmStore(2));
  expect(() => heap.alloc(10 << 20)).toThrow(MemoryError);
  expect(heap.f32(heap.alloc(400), 100).length).toBe(100);
});

test('nothing is handed out beyond 4 GiB', () => {
  const untouched = { buffer: new ArrayBuffer(0), growTo: () => {} };
  const heap = new Heap(untouched, 2 ** 32 - 128);
  expect(heap.alloc(128)).toBe(2 ** 32 - 128);
  expect(() => heap.alloc(1)).toThrow(MemoryError);
});
