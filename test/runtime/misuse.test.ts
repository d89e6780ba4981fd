/** What a JavaScript caller may hand to the runtime by mistake: refused in words. And what NaN and infinity do in a model. */
import { describe, expect, test } from 'vitest';
import { ArgumentError, ParingError } from '../../src/core/errors.ts';
import { encode } from '../../src/format/index.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { load, loadSync } from '../../src/runtime.ts';
import { withInt8 } from '../helpers/graphs.ts';

const input = { range: [0, 255], mean: [0.5], deviation: [0.5], channels: 'gray' } as const;
const plain = sequential('m', [1, 2, 3], ['flatten', { op: 'linear', out: 4 }]);
const graph = { ...plain, meta: { ...plain.meta, input } };
const file = encode(graph);
const reference = { backend: 'reference' } as const;

test.each<[string, unknown, RegExp]>([
  ['null', null, /load: options: expected an object/],
  ['an unknown key', { batches: 2 }, /load: batches: expected 'batch'/],
  ['half a batch', { batch: 2.5 }, /load: batch: expected a whole number/],
  ['no batch', { batch: 0 }, /load: batch/],
  ['a batch as text', { batch: '2' }, /load: batch: .*'2'/],
  ['sparse as a flag', { sparse: true }, /load: sparse: expected one of auto/],
  ['an unknown backend', { backend: 'webgl' }, /backend/],
])('load with %s', async (_name, options, message) => {
  await expect(load(file, options as never)).rejects.toThrow(ArgumentError);
  await expect(load(file, options as never)).rejects.toThrow(message);
});

test.each([[undefined], [null], [{}], [{ module: 'kernels.wasm' }], [{ wasm: 1 }]])(
  'loadSync with %o',
  (options) => {
    expect(() => loadSync(file, options as never)).toThrow(ArgumentError);
  },
);

test.each([[undefined], [null], ['m.paring'], [[1, 2]], [new Float32Array(9)], [new ArrayBuffer(9)]])(
  'load of %o',
  async (bytes) => {
    await expect(load(bytes as never, reference)).rejects.toThrow(ArgumentError);
  },
);

describe('arrays of the wrong kind', () => {
  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['a plain array', [0, 0, 0, 0, 0, 0]],
    ['bytes', new Uint8Array(6)],
    ['f64', new Float64Array(6)],
    ['a DataView', new DataView(new ArrayBuffer(6))],
  ])('%s', async (_name, x) => {
    const model = await load(file, reference);
    expect(() => model.run(x as never)).toThrow(/Model\.run: x: expected a Float32Array/);
    expect(() => model.predict(x as never)).toThrow(/Model\.predict: x: expected a Float32Array/);
  });

  test('normalize takes bytes, of a canvas too', async () => {
    const model = await load(file, reference);
    expect(() => model.normalize(new Float32Array(6) as never)).toThrow(/Uint8Array or Uint8ClampedArray/);
    expect(() => model.normalize([1, 2, 3, 4, 5, 6] as never)).toThrow(ArgumentError);
    const clamped = Uint8ClampedArray.from([0, 1, 2, 253, 254, 255]);
    expect(model.normalize(clamped)).toEqual(model.normalize(new Uint8Array(clamped)));
    expect(model.normalize(Buffer.from(clamped))).toEqual(model.normalize(clamped));
  });
});

describe.each(['wasm', 'reference'] as const)('NaN and infinity on %s', (backend) => {
  test('spread in f32', async () => {
    const model = await load(file, { backend });
    const x = new Float32Array(6).fill(0.5);
    x[2] = Number.NaN;
    expect([...model.run(x)].every(Number.isNaN)).toBe(true);
  });

  test('are codes in int8: infinity is the end of the range, and the answer is finite', async () => {
    const grid = { scale: 1 / 64, zeroPoint: 3 };
    const int8 = withInt8(graph, new Map(['x', 'flatten1', 'fc1'].map((name) => [name, grid])));
    const model = await load(encode(int8), { backend });
    const answer = (value: number) => {
      const x = new Float32Array(6).fill(0.5);
      x[2] = value;
      return [...model.run(x)];
    };
    expect(answer(Number.POSITIVE_INFINITY)).toEqual(answer(1e6));
    expect(answer(Number.NEGATIVE_INFINITY)).toEqual(answer(-1e6));
    expect(answer(Number.NaN).every(Number.isFinite)).toBe(true);
  });
});

test('a file that is no model is refused by an error of ours', async () => {
  await expect(load(new Uint8Array(64), reference)).rejects.toThrow(ParingError);
});
