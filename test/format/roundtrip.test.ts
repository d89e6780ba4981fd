/** decode(encode(graph)) is the graph, bit for bit, whatever compression has made of it. */
import { describe, expect, test } from 'vitest';
import { GraphError } from '../../src/core/errors.ts';
import { decode, encode, inspect } from '../../src/format/index.ts';
import type { Graph, Param } from '../../src/graph/graph.ts';
import { quantizedCodes } from '../../src/graph/weights.ts';
import { lenet5 } from '../../src/nn/models.ts';
import { branchedNet, oddNet, smallNet, withCodebooks, withInt8, withMasks } from '../helpers/graphs.ts';

const meta: Graph['meta'] = {
  input: { range: [0, 255], mean: [0.1307], deviation: [0.3081], channels: 'gray' },
  classes: ['null', 'eins', 'zwölf'],
  output: 'logits',
  lineage: { tool: 'paring 0.1.0', numerics: 1, seed: 7, steps: [{ step: 'train', options: { epochs: 3 } }] },
};
const activations = new Map([
  ['x', { scale: Math.fround(0.0123), zeroPoint: -128 }],
  ['r1', { scale: Math.fround(0.5), zeroPoint: 3 }],
]);

/** Parameters with what must come back, as comparable bytes. */
function bits(param: Param): Record<string, unknown> {
  const raw = (a: Float32Array | undefined): Uint32Array | undefined =>
    a && new Uint32Array(a.slice().buffer);
  return {
    name: param.name,
    shape: [...param.shape],
    trainable: param.trainable,
    values: raw(param.values),
    mask: param.mask,
    centroids: raw(param.codebook?.centroids),
    indices: param.codebook?.indices,
    scale: raw(param.quant?.scale),
  };
}

function expectSame(got: Graph, want: Graph): void {
  const rest = ({ name, inputs, nodes, outputs, meta: m, activations: a }: Graph) => ({
    name,
    inputs,
    nodes,
    outputs,
    meta: m,
    activations: a,
  });
  expect(rest(got)).toEqual(rest(want));
  expect([...got.params.keys()]).toEqual([...want.params.keys()]);
  for (const [name, param] of want.params) expect(bits(got.params.get(name) as Param)).toEqual(bits(param));
}

const exact: [string, () => Graph][] = [
  ['f32', smallNet],
  ['branches', branchedNet],
  ['two inputs', oddNet],
  ['meaning and lineage', () => ({ ...smallNet(), meta })],
  ['masks', () => withMasks(smallNet(), 0.15)],
  ['codebooks', () => withCodebooks(branchedNet(), 11)],
  ['codebooks of one', () => withCodebooks(branchedNet(), 1)],
  ['codebooks of 256', () => withCodebooks(smallNet(), 256)],
  ['masks and codebooks', () => withCodebooks(withMasks(smallNet(), 0.3), 8)],
  ['masks, codebooks and int8', () => withInt8(withCodebooks(withMasks(smallNet(), 0.3), 8), activations)],
];

describe('bit for bit', () => {
  test.each(exact)('%s', (_name, make) => {
    expectSame(decode(encode(make())), make());
  });

  test.each([
    ['int8', () => withInt8(smallNet(), activations)],
    ['int8 and masks', () => withInt8(withMasks(smallNet(), 0.3), activations)],
    ['int8 weights only', () => withInt8(branchedNet(), undefined)],
  ])('%s: codes, scales and masks; values are q * scale', (_name, make) => {
    const graph = make();
    const got = decode(encode(graph));
    const want = new Map<string, Param>();
    for (const [name, param] of graph.params) {
      if (!param.quant) {
        want.set(name, param);
        continue;
      }
      const codes = quantizedCodes(param);
      const inner = codes.length / param.shape[0];
      const { scale } = param.quant;
      const values = Float32Array.from(codes, (q, i) => q * scale[Math.floor(i / inner)]);
      want.set(name, { ...param, values });
      expect(quantizedCodes(got.params.get(name) as Param)).toEqual(codes);
    }
    expectSame(got, { ...graph, params: want });
    expect(encode(got)).toEqual(encode(graph));
  });

  test('awkward f32 values: -0, subnormals, the largest', () => {
    const graph = smallNet();
    const param = graph.params.get('fc1.weight') as Param;
    const raw = new Uint32Array(param.values.buffer);
    raw.set([0x80000000, 1, 0x7f7fffff, 0xff7fffff, 0x807fffff, 0, 0, 0x00800000]);
    expectSame(decode(encode(graph)), graph);
  });

  test('scales that are not f32 keep their f64 bits', () => {
    const graph = withInt8(smallNet(), new Map([['x', { scale: 0.1, zeroPoint: 0 }]]));
    expect(decode(encode(graph)).activations).toEqual(graph.activations);
  });

  test('names that objects have by birth are only names', () => {
    const graph = smallNet();
    const rename = (name: string): string =>
      name === 'r1' ? '__proto__' : name === 'c1' ? 'constructor' : name;
    const nodes = graph.nodes.map((n) => ({ ...n, name: rename(n.name), inputs: n.inputs.map(rename) }));
    const renamed = { ...graph, nodes } as Graph;
    expectSame(decode(encode(renamed)), renamed);
    expect(Object.prototype).not.toHaveProperty('weight');
  });
});

test('parameters that two nodes share are stored once; parameters nobody uses are not', () => {
  const graph = smallNet();
  const params = new Map(graph.params);
  params.set('spare', { name: 'spare', shape: [3], values: new Float32Array(3), trainable: true });
  expect(encode({ ...graph, params })).toEqual(encode(graph));
});

test('refuses what it cannot say', () => {
  const break_ = (change: (param: Param) => void, from: Graph): Graph => {
    const params = new Map([...from.params].map(([name, p]) => [name, { ...p, values: p.values.slice() }]));
    change(params.get('fc1.weight') as Param);
    return { ...from, params };
  };
  const shared = withCodebooks(withMasks(smallNet(), 0.5), 4);
  const kept = shared.params.get('fc1.weight')?.mask?.indexOf(1) as number;
  const pruned = shared.params.get('fc1.weight')?.mask?.indexOf(0) as number;
  expect(() => encode(break_((p) => p.values.fill(0.1, kept, kept + 1), shared))).toThrow(/its centroid/);
  expect(() => encode(break_((p) => p.values.fill(0.1, pruned, pruned + 1), shared))).toThrow(/mask prunes/);
  expect(() => encode(withInt8(smallNet(), new Map([['nobody', { scale: 1, zeroPoint: 0 }]])))).toThrow(
    GraphError,
  );
  expect(() => encode(withInt8(smallNet(), new Map([['x', { scale: 0, zeroPoint: 0 }]])))).toThrow(
    GraphError,
  );
  expect(() => encode({ ...smallNet(), name: 'x', outputs: [] })).toThrow(GraphError);
});

test('inspect accounts for every byte', () => {
  for (const make of [smallNet, () => withInt8(withMasks(smallNet(), 0.2), activations)]) {
    const file = encode(make());
    const info = inspect(file);
    const tensors = info.tensors.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(info.bytes).toBe(file.length);
    expect(info.headerBytes + info.activationBytes + tensors).toBe(file.length);
    for (const { bytes, bitsPerWeight, shape } of info.tensors) {
      expect(bitsPerWeight).toBeCloseTo((8 * bytes) / shape.reduce((a, b) => a * b, 1));
    }
  }
});

test('sizes: the header is small, and each form costs about what it should', () => {
  const dense = inspect(encode({ ...smallNet(), meta }));
  expect(dense.headerBytes).toBeLessThan(400);
  const bitsOf = (graph: Graph): number =>
    inspect(encode(graph)).tensors.find(({ name }) => name === 'fc1.weight')?.bitsPerWeight as number;
  expect(bitsOf(smallNet())).toBeLessThan(32.1);
  expect(bitsOf(withInt8(smallNet(), activations))).toBeLessThan(9);
  expect(bitsOf(withCodebooks(smallNet(), 16))).toBeLessThan(4.7);
  expect(bitsOf(withMasks(smallNet(), 0.1))).toBeLessThan(4.2);
});

test('plain storage takes four bytes a number and gives the same graph', () => {
  const graph = lenet5();
  const plain = encode(graph, { plain: true });
  const count = [...graph.params.values()].reduce((sum, p) => sum + p.values.length, 0);
  expect(plain.length).toBeGreaterThan(4 * count);
  expect(plain.length).toBeLessThan(4 * count + 600);
  expect(encode(decode(plain))).toEqual(encode(graph));
});

test('a Node Buffer is read like any other bytes', () => {
  const graph = lenet5();
  const bytes = Buffer.from(encode(graph, { plain: true }));
  expect(decode(bytes).params.get('fc2.weight')?.values).toEqual(graph.params.get('fc2.weight')?.values);
});
