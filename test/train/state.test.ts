/** Trees to bytes and back: every bit survives, and nothing damaged gets through. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArgumentError, CheckpointError } from '../../src/core/errors.ts';
import { pack, type Tree, unpack } from '../../src/train/state.ts';

const arrays = fc.oneof(
  fc.float32Array(),
  fc.float64Array(),
  fc.int8Array(),
  fc.uint8Array(),
  fc.int32Array(),
  fc.uint32Array(),
);

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.integer(),
    fc.string({ unit: 'binary' }),
    arrays,
    fc.array(tie('tree')),
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('$array', '$number', '$entries', '__proto__')),
      tie('tree'),
    ),
  ),
}));

/** Typed arrays as their type and bytes, so that NaN and -0 are compared by bits; objects without their prototype. */
function bits(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return `${value.constructor.name} ${Buffer.from(buffer, byteOffset, byteLength).toString('hex')}`;
  }
  if (Array.isArray(value)) return value.map(bits);
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).map(([key, v]) => [key, bits(v)]);
  }
  return value;
}

test('what is unpacked is what was packed', () => {
  fc.assert(
    fc.property(tree, (value) => {
      expect(bits(unpack(pack(value)))).toEqual(bits(value));
    }),
  );
});

test('arrays come back as copies, wherever the bytes lie', () => {
  const packed = pack({ a: Float32Array.of(1.5, -0), b: Uint8Array.of(7) });
  const shifted = new Uint8Array(packed.length + 3).subarray(3);
  shifted.set(packed);
  const back = unpack(shifted) as { a: Float32Array; b: Uint8Array };
  shifted.fill(0);
  expect([...back.a, ...back.b]).toEqual([1.5, -0, 7]);
});

test('a field that is undefined is left out; what is no plain value is refused', () => {
  expect(unpack(pack({ a: undefined, b: 1 }))).toEqual({ b: 1 });
  for (const bad of [() => 1, new Map(), 1n, new Date(), [undefined], new Uint16Array(1)]) {
    expect(() => pack({ deep: [bad as never] })).toThrow(ArgumentError);
  }
  expect(() => pack({ deep: [new Map() as never] })).toThrow(/pack: tree.deep\[0\]: expected plain values/);
});

describe('damage', () => {
  const packed = pack({ step: 7, w: Float32Array.from({ length: 20 }, (_, i) => i / 3), best: null });
  const refused = (bytes: Uint8Array, message?: RegExp): void => {
    expect(() => unpack(bytes)).toThrow(CheckpointError);
    if (message) expect(() => unpack(bytes)).toThrow(message);
  };

  test('truncated at any byte, or followed by something', () => {
    for (let length = 0; length < packed.length; length++) refused(packed.subarray(0, length));
    refused(packed.subarray(0, -1), /\(truncated\); go on from an earlier checkpoint, or start over/);
    refused(Uint8Array.of(...packed, 0), /\(too long\)/);
  });

  test('any bit flipped', () => {
    for (let i = 0; i < 8 * packed.length; i++) {
      const bad = packed.slice();
      bad[i >> 3] ^= 1 << (i & 7);
      refused(bad);
    }
  });

  test('what is no checkpoint', () => {
    refused(new Uint8Array(100), /expected a checkpoint of paring, got something else/);
    refused('text' as never, /expected a Uint8Array, got string/);
  });
});
