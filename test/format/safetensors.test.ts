/** safetensors: every type read as it is, what is written read back, and no lie of a header believed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArgumentError, FormatError } from '../../src/core/errors.ts';
import { fromBfloat16, fromFloat16, toFloat16 } from '../../src/format/half.ts';
import { readSafetensors, type WritableTensor, writeSafetensors } from '../../src/format/safetensors.ts';

/** A file by hand: header text (or the object it says) and data. */
function file(header: unknown, data: ArrayBufferView = new Uint8Array(0), length?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = new DataView(new ArrayBuffer(8));
  prefix.setBigUint64(0, BigInt(length ?? text.length), true);
  const body = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Uint8Array.from([...new Uint8Array(prefix.buffer), ...text, ...body]);
}
const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('halves', () => {
  test('every binary16 comes back from its f32', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const back = toFloat16(fromFloat16(all));
    const isNaN16 = (h: number) => (h & 0x7fff) > 0x7c00;
    expect(all.filter((h) => !isNaN16(h) && back[h] !== h)).toEqual(new Uint16Array(0));
    expect([...all.filter(isNaN16)].every((h) => isNaN16(back[h]))).toBe(true);
  });

  test('known numbers', () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x8000, 0x3555);
    const numbers = [1, -2, 65504, 2 ** -14, 2 ** -24, -0, 0.333251953125];
    expect([...fromFloat16(bits)]).toEqual(numbers);
    expect([...fromBfloat16(Uint16Array.of(0x3f80, 0xc049, 0x0001))]).toEqual([1, -3.140625, 2 ** -133]);
  });

  test('rounds to the nearest, halves to even', () => {
    const between = fc.record({
      h: fc.integer({ min: 0, max: 0x7bfe }),
      t: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(between, ({ h, t }) => {
        const [low, high] = fromFloat16(Uint16Array.of(h, h + 1));
        const x = Math.fround(low + t * (high - low));
        const middle = (low + high) / 2;
        const wanted = x < middle || (x === middle && h % 2 === 0) ? h : h + 1;
        expect([...toFloat16(Float32Array.of(x, -x))]).toEqual([wanted, wanted | 0x8000]);
        expect(toFloat16(Float32Array.of(middle))[0]).toBe(h % 2 === 0 ? h : h + 1);
      }),
    );
    expect([
      ...toFloat16(Float32Array.of(65519, 65520, Number.NEGATIVE_INFINITY, 2 ** -25, 2 ** -25 * 1.001)),
    ]).toEqual([0x7bff, 0x7c00, 0xfc00, 0, 1]);
  });
});

describe('reading', () => {
  test('each type, in the order of the file, with metadata', () => {
    const data = new ArrayBuffer(48);
    new Float64Array(data, 0, 1).set([Math.PI]);
    new BigInt64Array(data, 8, 1).set([-(2n ** 40n)]);
    new Float32Array(data, 16, 2).set([0.1, -1]);
    new Int32Array(data, 24, 1).set([-7]);
    new Uint16Array(data, 28, 2).set([0x3c00, 0x4000]);
    new Uint16Array(data, 32, 2).set([0x3f80, 0xbf80]);
    new Int8Array(data, 36, 4).set([-128, 127, 0, 1]);
    new Uint8Array(data, 40, 8).set([255, 0, 1, 2, 3, 4, 5, 6]);
    const { tensors, metadata } = readSafetensors(
      file(
        {
          bytes: entry('U8', [2, 2, 2], 40, 48),
          __metadata__: { format: 'pt' },
          f64: entry('F64', [], 0, 8),
          i64: entry('I64', [1], 8, 16),
          f32: entry('F32', [2, 1], 16, 24),
          i32: entry('I32', [1], 24, 28),
          f16: entry('F16', [2], 28, 32),
          bf16: entry('BF16', [2], 32, 36),
          i8: entry('I8', [4], 36, 40),
        },
        new Uint8Array(data),
      ),
    );
    expect(metadata).toEqual({ format: 'pt' });
    expect([...tensors.keys()]).toEqual(['f64', 'i64', 'f32', 'i32', 'f16', 'bf16', 'i8', 'bytes']);
    const values = (name: string) => [...(tensors.get(name)?.data ?? [])];
    expect(values('f64')).toEqual([Math.PI]);
    expect(values('i64')).toEqual([-(2n ** 40n)]);
    expect(values('f32')).toEqual([Math.fround(0.1), -1]);
    expect(values('i32')).toEqual([-7]);
    expect(values('f16')).toEqual([1, 2]);
    expect(values('bf16')).toEqual([1, -1]);
    expect(values('i8')).toEqual([-128, 127, 0, 1]);
    expect(values('bytes')).toEqual([255, 0, 1, 2, 3, 4, 5, 6]);
    expect(tensors.get('bytes')?.shape).toEqual([2, 2, 2]);
  });

  test('no tensors, empty tensors, a padded header, a Buffer at an odd offset', () => {
    expect(readSafetensors(file('{}')).tensors.size).toBe(0);
    expect(readSafetensors(file({ a: entry('F32', [0, 3], 0, 0) })).tensors.get('a')?.data.length).toBe(0);
    const padded = `${JSON.stringify({ a: entry('F32', [1], 0, 4) })}   `;
    const whole = file(padded, Float32Array.of(2.5));
    const shifted = Buffer.concat([Buffer.of(0), whole]).subarray(1);
    expect([...(readSafetensors(shifted).tensors.get('a')?.data ?? [])]).toEqual([2.5]);
  });

  const one = (changes: object) => file({ a: { ...entry('F32', [1], 0, 4), ...changes } }, new Uint8Array(4));
  test.each([
    ['too short for a length', new Uint8Array(7), /8 bytes of length/],
    ['a header longer than the file', file('{}', new Uint8Array(0), 3), /header of at most 2 bytes/],
    ['a huge header', file('{}', new Uint8Array(0), 2 ** 52), /header of at most/],
    ['an empty header', file('', new Uint8Array(4)), /begins with/],
    ['a header that is no object', file('[1]'), /begins with/],
    ['no JSON', file('{"a"'), /JSON/],
    ['no UTF-8', Uint8Array.from([3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0x7d]), /UTF-8/],
    ['deep nesting', file(`{"a":${'['.repeat(50)}${']'.repeat(50)}}`), /deep/],
    [
      'a tensor named twice',
      file(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        new Uint8Array(2),
      ),
      /'a' twice/,
    ],
    [
      'a field said twice',
      file('{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', new Uint8Array(1)),
      /'dtype' twice/,
    ],
    ['a name from the prototype', file('{"__proto__":{}}'), /__proto__/],
    ['metadata that is no text', file({ __metadata__: { a: 1 } }), /__metadata__\.a/],
    ['an entry that is no object', file({ a: 1 }), /'a': an object/],
    ['an unknown type', one({ dtype: 'F8_E4M3' }), /dtype of 'a': one of F64/],
    ['no type', file({ a: { shape: [], data_offsets: [0, 4] } }), /dtype of 'a'/],
    ['a negative extent', one({ shape: [-1] }), /shape of 'a'/],
    ['an extent that is no number', one({ shape: ['1'] }), /shape of 'a'/],
    ['many extents', one({ shape: [1, 1, 1, 1, 1, 1, 1, 1, 1] }), /at most 8 extents/],
    ['a shape beyond what numbers hold', one({ shape: [2 ** 52, 2 ** 52] }), /bytes \(F32/],
    ['one offset', one({ data_offsets: [0] }), /a begin and an end/],
    ['offsets the wrong way round', one({ data_offsets: [4, 0] }), /4 bytes/],
    ["a size that is not the shape's", one({ shape: [2] }), /8 bytes/],
    ['an offset beyond the file', file({ a: entry('F32', [2], 0, 8) }, new Uint8Array(4)), /end of the data/],
    ['data nobody claims', file({ a: entry('F32', [1], 0, 4) }, new Uint8Array(5)), /end of the data/],
    [
      'a gap',
      file({ a: entry('U8', [1], 0, 1), b: entry('U8', [1], 2, 3) }, new Uint8Array(3)),
      /'b' to begin at byte 1/,
    ],
    [
      'an overlap',
      file({ a: entry('U8', [2], 0, 2), b: entry('U8', [2], 1, 3) }, new Uint8Array(3)),
      /'b' to begin at byte 2/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(FormatError);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  test('any change of a byte gives a file or a FormatError', () => {
    const whole = writeSafetensors(
      new Map<string, WritableTensor>([['ab', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]]),
    );
    for (let at = 0; at < whole.length - 8; at++) {
      for (const value of [0, 0x22, 0x2d, 0x39, 0x7b, 0xff]) {
        const altered = whole.slice();
        altered[at] = value;
        try {
          readSafetensors(altered);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }
    }
    for (let length = 0; length < whole.length; length++) {
      expect(() => readSafetensors(whole.subarray(0, length))).toThrow(FormatError);
    }
    expect(() => readSafetensors('file' as never)).toThrow(ArgumentError);
  });
});

describe('writing', () => {
  const name = fc
    .string({ minLength: 1, maxLength: 12 })
    .filter((s) => !/\p{Cc}/u.test(s) && s !== '__proto__' && s !== '__metadata__');
  const tensor: fc.Arbitrary<WritableTensor> = fc.oneof(
    fc.float32Array({ noNaN: true }).map((data) => ({ dtype: 'F32' as const, shape: [data.length], data })),
    fc
      .uint16Array({ max: 0x7bff })
      .map((bits) => ({ dtype: 'F16' as const, shape: [1, bits.length], data: fromFloat16(bits) })),
    fc.int8Array().map((data) => ({ dtype: 'I8' as const, shape: [data.length], data })),
  );

  test('what is written is read back', () => {
    fc.assert(
      fc.property(fc.dictionary(name, tensor), fc.dictionary(name, fc.string()), (all, metadata) => {
        const bytes = writeSafetensors(new Map(Object.entries(all)), metadata);
        expect((new DataView(bytes.buffer).getUint32(0, true) + 8) % 8).toBe(0);
        const read = readSafetensors(bytes);
        expect(read.metadata).toEqual(metadata);
        expect(Object.fromEntries(read.tensors)).toEqual({ ...all });
      }),
    );
  });

  test.each([
    [
      'a reserved name',
      new Map([['__metadata__', { dtype: 'I8', shape: [0], data: new Int8Array(0) }]]),
      /none reserved/,
    ],
    [
      'data of another shape',
      new Map([['a', { dtype: 'F32', shape: [3], data: new Float32Array(2) }]]),
      /3 elements/,
    ],
    [
      'data of another type',
      new Map([['a', { dtype: 'I8', shape: [1], data: new Float32Array(1) }]]),
      /Int8Array/,
    ],
    [
      'a number too large for F16',
      new Map([['a', { dtype: 'F16', shape: [1], data: Float32Array.of(65520) }]]),
      /65504/,
    ],
  ])('refuses %s', (_, tensors, message) => {
    expect(() => writeSafetensors(tensors as never)).toThrow(ArgumentError);
    expect(() => writeSafetensors(tensors as never)).toThrow(message);
  });
});
