/** Truncated, altered and lying files: a typed error with the offset, in bounded time and memory, or a whole model. */
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { ByteReader, ByteWriter, crc32 } from '../../src/format/bytes.ts';
import { Check } from '../../src/format/check.ts';
import { javascriptDecoders } from '../../src/format/decoders.ts';
import { readFloats } from '../../src/format/floats.ts';
import { readHeader } from '../../src/format/header.ts';
import { decode, encode } from '../../src/format/index.ts';
import { readPositions } from '../../src/format/positions.ts';
import { readSymbols } from '../../src/format/symbols.ts';
import { readTensor } from '../../src/format/tensor.ts';
import { readText, writeText } from '../../src/format/text.ts';
import { Sketch, withInt8, withMasks } from '../helpers/graphs.ts';
import { misbehaves, mutate, resealed, victims } from './hostile.ts';

const over = (bytes: Uint8Array): ByteReader => new ByteReader(bytes, 0, bytes.length, javascriptDecoders);

/** As small as a model with a mask, a bias and scales gets. */
function tiny(): Uint8Array {
  const s = new Sketch(3);
  s.linear('fc', 'x', 2, 5);
  const graph = s.graph('t', [{ name: 'x', shape: [5] }], ['fc']);
  return encode(withInt8(withMasks(graph, 0.6), new Map([['x', { scale: 0.5, zeroPoint: 0 }]])));
}

test('the checksum is CRC-32 as everybody has it', () => {
  const check = new TextEncoder().encode('123456789');
  expect(crc32(check)).toBe(0xcbf43926);
  expect(crc32(check.subarray(0, 2), check.subarray(2))).toBe(0xcbf43926);
});

test('cut at every byte: FormatError, with and without the checksum put right', () => {
  const file = tiny();
  for (let length = 0; length < file.length; length++) {
    expect(() => decode(file.slice(0, length)), `cut to ${length}`).toThrow(FormatError);
    expect(misbehaves(resealed(file.slice(0, length))), `cut to ${length}`).toBeNull();
  }
});

test('every byte changed: the checksum, or what comes before it, notices', () => {
  const file = tiny();
  for (let at = 0; at < file.length; at++) {
    for (const flip of [1, 0x80, 0xff]) {
      const altered = file.slice();
      altered[at] ^= flip;
      expect(() => decode(altered), `byte ${at}`).toThrow(FormatError);
    }
  }
});

test('every byte changed and the checksum put right: an error of ours, or a whole model', () => {
  const file = tiny();
  for (let at = 9; at < file.length; at++) {
    for (const flip of [1, 2, 0x40, 0x80, 0xff]) {
      const altered = file.slice();
      altered[at] ^= flip;
      expect(misbehaves(resealed(altered)), `byte ${at} ^ ${flip}`).toBeNull();
    }
  }
});

test('bytes appended are refused', () => {
  expect(() => decode(resealed(Uint8Array.from([...tiny(), 0])))).toThrow(/the end of the file/);
});

test('2,000 seeded mutations of five models', () => {
  const rng = new Rng(2026);
  const files = victims().map((graph) => encode(graph));
  for (let i = 0; i < 2000; i++) {
    const mutant = resealed(mutate(files[i % files.length], rng));
    expect(misbehaves(mutant), `mutation ${i}`).toBeNull();
  }
});

describe('lying lengths allocate nothing', () => {
  const reader = (write: (writer: ByteWriter) => void): ByteReader => {
    const writer = new ByteWriter();
    write(writer);
    return over(writer.finish());
  };
  const held = (): number => process.memoryUsage().arrayBuffers;
  const refused = (read: () => unknown): void => {
    const bytes = held();
    expect(read).toThrow(FormatError);
    expect(held() - bytes).toBeLessThan(4 << 20);
  };
  const huge = 1 << 26;

  test.each([0, 1, 2, 3])('symbols by method %i', (method) => {
    const empty = (w: ByteWriter): void => {
      w.u8(method);
      w.block(new Uint8Array(3));
    };
    refused(() => readSymbols(reader(empty), huge, 256));
    refused(() => readSymbols(reader(empty), huge, 1));
  });

  test.each([0, 1, 2])('positions by method %i', (method) => {
    refused(() =>
      readPositions(
        reader((w) => {
          w.u8(method);
          w.block(Uint8Array.of(0xff, 0xff, 0xff, 0x1f, 2));
        }),
        huge,
        1 << 13,
      ),
    );
  });

  test('numbers, header text, tensors', () => {
    for (const layout of [0, 1, 2])
      refused(() =>
        readFloats(
          reader((w) => w.u8(layout)),
          huge,
          'x',
        ),
      );
    refused(() =>
      readText(
        reader((w) => {
          w.varint(1 << 20);
          w.block(new Uint8Array(2));
        }),
      ),
    );
    refused(() => readText(reader((w) => w.varint(2 ** 40))));
    for (let flags = 0; flags < 256; flags++) {
      refused(() =>
        readTensor(
          reader((w) => w.u8(flags)),
          'x',
          [huge],
          true,
        ),
      );
    }
  });

  test('a block longer than the file, a varint without end', () => {
    refused(() => reader((w) => w.varint(2 ** 31)).block('x'));
    refused(() => over(new Uint8Array(32).fill(0x80)).varint('x', 2 ** 50));
    refused(() => over(Uint8Array.of(0x80, 0)).varint('x', 9));
  });
});

describe('headers that lie', () => {
  const good = {
    name: 'g',
    inputs: [['x', [4]]],
    nodes: [['linear', 'fc', 0, ['weight']]],
    outputs: ['fc'],
    params: [[2, 4]],
    meta: {},
  };
  const read = (change: object) => () => readHeader(new Check(9), JSON.stringify({ ...good, ...change }));

  test('the good one is read', () => {
    expect(read({})().params).toEqual([{ name: 'fc.weight', shape: [2, 4], trainable: true }]);
  });

  const input = { range: [0, 255], mean: [0], deviation: [1], channels: 'gray' };
  test.each([
    ['no inputs', { inputs: [] }],
    [
      'the same input twice',
      {
        inputs: [
          ['x', [4]],
          ['x', [4]],
        ],
      },
    ],
    ['an extent of 0', { inputs: [['x', [0]]] }],
    ['a negative extent', { params: [[-2, 4]] }],
    ['an extent of 1.5', { params: [[1.5, 4]] }],
    ['too large a shape', { params: [[1 << 20, 1 << 20]] }],
    ['nine extents', { inputs: [['x', [1, 1, 1, 1, 1, 1, 1, 1, 1]]] }],
    ['an unknown op', { nodes: [['eval', 'fc', 0, ['weight']]] }],
    ['an op every object has', { nodes: [['constructor', 'fc', 0, ['weight']]] }],
    ['an unknown attribute', { nodes: [['linear', 'fc', { speed: 9 }, ['weight']]] }],
    ['an unknown activation', { nodes: [['linear', 'fc', { activation: 'gelu' }, ['weight']]] }],
    ['a stride of 0', { nodes: [['conv2d', 'fc', { stride: [0, 1] }, ['weight']]] }],
    ['a huge padding', { nodes: [['conv2d', 'fc', { padding: [0, 0, 1e9, 0] }, ['weight']]] }],
    ['padding of three', { nodes: [['conv2d', 'fc', { padding: [0, 0, 0] }, ['weight']]] }],
    ['no kernel', { nodes: [['maxPool', 'fc', { stride: [1, 1] }]], params: [] }],
    ['slope as text', { nodes: [['leakyRelu', 'fc', { slope: '1' }]], params: [] }],
    ['a node that is no list', { nodes: [{ op: 'relu' }] }],
    ['an empty name', { nodes: [['linear', '', 0, ['weight']]] }],
    ['a name with a line break', { nodes: [['linear', 'f\nc', 0, ['weight']]] }],
    ['a shape too few', { params: [] }],
    ['a shape too many', { params: [[2, 4], [2]] }],
    ['no outputs', { outputs: [] }],
    ['meta that is a list', { meta: [] }],
    ['a range upside down', { meta: { input: { ...input, range: [255, 0] } } }],
    ['a deviation of 0', { meta: { input: { ...input, deviation: [0] } } }],
    ['two means, one deviation', { meta: { input: { ...input, mean: [0, 0] } } }],
    ['unknown channels', { meta: { input: { ...input, channels: 'cmyk' } } }],
    ['classes that are numbers', { meta: { classes: [1, 2] } }],
    ['an unknown output meaning', { meta: { output: 'toString' } }],
    ['lineage without steps', { meta: { lineage: { tool: 't', numerics: 1, seed: 1 } } }],
  ])('%s', (_name, change) => {
    expect(read(change)).toThrow(FormatError);
  });

  test('text that is no JSON, nests without end, or names __proto__', () => {
    const parse = (text: string) => () => readHeader(new Check(9), text);
    expect(parse('{')).toThrow(FormatError);
    expect(parse('null')).toThrow(FormatError);
    expect(parse('['.repeat(100_000))).toThrow(FormatError);
    expect(
      parse(JSON.stringify(good).replace('"meta":{}', '"meta":{"lineage":{"__proto__":{"a":1}}}')),
    ).toThrow(FormatError);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  test('text that is no UTF-8', () => {
    const writer = new ByteWriter();
    writeText(writer, 'ä');
    const bytes = writer.finish();
    bytes[0] = 1; // half of the letter
    expect(() => readText(over(bytes))).toThrow(FormatError);
  });
});
