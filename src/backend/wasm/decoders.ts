/** The call sites of assembly/entropy: decoders of the model file. Everything they touch lies in scratch. */
import type { Decoders } from '../backend.ts';
import type { Heap } from '../heap.ts';
import type { Kernels } from './family.ts';

/** Bytes whose checksum a call takes: a file may be larger than what scratch should grow to. */
const CHUNK = 1 << 16;

export function decoders(kernels: Kernels, heap: Heap): Decoders {
  /** Scratch for a kernel's state, the bytes that go in, and `length` bytes that come out. */
  function room(state: number, inputs: readonly Uint8Array[], length: number): number[] {
    let at = heap.scratch(state + inputs.reduce((sum, bytes) => sum + bytes.length, length));
    const places = [at];
    at += state;
    for (const bytes of inputs) {
      heap.u8(at, bytes.length).set(bytes);
      places.push(at);
      at += bytes.length;
    }
    return [...places, at];
  }
  const result = (at: number, length: number): Uint8Array => heap.u8(at, length).slice();

  return {
    crc32(...parts) {
      const [tables, at] = room(kernels.crc32_scratch(), [], CHUNK);
      kernels.crc32_tables(tables);
      let crc = 0;
      for (const part of parts) {
        for (let done = 0; done < part.length; done += CHUNK) {
          const chunk = part.subarray(done, done + CHUNK);
          heap.u8(at, chunk.length).set(chunk);
          crc = kernels.crc32(crc, at, chunk.length, tables);
        }
      }
      return crc >>> 0;
    },
    text(primer, code, length) {
      const [state, primerAt, codeAt, out] = room(kernels.text_read_scratch(), [primer, code], length);
      kernels.text_read(primerAt, primer.length, codeAt, code.length, out, length, state);
      return result(out, length);
    },
    symbols(code, count, alphabet, width, after) {
      const [state, codeAt, out] = room(kernels.symbols_read_scratch(width), [code], count);
      kernels.symbols_read(codeAt, code.length, out, count, alphabet, width, after, state);
      return result(out, count);
    },
    positions(code, rows, columns) {
      const [state, codeAt, out] = room(kernels.positions_read_scratch(columns), [code], rows * columns);
      kernels.positions_read(codeAt, code.length, out, rows, columns, state);
      return result(out, rows * columns);
    },
  };
}
