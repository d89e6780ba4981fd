/** Weights by name: a graph takes exactly the tensors that are its own, and says which are not. */
import { describe, expect, test } from 'vitest';
import { ArgumentError, GraphError, ShapeError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../../src/format/safetensors.ts';
import { fillGraph, graphTensors, torchName } from '../../src/format/state-dict.ts';
import { cloneGraph, type Graph } from '../../src/graph/graph.ts';
import { dequantizedValues } from '../../src/graph/weights.ts';
import { builder } from '../../src/nn/builder.ts';

const net = (seed: number): Graph =>
  builder('net', { x: [2, 5, 5] }, new Rng(seed))
    .conv2d('conv1', 'x', { out: 3, kernel: 3, bias: false })
    .batchNorm('bn1', 'conv1')
    .flatten('flat', 'bn1')
    .linear('fc', 'flat', { out: 7 })
    .output('fc')
    .build();

const values = (graph: Graph) => [...graph.params.values()].map((p) => [p.name, ...p.values]);
const roundTrip = (graph: Graph, options = {}) =>
  readSafetensors(writeSafetensors(graphTensors(graph, { names: torchName, ...options }))).tensors;

describe('fillGraph', () => {
  test("takes torch's names by default", () => {
    const tensors = roundTrip(net(1));
    expect([...tensors.keys()].sort()).toEqual([
      'bn1.bias',
      'bn1.running_mean',
      'bn1.running_var',
      'bn1.weight',
      'conv1.weight',
      'fc.bias',
      'fc.weight',
    ]);
    const target = net(2);
    const before = values(target);
    expect(values(fillGraph(target, tensors))).toEqual(values(net(1)));
    expect(values(target)).toEqual(before);
    expect(fillGraph(target, tensors).params.get('bn1.mean')?.trainable).toBe(false);
  });

  test('leaves the count of batches aside, and nothing else', () => {
    const tensors = new Map<string, SafeTensor>(roundTrip(net(1)));
    tensors.set('bn1.num_batches_tracked', { dtype: 'I64', shape: [], data: BigInt64Array.of(7n) });
    expect(values(fillGraph(net(2), tensors))).toEqual(values(net(1)));
    tensors.set('head.weight', { dtype: 'F32', shape: [1], data: Float32Array.of(1) });
    expect(() => fillGraph(net(2), tensors)).toThrow(ArgumentError);
    expect(() => fillGraph(net(2), tensors)).toThrow(/head\.weight/);
    const ignore = (name: string) => /^head|tracked$/.test(name);
    expect(values(fillGraph(net(2), tensors, { ignore }))).toEqual(values(net(1)));
  });

  test('takes names by a record or a function', () => {
    const tensors = new Map([...roundTrip(net(1))].map(([name, t]) => [`module.${name}`, t]));
    expect(values(fillGraph(net(2), tensors, { names: (p) => `module.${torchName(p)}` }))).toEqual(
      values(net(1)),
    );
    const other = new Map([...roundTrip(net(1))].map(([name, t]) => [name.replace('fc.', 'head.'), t]));
    const names = { 'fc.weight': 'head.weight', 'fc.bias': 'head.bias' };
    expect(values(fillGraph(net(2), other, { names }))).toEqual(values(net(1)));
    expect(() => fillGraph(net(2), other, { names: { 'fc.wieght': 'head.weight' } })).toThrow(/fc\.wieght/);
  });

  test('rounds wider numbers and takes narrower ones', () => {
    const tensors = new Map<string, SafeTensor>(roundTrip(net(1), { dtype: 'F16' }));
    expect(tensors.get('fc.weight')?.dtype).toBe('F16');
    tensors.set('fc.bias', { dtype: 'F64', shape: [7], data: new Float64Array(7).fill(0.1) });
    const filled = fillGraph(net(2), tensors);
    expect(filled.params.get('fc.bias')?.values[0]).toBe(Math.fround(0.1));
    const half = filled.params.get('fc.weight')?.values as Float32Array;
    const whole = net(1).params.get('fc.weight')?.values as Float32Array;
    half.forEach((v, i) => {
      expect(Math.abs(v - whole[i])).toBeLessThanOrEqual(Math.abs(whole[i]) * 2 ** -11 + 2 ** -25);
    });
  });

  test('what compression knew of the old values is gone', () => {
    const old = cloneGraph(net(2));
    const weight = old.params.get('fc.weight');
    if (weight) weight.mask = new Uint8Array(weight.values.length).fill(1);
    const filled = fillGraph({ ...old, activations: new Map() }, roundTrip(net(1)));
    expect(filled.activations).toBeUndefined();
    expect(filled.params.get('fc.weight')?.mask).toBeUndefined();
  });

  test('names the parameter without a tensor, and the tensor that was meant', () => {
    const tensors = new Map([...roundTrip(net(1))].map(([name, t]) => [name.replace('conv1', 'conv_1'), t]));
    expect(() => fillGraph(net(2), tensors)).toThrow(GraphError);
    expect(() => fillGraph(net(2), tensors)).toThrow(/'conv1.weight'.*did you mean 'conv_1\.weight'/);
  });

  test('refuses another shape, integers, one tensor for two, numbers that are none', () => {
    const changed = (name: string, tensor: SafeTensor) => new Map([...roundTrip(net(1)), [name, tensor]]);
    const turned = changed('fc.weight', { dtype: 'F32', shape: [27, 7], data: new Float32Array(189) });
    expect(() => fillGraph(net(2), turned)).toThrow(ShapeError);
    expect(() => fillGraph(net(2), turned)).toThrow(/'fc.weight' for 'fc.weight': expected 7x27, got 27x7/);
    const ints = changed('fc.bias', { dtype: 'I8', shape: [7], data: new Int8Array(7) });
    expect(() => fillGraph(net(2), ints)).toThrow(/floating-point/);
    expect(() => fillGraph(net(2), roundTrip(net(1)), { names: { 'bn1.beta': 'bn1.weight' } })).toThrow(
      /bn1\.gamma and bn1\.beta/,
    );
    const nan = changed('fc.bias', { dtype: 'F32', shape: [7], data: new Float32Array(7).fill(Number.NaN) });
    expect(() => fillGraph(net(2), nan)).toThrow(/finite/);
  });
});

test('a quantized parameter is written as codes and scales', () => {
  const graph = cloneGraph(net(3));
  const weight = graph.params.get('fc.weight');
  if (!weight) throw new Error('no weight');
  weight.quant = { scale: Float32Array.from({ length: 7 }, (_, i) => 0.01 * (i + 1)) };
  const tensors = roundTrip(graph);
  const codes = tensors.get('fc.weight')?.data as Int8Array;
  const scale = tensors.get('fc.weight.scale')?.data as Float32Array;
  expect(tensors.get('fc.weight')?.dtype).toBe('I8');
  const back = dequantizedValues(codes, scale);
  back.forEach((v, i) => {
    expect(Math.abs(v - weight.values[i])).toBeLessThanOrEqual(scale[Math.floor(i / 27)] * 0.501);
  });
  expect(() => graphTensors(graph, { names: () => 'one' })).toThrow(ArgumentError);
});
