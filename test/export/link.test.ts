/** The linker on modules that are not the kernels: every cut and every unknown part is a BackendError, never a wrong module. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BackendError } from '../../src/core/errors.ts';
import { type LinkRequest, link } from '../../src/export/wasm/link.ts';

const kernels = readFileSync(new URL('../../build/inference.wasm', import.meta.url));
const nothing: LinkRequest = { exports: [], run: [], pages: 2, custom: {} };

test('every export alone is a valid module, smaller than all', () => {
  const names = WebAssembly.Module.exports(new WebAssembly.Module(kernels))
    .filter(({ kind }) => kind === 'function')
    .map(({ name }) => name);
  for (const name of names) {
    const module = link(kernels, { ...nothing, exports: [name] });
    expect(WebAssembly.validate(module), name).toBe(true);
    expect(module.length, name).toBeLessThan(kernels.length / 3);
  }
  expect(WebAssembly.validate(link(kernels, { ...nothing, exports: names }))).toBe(true);
});

test('run calls a kernel with its constants: copy_rows of a pattern', () => {
  const args = [256, 512, 1, 4, 0, 0];
  const module = link(kernels, { ...nothing, run: [{ kernel: 'copy_rows', args }] });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module));
  const { memory, run } = instance.exports as { memory: WebAssembly.Memory; run(): void };
  const bytes = new Uint8Array(memory.buffer);
  bytes.set([1, 2, 3, 4, 5], 256);
  run();
  expect([...bytes.subarray(512, 517)]).toEqual([1, 2, 3, 4, 0]);
});

test('custom sections come back', () => {
  const module = new WebAssembly.Module(link(kernels, { ...nothing, custom: { w: Uint8Array.of(7, 8) } }));
  expect(new Uint8Array(WebAssembly.Module.customSections(module, 'w')[0])).toEqual(Uint8Array.of(7, 8));
});

test('what is cut off or unknown is refused', () => {
  for (let length = 0; length < kernels.length; length += 997) {
    expect(() => link(kernels.subarray(0, length), { ...nothing, exports: ['f32_add'] })).toThrow(
      BackendError,
    );
  }
  expect(() => link(kernels, { ...nothing, exports: ['no_such'] })).toThrow(BackendError);
  expect(() => link(kernels, { ...nothing, run: [{ kernel: 'f32_add', args: [1] }] })).toThrow(BackendError);
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const table = Uint8Array.of(...header, 4, 4, 1, 0x70, 0, 1);
  expect(() => link(table, nothing)).toThrow('a section of kind 4');
  // A type, a function of it, exported as f, whose body is an opcode that is none.
  const unknown = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10, 5, 1, 3, 0, 0xff, 0x0b];
  expect(() => link(Uint8Array.of(...header, ...unknown), { ...nothing, exports: ['f'] })).toThrow(
    'opcode ff',
  );
});
