/** What is said about a file, and about two: figures against the graph they were made from. */
import { expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import { encode } from '../../src/format/index.ts';
import { cloneGraph, type Graph, type Param } from '../../src/graph/graph.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { compareJson, compareText, inspectJson, inspectText } from '../../src/report/inspect.ts';
import { withCodebooks, withInt8, withMasks } from '../helpers/graphs.ts';

const lineage = {
  tool: 'paring 9',
  numerics: 3,
  seed: 11,
  data: 'ab',
  steps: [{ step: 'train', options: { epochs: 2, optimizer: { kind: 'sgd', lr: 0.1 }, at: [1, 2] } }],
};

function model(): Graph {
  const graph = sequential(
    'small',
    [1, 6, 7],
    [{ op: 'conv2d', out: 3, kernel: 3 }, 'flatten', { op: 'linear', out: 2 }],
  );
  const input = { range: [0, 255], mean: [0.5], deviation: [0.25], channels: 'gray' } as const;
  return { ...graph, meta: { ...graph.meta, input, classes: ['cat', 'dog\u001b[2J'], lineage } };
}

/** The line that starts with a word, as its words. */
const line = (text: string, start: string): string[] =>
  (text.split('\n').find((l) => l.startsWith(start)) ?? '').split(/\s+/);

test('inspect: layers, meaning, bytes, grids, lineage', () => {
  const activations = new Map([['x', { scale: 0.5, zeroPoint: -3 }]]);
  const graph = withInt8(withCodebooks(withMasks(model(), 0.5), 5), activations);
  const bytes = encode(graph);
  const report = inspectJson(bytes);
  const weight = graph.params.get('conv1.weight') as Param;
  const zeros = weight.values.filter((v) => v === 0).length;
  const spent = report.tensors.reduce((sum, t) => sum + t.bytes, 0);
  expect(spent + report.headerBytes + report.activationBytes).toBe(bytes.length);
  expect(report.tensors[0]).toMatchObject({
    name: 'conv1.weight',
    kind: 'codebook',
    k: 5,
    zeros,
    pruned: true,
    quantized: true,
  });
  expect(report.activations).toEqual([{ value: 'x', scale: 0.5, zeroPoint: -3, low: -62.5, high: 65 }]);
  expect(report.outputs).toEqual([{ name: 'fc1', shape: [2] }]);
  expect(report.meta.lineage).toEqual(lineage);

  const text = inspectText(bytes);
  expect(line(text, 'conv1 ')).toContain('3x4x5');
  expect(text).toContain('gray, pixels 0 to 255, mean 0.5, deviation 0.25');
  expect(text).toContain('classes  2: cat, dog\\u{1b}[2J');
  expect(text).toContain('1. train: epochs 2, optimizer (kind sgd, lr 0.1), at [1, 2]');
  expect(line(text, 'conv1.weight')).toEqual(
    expect.arrayContaining(['codebook', 'int8', 'pruned', '5', '27', String(zeros)]),
  );
  expect(line(text, 'file')).toEqual(['file', String(bytes.length)]);
  expect(/[^\P{Cc}\n]/u.test(text)).toBe(false);
});

test('compare: a file with itself', () => {
  const bytes = encode(model());
  const report = compareJson(bytes, bytes);
  expect(report.sameStructure).toBe(true);
  for (const tensor of report.tensors) expect(tensor).toMatchObject({ maxDifference: 0, rmsDifference: 0 });
  expect(report.lineage).toMatchObject({ a: [], b: [] });
  expect(compareText(bytes, bytes)).toContain('lineage: the same');
});

test('compare: values, zeros, bytes, lineage', () => {
  const before = model();
  const after = cloneGraph(before);
  const fc = after.params.get('fc1.weight') as Param;
  fc.values[4] += 3;
  fc.values[9] -= 4;
  after.params.get('conv1.weight')?.values.fill(0, 0, 7);
  const step = { step: 'prune', options: { sparsity: 0.5 } };
  const moved = {
    ...after,
    meta: { ...after.meta, lineage: { ...lineage, steps: [...lineage.steps, step] } },
  };
  const [a, b] = [encode(before), encode(moved)];
  const report = compareJson(a, b);
  const by = (name: string) => report.tensors.find((t) => t.name === name);
  expect(by('fc1.weight')?.maxDifference).toBeCloseTo(4, 5);
  expect(by('fc1.weight')?.rmsDifference).toBeCloseTo(5 / Math.sqrt(fc.values.length), 5);
  expect([by('conv1.weight')?.a?.zeros, by('conv1.weight')?.b?.zeros]).toEqual([0, 7]);
  expect(report.lineage).toMatchObject({ a: [], b: ['2. prune: sparsity 0.5'] });
  const text = compareText(a, b);
  expect(text).toContain('structure: the same');
  expect(line(text, 'file')).toEqual(['file', String(a.length), String(b.length)]);
});

test('compare: other layers and other shapes', () => {
  const a = encode(model());
  const wide = sequential(
    'wide',
    [1, 6, 7],
    [{ op: 'conv2d', out: 4, kernel: 3, padding: 1 }, 'relu', 'flatten', { op: 'linear', out: 2 }],
  );
  const b = encode(wide);
  const report = compareJson(a, b);
  expect(report.structure).toEqual([
    expect.stringMatching(/^conv1 attributes: .*in A, .*in B$/),
    'flatten1 inputs: ["conv1"] in A, ["relu1"] in B',
    'relu1 (relu): in B only',
  ]);
  expect(report.tensors.find((t) => t.name === 'conv1.weight')).not.toHaveProperty('maxDifference');
  expect(line(compareText(a, b), 'conv1.weight')).toEqual(
    expect.arrayContaining(['3x1x3x3', '4x1x3x3', '-']),
  );
  expect(() => compareJson(a, b.slice(0, 40))).toThrow(FormatError);
});
