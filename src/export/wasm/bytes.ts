/** Reading and writing the WebAssembly binary format: LEB128 numbers, vectors, names. Reads stay within their bounds. */
import { BackendError } from '../../core/errors.ts';

export function malformed(what: string): BackendError {
  return new BackendError('wasm', `the kernels module is not as the exporter knows it: ${what}`);
}

export class WasmReader {
  readonly source: Uint8Array;
  at: number;
  readonly end: number;

  constructor(source: Uint8Array, at = 0, end = source.length) {
    this.source = source;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  u8(): number {
    if (this.at >= this.end) throw malformed(`it ends at byte ${this.end}`);
    return this.source[this.at++];
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    let value = 0;
    for (let unit = 1; unit <= 2 ** 28; unit *= 128) {
      const byte = this.u8();
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
    throw malformed(`a number before byte ${this.at} has more than 32 bits`);
  }

  /** Passes over a LEB128 number of any sign and width. */
  skipNumber(): void {
    while (this.u8() >= 128);
  }

  bytes(count: number): Uint8Array {
    if (count > this.end - this.at) throw malformed(`it ends at byte ${this.end}`);
    this.at += count;
    return this.source.subarray(this.at - count, this.at);
  }

  name(): string {
    return new TextDecoder().decode(this.bytes(this.u32()));
  }

  /** A reader of the next `u32` bytes. */
  block(): WasmReader {
    const length = this.u32();
    this.bytes(length);
    return new WasmReader(this.source, this.at - length, this.at);
  }
}

/** Unsigned LEB128. */
export function u32(value: number): number[] {
  const out: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) out.push((value % 128) | 128);
  return [...out, value];
}

/** Signed LEB128 of a number's low 32 bits. */
export function i32(value: number): number[] {
  const out: number[] = [];
  for (let rest = value | 0; ; ) {
    const byte = rest & 127;
    rest >>= 7;
    if ((rest === 0 && byte < 64) || (rest === -1 && byte >= 64)) return [...out, byte];
    out.push(byte | 128);
  }
}

/** A length and the bytes. */
export function sized(bytes: Uint8Array | readonly number[]): Uint8Array {
  return join([u32(bytes.length), bytes]);
}

/** A count and the items. */
export function vector(items: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return join([u32(items.length), ...items]);
}

export function join(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function text(value: string): Uint8Array {
  return sized(new TextEncoder().encode(value));
}
