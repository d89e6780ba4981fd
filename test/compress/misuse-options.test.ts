/** Options that no step can follow, weights and scores that are no numbers: refused in words that name them. */
import { describe, expect, test } from 'vitest';
import { removeChannels } from '../../src/compress/channels.ts';
import { importance } from '../../src/compress/importance.ts';
import { gradualPruning, prune } from '../../src/compress/prune.ts';
import { quantize } from '../../src/compress/quantize.ts';
import { share } from '../../src/compress/share.ts';
import { ArgumentError, GraphError, ParingError } from '../../src/core/errors.ts';
import { dataset } from '../../src/data/dataset.ts';
import { encode } from '../../src/format/index.ts';
import type { Graph, Param } from '../../src/graph/graph.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { compile } from '../../src/plan/compile.ts';
import { referenceBackend } from '../helpers/backends.ts';

const model = (): Graph =>
  sequential(
    'm',
    [1, 4, 5],
    [{ op: 'conv2d', name: 'c', out: 6, kernel: 3 }, 'flatten', { op: 'linear', name: 'f', out: 2 }],
  );
const graph = model();
const backend = referenceBackend();
const data = dataset({
  images: new Uint8Array(8 * 20).fill(9),
  labels: new Uint8Array(8),
  shape: [1, 4, 5],
  classes: ['a', 'b'],
  meaning: { range: [0, 255], mean: [0.5], deviation: [0.5], channels: 'gray' },
});
const weights = importance(graph, null, { criterion: 'magnitude' });
const channels = importance(graph, null, { criterion: 'magnitude', level: 'channel' });

const calls = {
  prune: (options: unknown) => prune(graph, weights, options as never),
  gradualPruning: (options: unknown) => gradualPruning(graph, options as never),
  removeChannels: (options: unknown) => removeChannels(graph, channels, options as never),
  share: (options: unknown) => share(graph, options as never, backend),
  quantize: (options: unknown) => quantize(graph, data, options as never, backend),
  importance: (options: unknown) => importance(graph, data, options as never),
};

test.each<[keyof typeof calls, unknown, RegExp]>([
  ['prune', null, /options: expected an object/],
  ['prune', undefined, /options: expected an object/],
  ['prune', { sparsity: null }, /sparsity: expected a number/],
  ['prune', { sparsity: '0.5' }, /sparsity: expected a number .* got '0.5'/],
  ['prune', { sparsity: {} }, /sparsity: expected at least one layer/],
  ['prune', { sparsity: Number.NaN }, /sparsity: .*NaN/],
  ['prune', { sparsity: { c: '1' } }, /sparsity\.c/],
  ['prune', { sparsty: 0.5 }, /sparsty: expected 'sparsity'/],
  ['prune', { sparsity: 0.5, layers: 'c' }, /layers: expected a list/],
  ['prune', { sparsity: 0.5, layers: [] }, /layers: expected at least 1/],
  ['prune', { sparsity: { c: 0.5 }, layers: ['f'] }, /layers: expected at least one layer with weights/],
  ['prune', { sparsity: 0.5, scope: 'all' }, /scope: expected one of layer, global/],
  ['prune', { alpha: Number.POSITIVE_INFINITY }, /alpha/],
  ['gradualPruning', {}, /sparsity: expected a value/],
  ['gradualPruning', { sparsity: null }, /sparsity/],
  ['gradualPruning', { sparsity: 0.5, every: 2.5 }, /every: expected a whole number/],
  ['gradualPruning', { sparsity: 0.5, layers: [] }, /layers/],
  ['gradualPruning', { sparsity: { c: 0.5 }, scope: 'global' }, /sparsity: expected one number/],
  ['removeChannels', {}, /ratio: expected at least one of ratio, keep/],
  ['removeChannels', { ratio: '0.5' }, /ratio/],
  ['removeChannels', { keep: {} }, /keep: expected at least one layer/],
  ['removeChannels', { keep: { c: 2.5 } }, /keep\.c: expected a whole number/],
  ['removeChannels', { keep: { c: 0 } }, /keep\.c/],
  ['removeChannels', { ratio: 0.5, multiple: 1.5 }, /multiple: expected a whole number/],
  ['removeChannels', { ratio: 0.5, minimum: 1.5 }, /minimum/],
  ['removeChannels', { ratio: 0.5, scope: null }, /scope/],
  ['removeChannels', { ratio: 0.5, multiples: 4 }, /multiples: expected 'multiple'/],
  ['share', {}, /k: expected a value/],
  ['share', { k: {} }, /k: expected at least one layer/],
  ['share', { k: 2.5 }, /k: expected a whole number/],
  ['share', { k: '16' }, /k: .*'16'/],
  ['share', { k: { c: 1 } }, /k\.c/],
  ['share', { k: 4, init: 'Linear' }, /init: expected one of linear/],
  ['share', { k: 4, layers: 'c' }, /layers/],
  ['share', { k: { c: 4 }, layers: ['f'] }, /layers/],
  ['share', { k: 4, iterations: 1.5 }, /iterations/],
  ['share', { k: 4, seed: Number.NaN }, /seed/],
  ['quantize', { observer: 'minmax' }, /observer: expected one of minMax/],
  ['quantize', { samples: 0 }, /samples/],
  ['quantize', { samples: 2.5 }, /samples/],
  ['quantize', { batch: '8' }, /batch/],
  ['quantize', { percentile: 50 }, /percentile/],
  ['quantize', { bits: 4 }, /bits: expected one of observer/],
  ['importance', {}, /criterion: expected a value/],
  ['importance', { criterion: 'Fisher' }, /criterion: expected one of fisher/],
  ['importance', { criterion: 'magnitude', level: 'layer' }, /level: expected one of weight, channel/],
  ['importance', { criterion: 'magnitude', sample: 4 }, /sample: expected 'samples'/],
  ['importance', { criterion: 'fisher', samples: 2 }, /backend: expected a backend/],
])('%s %o', (name, options, message) => {
  expect(() => calls[name](options)).toThrow(ArgumentError);
  expect(() => calls[name](options)).toThrow(message);
  expect(() => calls[name](options)).toThrow(new RegExp(`^${name}: `));
});

describe('scores that do not fit', () => {
  const broken = (scores: ReadonlyMap<string, Float32Array>, value: number) => {
    const copy = new Map([...scores].map(([name, s]) => [name, s.slice()]));
    (copy.get('c.weight') as Float32Array)[3] = value;
    return copy;
  };

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d', (bad) => {
    const said = new RegExp(`scores of c.weight: expected finite numbers, got '${bad} at 3'`);
    expect(() => prune(graph, broken(weights, bad), { sparsity: 0.5 })).toThrow(said);
    expect(() => removeChannels(graph, broken(channels, bad), { ratio: 0.5 })).toThrow(said);
  });

  test('of the other level, or no map', () => {
    expect(() => removeChannels(graph, weights, { ratio: 0.5 })).toThrow(
      /6 numbers, one an output channel, got '54 numbers'/,
    );
    expect(() => prune(graph, channels, { sparsity: 0.5 })).toThrow(
      /54 numbers, one a weight, got '6 numbers'/,
    );
    expect(() => prune(graph, {} as never, { sparsity: 0.5 })).toThrow(ArgumentError);
    expect(() => removeChannels(graph, null as never, { ratio: 0.5 })).toThrow(ArgumentError);
  });
});

test('a graph in which nothing can be chosen', () => {
  const plain = sequential('plain', [1, 4, 5], ['relu', 'flatten']);
  expect(() => prune(plain, new Map(), { sparsity: 0.5 })).toThrow(/at least one layer with weights/);
  expect(() => share(plain, { k: 4 }, backend)).toThrow(/at least one layer with weights/);
  expect(() => removeChannels(plain, new Map(), { ratio: 0.5 })).toThrow(/a layer whose channels may go/);
});

describe.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  'a weight that is %d',
  (bad) => {
    const ill = model();
    (ill.params.get('f.weight') as Param).values[5] = bad;
    test.each<[string, () => unknown]>([
      ['importance', () => importance(ill, null, { criterion: 'magnitude' })],
      ['prune', () => prune(ill, weights, { sparsity: 0.5 })],
      ['removeChannels', () => removeChannels(ill, channels, { ratio: 0.5 })],
      ['share', () => share(ill, { k: 4 }, backend)],
      ['quantize', () => quantize(ill, data, {}, backend)],
      ['encode', () => encode(ill)],
      ['compile', () => compile(ill, backend)],
    ])('%s', (_name, call) => {
      expect(call).toThrow(GraphError);
      expect(call).toThrow(`'f.weight': value 5 is ${bad}`);
    });

    test('a bias too', () => {
      const other = model();
      (other.params.get('c.bias') as Param).values[1] = bad;
      expect(() => quantize(other, data, {}, backend)).toThrow(/'c.bias': value 1/);
    });
  },
);

test.each([Number.NaN, Number.POSITIVE_INFINITY])('images read as %d', (bad) => {
  const images = {
    dtype: 'f32' as const,
    count: 8,
    read: (index: number, into: Uint8Array | Float32Array, at: number) => {
      into.fill(0.5, at, at + 20);
      if (index === 2) into[at + 5] = bad;
    },
  };
  const { labels, shape, classes, meaning } = data;
  const ill = dataset({ images, labels, shape, classes, meaning });
  const fisher = () => importance(graph, ill, { criterion: 'fisher', samples: 8, backend });
  for (const call of [() => quantize(graph, ill, {}, backend), fisher]) {
    let error: unknown;
    try {
      call();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ParingError);
    expect(String(error)).toMatch(/finite/);
  }
});
