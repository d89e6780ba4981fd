/** f32 arrays, bit for bit. */
import { FormatError } from '../core/errors.ts';
import { type ByteReader, ByteWriter } from './bytes.ts';
import { readSymbols, type SymbolMethod, writeSymbols } from './symbols.ts';

/** From here on planes are coded by Huffman alone: the range coder gains little on them and takes several times longer to read. */
const FAST_FROM = 1 << 16;

/**
 * Writes 0 and the numbers, little endian; or 1 and four runs of symbols, one for each byte of a number, lowest first
 * (signs and exponents repeat, mantissas do not), if that is shorter by a hundredth
 * and not forbidden by `plain`.
 */
export function writeFloats(writer: ByteWriter, values: Float32Array, plain = false): void {
  const numbers = littleEndian(values);
  if (plain) {
    writer.u8(0);
    writer.bytes(numbers);
    return;
  }
  const methods: SymbolMethod[] =
    values.length < FAST_FROM ? ['raw', 'huffman', 'range'] : ['raw', 'huffman'];
  const planes = new ByteWriter();
  for (let plane = 0; plane < 4; plane++) {
    writeSymbols(
      planes,
      Uint8Array.from(values, (_, i) => numbers[4 * i + plane]),
      256,
      methods,
    );
  }
  const asPlanes = planes.length < numbers.length * 0.99;
  writer.u8(asPlanes ? 1 : 0);
  writer.bytes(asPlanes ? planes.finish() : numbers);
}

/** @throws FormatError if the bytes left cannot hold `count` numbers */
export function readFloats(
  reader: ByteReader,
  count: number,
  what: string,
): { values: Float32Array; planes: boolean } {
  const start = reader.at;
  const layout = reader.u8(`layout of ${what}`);
  if (layout > 1) throw new FormatError(start, `a layout of ${what} of 0 or 1`, `${layout}`);
  if (layout === 0) return { values: fromLittleEndian(reader.bytes(4 * count, what)), planes: false };
  const planes = [0, 1, 2, 3].map(() => readSymbols(reader, count, 256).symbols);
  const bits = new Uint32Array(count);
  const [a, b, c, d] = planes;
  for (let i = 0; i < count; i++) bits[i] = a[i] | (b[i] << 8) | (c[i] << 16) | (d[i] << 24);
  return { values: new Float32Array(bits.buffer), planes: true };
}

const hostIsLittleEndian = (): boolean => new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

function littleEndian(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.slice().buffer);
  return hostIsLittleEndian() ? bytes : reverseEachFour(bytes);
}

function fromLittleEndian(bytes: Uint8Array): Float32Array {
  const copy = bytes.slice();
  return new Float32Array((hostIsLittleEndian() ? copy : reverseEachFour(copy)).buffer);
}

function reverseEachFour(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes, (_, i) => bytes[(i & ~3) + 3 - (i & 3)]);
}
