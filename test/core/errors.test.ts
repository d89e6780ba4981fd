/** Each error says where, what was expected and what was found, and carries a code that programs may rely on. */
import { expect, test } from 'vitest';
import {
  ArgumentError,
  BackendError,
  DataError,
  DivergenceError,
  FormatError,
  GraphError,
  MemoryError,
  ParingError,
  ShapeError,
} from '../../src/core/errors.ts';

test.each<[string, ParingError, string, string]>([
  ['ShapeError', new ShapeError('linear', 'x', '2x3', '2x4'), 'SHAPE', 'linear: x: expected 2x3, got 2x4'],
  [
    'ArgumentError',
    new ArgumentError('prune', 'sparsity', 'a number in [0, 1)', 2),
    'ARGUMENT',
    'prune: sparsity: expected a number in [0, 1), got 2',
  ],
  ['GraphError', new GraphError('conv1', 'unknown input x'), 'GRAPH', "graph: node 'conv1': unknown input x"],
  ['BackendError', new BackendError('wasm', 'none here'), 'BACKEND', "backend 'wasm': none here"],
  ['MemoryError', new MemoryError(64, 'full'), 'MEMORY', 'memory: cannot allocate 64 bytes: full'],
  [
    'FormatError',
    new FormatError(12, 'a magic', 'PK'),
    'FORMAT',
    'model file: byte 12: expected a magic, got PK',
  ],
  [
    'DataError',
    new DataError('labels.idx', 'a label below 10', '11'),
    'DATA',
    'labels.idx: expected a label below 10, got 11',
  ],
  [
    'DivergenceError',
    new DivergenceError(7, 'conv1', 'the value'),
    'DIVERGED',
    "training: step 7: the value of 'conv1' is not finite; lower the learning rate, warm up or clip gradients",
  ],
])('%s', (name, error, code, message) => {
  expect(error).toBeInstanceOf(ParingError);
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.code, error.message]).toEqual([name, code, message]);
});

test('FormatError keeps the offset, BackendError its cause', () => {
  expect(new FormatError(12, 'a', 'b').offset).toBe(12);
  const cause = new Error('refused');
  expect(new BackendError('wasm', 'x', { cause }).cause).toBe(cause);
});

test.each([
  ['relu', "'relu'"],
  [[1, 2], '[1, 2]'],
  [undefined, 'undefined'],
  [NaN, 'NaN'],
])('ArgumentError shows %o as %s', (got, shown) => {
  expect(new ArgumentError('f', 'a', 'b', got).message).toBe(`f: a: expected b, got ${shown}`);
});
