/** Models by name: what the documentation says of each is computed here. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { inferShapes, totals } from '../../src/graph/infer.ts';
import { modelByName, modelNames } from '../../src/nn/registry.ts';

const docs = readFileSync(new URL('../../docs/models.md', import.meta.url), 'utf8');
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

test('the table in docs/models.md', () => {
  const rows = docs
    .split('\n')
    .filter((line) => /^\| (lenet|ds-|resnet|mobilenet)/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const wanted = modelNames.map(({ name, inputShape, classes, smallest }) => {
    const { parameters, macs } = totals(modelByName(name, { inputShape, classes }));
    const least = smallest === 0 ? 'any' : `${smallest}x${smallest}`;
    return [name, inputShape.join('x'), String(classes), least, grouped(parameters), grouped(macs)];
  });
  expect(rows).toEqual(wanted);
});

test.each(modelNames)('$name takes other channels, extents and classes', ({ name, smallest }) => {
  const graph = modelByName(name, { inputShape: [2, smallest + 3, smallest + 7], classes: 7 });
  expect(graph.name).toBe(name);
  expect(inferShapes(graph, 3).get(graph.outputs[0])).toEqual([3, 7]);
});

test.each(modelNames.filter(({ smallest }) => smallest > 0))(
  '$name, as small as it goes',
  ({ name, smallest }) => {
    const build = (inputShape: number[]) => () => modelByName(name, { inputShape, classes: 7 });
    const graph = build([1, smallest, smallest])();
    expect(inferShapes(graph, 3).get(graph.outputs[0])).toEqual([3, 7]);
    expect(build([1, smallest - 1, 64])).toThrow(ShapeError);
    expect(build([1, 64, smallest - 1])).toThrow(`${smallest}x${smallest}`);
    expect(build([784])).toThrow(ShapeError);
  },
);

test.each(['lenet300-100', 'lenet5-shared', 'ds-cnn', 'resnet8'])(
  'the seed decides the weights of %s',
  (name) => {
    const weights = (seed: number) => {
      const graph = modelByName(name, { inputShape: [1, 16, 16], classes: 3, rng: new Rng(seed) });
      return [...[...graph.params.values()][0].values.subarray(0, 50)];
    };
    expect(weights(4)).toEqual(weights(4));
    expect(weights(4)).not.toEqual(weights(5));
  },
);

test('the stem of MobileNet halves large images only', () => {
  const stem = (size: number) =>
    inferShapes(modelByName('mobilenet-v1-0.25', { inputShape: [3, size, size], classes: 2 })).get('stem');
  expect(stem(63)).toEqual([1, 8, 63, 63]);
  expect(stem(64)).toEqual([1, 8, 32, 32]);
});

test('DS-CNN halves 49x10 to 25x5', () => {
  const shapes = inferShapes(modelByName('ds-cnn', { inputShape: [1, 49, 10], classes: 12 }));
  expect(shapes.get('stem')).toEqual([1, 64, 25, 5]);
});

test.each([
  ['resnet19', "'resnet8'|'resnet20'"],
  ['LeNet5', "'lenet5'"],
  ['mobilenet', 'one of lenet5'],
  [undefined, 'one of lenet5'],
])('%s is no model', (name, expected) => {
  const build = () => modelByName(name as never, { inputShape: [1, 28, 28], classes: 10 });
  expect(build).toThrow(ArgumentError);
  expect(build).toThrow(new RegExp(expected));
});

test.each([
  [null, /options: expected an object/],
  [{}, /inputShape/],
  [{ inputShape: [1, 28, 28] }, /classes/],
  [{ inputShape: 28, classes: 10 }, /inputShape: expected a list/],
  [{ inputShape: [1, 28.5, 28], classes: 10 }, /extents/],
  [{ inputShape: [1, 28, 28], classes: 0 }, /classes/],
  [{ inputShape: [1, 28, 28], classes: '10' }, /classes/],
  [{ inputShape: [1, 28, 28], classes: 10, rng: 5 }, /rng/],
  [{ inputShape: [1, 28, 28], classes: 10, width: 2 }, /width/],
])('%o is no request', (options, message) => {
  expect(() => modelByName('lenet5', options as never)).toThrow(message);
});
