/** Models in JSON: the example of the documentation, what is refused and in which words, and random nonsense. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArgumentError, GraphError, ParingError, ShapeError } from '../../src/core/errors.ts';
import { encode } from '../../src/format/index.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { inferShapes, totals } from '../../src/graph/infer.ts';
import { graphFromJson } from '../../src/nn/from-json.ts';
import { layerOps } from '../../src/nn/layers.ts';
import { lenet5 } from '../../src/nn/models.ts';

const docs = readFileSync(new URL('../../docs/models.md', import.meta.url), 'utf8');
const example = JSON.parse((/```json\n([\s\S]*?)```/.exec(docs) as RegExpExecArray)[1]);

test('the example in docs/models.md has its shortcut', () => {
  const graph = graphFromJson(example, { inputShape: [3, 32, 32], classes: 7 });
  expect(graph.nodes.find((node) => node.op === 'add')?.inputs).toEqual(['body', 'skip']);
  expect(inferShapes(graph).get('body')).toEqual([1, 32, 16, 16]);
  expect(inferShapes(graph).get('fc')).toEqual([1, 7]);
  expect(totals(graph).parameters).toBe(15_351);
});

test('the table of ops in docs/models.md names every op', () => {
  const rows = docs
    .slice(docs.indexOf('| op '))
    .split('\n')
    .map((line) => line.split('|')[1] ?? '');
  const named = new Set(rows.slice(2).flatMap((cell) => cell.trim().split(', ')));
  expect(layerOps.filter((op) => !named.has(op))).toEqual([]);
});

test('the same layers give the same graph as in code', () => {
  const json = {
    name: 'lenet5',
    layers: [
      { op: 'conv2d', name: 'conv1', out: 20, kernel: 5 },
      { op: 'maxPool', name: 'pool1', kernel: 2 },
      { op: 'conv2d', name: 'conv2', out: 50, kernel: 5 },
      { op: 'maxPool', name: 'pool2', kernel: 2 },
      'flatten',
      { op: 'linear', name: 'fc1', out: 500 },
      'relu',
      { op: 'linear', name: 'fc2', out: 'classes' },
    ],
  };
  const graph = graphFromJson(json, { inputShape: [1, 28, 28], classes: 10 });
  const file = (g: Graph): Buffer => Buffer.from(encode(g, { plain: true }));
  expect(file(graph).equals(file(lenet5()))).toBe(true);
});

describe('refused', () => {
  const model = (...layers: unknown[]) => ({ name: 'm', input: [2, 8, 8], layers });
  const conv = { op: 'conv2d', out: 4, kernel: 3 };
  test.each<[string, unknown, RegExp, new (...args: never[]) => Error]>([
    ['nothing', undefined, /expected an object/, ArgumentError],
    ['a list', [], /expected an object/, ArgumentError],
    ['no name', { layers: ['relu'] }, /name/, ArgumentError],
    ['no layers', { name: 'm', input: [4] }, /layers/, ArgumentError],
    ['an empty list of layers', model(), /layers: expected a list of 1/, ArgumentError],
    ['no shape anywhere', { name: 'm', layers: ['relu'] }, /input: expected a shape/, ArgumentError],
    ['a shape with 0', { name: 'm', input: [2, 0], layers: ['relu'] }, /input\[1\]/, ArgumentError],
    ['a misspelt key above', { name: 'm', layer: ['relu'] }, /layer: expected 'layers'/, ArgumentError],
    ['a misspelt op', model('rleu'), /layers\[0\]\.op: expected 'relu'/, ArgumentError],
    ['a misspelt key', model({ ...conv, padd: 1 }), /layers\[0\]\.padd: .*pad/, ArgumentError],
    ['a layer that is a number', model('relu', 3), /layers\[1\]: expected an op/, ArgumentError],
    ['no op', model({ out: 3 }), /layers\[0\]\.op/, ArgumentError],
    ['an op every object has', model('constructor'), /layers\[0\]\.op/, ArgumentError],
    ['no kernel', model({ op: 'conv2d', out: 3 }), /layers\[0\]\.kernel: expected a value/, ArgumentError],
    ['out 0', model({ ...conv, out: 0 }), /layers\[0\]\.out/, ArgumentError],
    ['out as text', model({ ...conv, out: '4' }), /layers\[0\]\.out/, ArgumentError],
    ['stride 0', model({ ...conv, stride: 0 }), /layers\[0\]\.stride/, ArgumentError],
    ['padding of three', model({ ...conv, padding: [1, 2, 3] }), /layers\[0\]\.padding/, ArgumentError],
    ['an unknown init', model({ ...conv, init: 'xavier' }), /layers\[0\]\.init: .*glorot/, ArgumentError],
    ['classes without data', model('flatten', { op: 'linear', out: 'classes' }), /classes/, ArgumentError],
    ['add without inputs', model({ op: 'add' }), /layers\[0\]\.inputs/, ArgumentError],
    [
      'add with input',
      model({ op: 'add', input: 'x' }),
      /layers\[0\]\.input: expected 'inputs'/,
      ArgumentError,
    ],
    [
      'an input that comes later',
      model({ ...conv, input: 'b' }, { op: 'relu', name: 'b' }),
      /layers\[0\].*'b'/,
      GraphError,
    ],
    ['add of three', model({ op: 'add', inputs: ['x', 'x', 'x'] }), /two values/, GraphError],
    [
      'add of different shapes',
      model(conv, { op: 'add', inputs: ['x', 'conv1'] }),
      /layers\[1\].*one shape/,
      GraphError,
    ],
    ['a name twice', model({ op: 'relu', name: 'x' }), /layers\[0\].*exists already/, GraphError],
    ['a window that does not fit', model({ ...conv, kernel: 9 }), /layers\[0\].*does not fit/, GraphError],
    ['linear without flatten', model({ op: 'linear', out: 3 }), /layers\[0\].*flatten/, GraphError],
    [
      'a layer nobody reads',
      model(conv, { op: 'relu', input: 'x' }),
      /layers\[0\]: no later layer/,
      GraphError,
    ],
    ['weights beyond memory', model({ ...conv, out: 1 << 26 }), /more than 67108864/, GraphError],
    ['a value beyond memory', model({ op: 'pad', padding: 65536 }), /more than 67108864/, GraphError],
  ])('%s', (_name, json, message, kind) => {
    expect(() => graphFromJson(json)).toThrow(message);
    expect(() => graphFromJson(json)).toThrow(kind);
  });

  test('data of another shape than the model says', () => {
    expect(() => graphFromJson(model('relu'), { inputShape: [1, 8, 8] })).toThrow(ShapeError);
    expect(() => graphFromJson(model('relu'), { classes: 0 })).toThrow(ArgumentError);
  });
});

/** Layers that are nearly right: known keys with values that may be wrong. */
const value = fc.oneof(
  fc.integer({ min: -1, max: 9 }),
  fc.constantFrom('classes', 'x', 'conv1', '', null, true, 2.5, [1, 2], [1, 1, 0, 0], ['x', 'conv1'], {}),
);
const layer = fc.oneof(
  fc.constantFrom(...layerOps, 'unknown'),
  fc
    .record(
      {
        op: fc.constantFrom(...layerOps),
        name: fc.constantFrom('a', 'b', 'x', ''),
        input: value,
        inputs: value,
        out: value,
        kernel: value,
        stride: value,
        padding: value,
        groups: value,
        k: value,
      },
      { requiredKeys: ['op'] },
    )
    .map((spec) => spec as object),
);

test('random models in JSON are built or refused by an error of ours', () => {
  const json = fc.oneof(
    fc.record({
      name: fc.constant('m'),
      input: fc.constantFrom([2, 8, 8], [6]),
      layers: fc.array(layer, { maxLength: 5 }),
    }),
    fc.jsonValue(),
  );
  let built = 0;
  fc.assert(
    fc.property(json, (model) => {
      try {
        inferShapes(graphFromJson(model, { classes: 3 }), 2);
        built += 1;
      } catch (error) {
        if (!(error instanceof ParingError)) throw error;
      }
    }),
    { numRuns: 2000, seed: 7 },
  );
  expect(built).toBeGreaterThan(30);
});
