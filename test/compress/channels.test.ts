import { describe, expect, test } from 'vitest';
import { removeChannels, removeGroups } from '../../src/compress/channels.ts';
import { importance } from '../../src/compress/importance.ts';
import { prune } from '../../src/compress/prune.ts';
import { share } from '../../src/compress/share.ts';
import { Rng } from '../../src/core/rng.ts';
import { channelGraph } from '../../src/graph/channels.ts';
import type { Graph, Param } from '../../src/graph/graph.ts';
import { inferShapes, totals } from '../../src/graph/infer.ts';
import { builder } from '../../src/nn/builder.ts';
import { lenet5 } from '../../src/nn/models.ts';
import { referenceBackend } from '../helpers/backends.ts';
import { forward, roughen } from './forward.ts';
import { maskGroups } from './mask-groups.ts';

/** Each shape of dependency once. */
const topologies: Record<string, () => Graph> = {
  'conv, batch norm, pool, flatten to linear': () =>
    builder('flat', { x: [2, 11, 11] }, new Rng(1))
      .conv2d('c1', 'x', { out: 7, kernel: 3, padding: 1 })
      .batchNorm('n1', 'c1')
      .relu('r1', 'n1')
      .maxPool('p1', 'r1', { kernel: 2 })
      .conv2d('c2', 'p1', { out: 5, kernel: 3, bias: false })
      .leakyRelu('r2', 'c2')
      .avgPool('p2', 'r2', { kernel: 3, stride: 1, padding: 1 })
      .flatten('flat', 'p2')
      .linear('f1', 'flat', { out: 13 })
      .batchNorm('n3', 'f1')
      .tanh('t', 'n3')
      .linear('f2', 't', { out: 3 })
      .output('f2')
      .build(),
  'residual add': () =>
    builder('residual', { x: [3, 7, 7] }, new Rng(2))
      .conv2d('stem', 'x', { out: 7, kernel: 3, padding: 1 })
      .relu('r0', 'stem')
      .conv2d('a', 'r0', { out: 5, kernel: 3, padding: 1 })
      .batchNorm('an', 'a')
      .relu('ar', 'an')
      .conv2d('b', 'ar', { out: 7, kernel: 3, padding: 1, bias: false })
      .batchNorm('bn', 'b')
      .add('sum', 'bn', 'r0')
      .relu6('r1', 'sum')
      .globalAvgPool('gap', 'r1')
      .flatten('flat', 'gap')
      .linear('fc', 'flat', { out: 3 })
      .output('fc')
      .build(),
  'concat, then add across it': () =>
    builder('concat', { x: [2, 7, 7] }, new Rng(3))
      .conv2d('a', 'x', { out: 3, kernel: 3, padding: 1 })
      .conv2d('b', 'x', { out: 5, kernel: 1 })
      .concat('ab', ['a', 'b'])
      .batchNorm('n', 'ab')
      .conv2d('c', 'n', { out: 8, kernel: 3, padding: 1 })
      .add('sum', 'c', 'ab')
      .conv2d('d', 'sum', { out: 7, kernel: 3, stride: 2 })
      .hardSwish('h', 'd')
      .concat('both', ['h', 'h'])
      .flatten('flat', 'both')
      .linear('fc', 'flat', { out: 3 })
      .output('fc')
      .build(),
  'depthwise and grouped convolution': () =>
    builder('groups', { x: [3, 9, 9] }, new Rng(4))
      .conv2d('stem', 'x', { out: 6, kernel: 3 })
      .batchNorm('n', 'stem')
      .depthwiseConv2d('dw', 'n', { kernel: 3, padding: 1 })
      .relu('r', 'dw')
      .conv2d('twice', 'r', { out: 12, kernel: 3, groups: 6, padding: 1 })
      .conv2d('grouped', 'twice', { out: 10, kernel: 3, groups: 2 })
      .conv2d('last', 'grouped', { out: 5, kernel: 3 })
      .flatten('flat', 'last')
      .linear('fc', 'flat', { out: 3 })
      .output('fc')
      .build(),
  'gates, borders and a second output': () =>
    builder('gate', { x: [2, 5, 5] }, new Rng(5))
      .conv2d('a', 'x', { out: 7, kernel: 3, padding: 1 })
      .conv2d('g', 'x', { out: 7, kernel: 3, padding: 1 })
      .sigmoid('s', 'g')
      .mul('m', 'a', 's')
      .pad('p', 'm', { padding: [1, 0, 2, 1], value: 0.5 })
      .conv2d('head', 'p', { out: 3, kernel: 3 })
      .conv2d('aux', 's', { out: 2, kernel: 1 })
      .output('head', 'aux')
      .build(),
};

function expectClose(got: Float32Array[], wanted: Float32Array[]): void {
  expect(got.length).toBe(wanted.length);
  got.forEach((values, o) => {
    expect(values.length).toBe(wanted[o].length);
    const largest = Math.max(...wanted[o].map(Math.abs));
    values.forEach((v, i) => {
      expect(Math.abs(v - wanted[o][i])).toBeLessThanOrEqual(1e-6 * largest);
    });
  });
}

describe.each(Object.entries(topologies))('%s', (_name, build) => {
  test('removing any one group computes what masking it computes', () => {
    const graph = roughen(build());
    const channels = channelGraph(graph);
    const whole = forward(graph, referenceBackend());
    const removable = channels.spaces.flatMap((space) => space.groups);
    expect(removable.length).toBeGreaterThan(5);
    let alive = 0;
    for (const id of removable) {
      const removed = removeGroups(graph, new Set([id]), channels);
      const masked = forward(maskGroups(graph, new Set([id]), channels), referenceBackend());
      expectClose(forward(removed, referenceBackend()), masked);
      expect(totals(removed).parameters).toBeLessThan(totals(graph).parameters);
      if (masked.some((values, o) => values.some((v, i) => v !== whole[o][i]))) alive += 1;
    }
    // A ReLU may be shut for these inputs, but not many are: otherwise this test would prove nothing.
    expect(alive).toBeGreaterThan(removable.length / 2);
  });

  test('so does removing half of every layer at once', () => {
    const graph = roughen(build());
    const before = structuredClone([...graph.params.values()]);
    const channels = channelGraph(graph);
    const ids = new Set(channels.spaces.flatMap((space) => space.groups.filter((_, i) => i % 2 === 1)));
    const removed = removeGroups(graph, ids, channels);
    expectClose(forward(removed, referenceBackend()), forward(maskGroups(graph, ids), referenceBackend()));
    expect([...graph.params.values()]).toEqual(before);
    expect([...inferShapes(removed).keys()]).toEqual([...inferShapes(graph).keys()]);
  });
});

describe('groups', () => {
  test('a residual path is one space, the branch inside it another', () => {
    const { spaces } = channelGraph(topologies['residual add']());
    expect(spaces.map((space) => [space.nodes, space.groups.length])).toEqual([
      [['stem', 'b'], 7],
      [['a'], 5],
    ]);
  });

  test('channels at one position of all groups belong together, depthwise filters to their channel', () => {
    const { spaces } = channelGraph(topologies['depthwise and grouped convolution']());
    // `grouped` reads 12 channels in 2 groups of 6, so channels o and o + 6 of `twice` go together, and with them all that is depthwise on them.
    expect(spaces.map((space) => [space.nodes, space.groups.length, space.channelsPerGroup])).toEqual([
      [['stem', 'dw', 'twice'], 3, 4],
      [['grouped'], 5, 2],
      [['last'], 5, 1],
    ]);
  });

  test('layers that share a weight lose the same channels', () => {
    const graph = builder('tied', { x: [3, 5, 5] }, new Rng(6))
      .conv2d('a', 'x', { out: 4, kernel: 1 })
      .conv2d('b', 'x', { out: 4, kernel: 1 })
      .concat('ab', ['a', 'b'])
      .conv2d('c', 'ab', { out: 2, kernel: 1 })
      .output('c')
      .build();
    const nodes = graph.nodes.map((node) =>
      node.name === 'b' ? { ...node, params: graph.nodes[0].params } : node,
    );
    const tied = { ...graph, nodes } as Graph;
    const { spaces } = channelGraph(tied);
    expect(spaces.map((space) => [space.nodes, space.groups.length])).toEqual([[['a', 'b'], 4]]);
    const removed = removeGroups(tied, new Set([spaces[0].groups[2]]));
    expect(removed.params.get('a.weight')?.shape).toEqual([3, 3, 1, 1]);
    expect(removed.params.get('c.weight')?.shape).toEqual([2, 6, 1, 1]);
  });

  test('inputs and outputs stay', () => {
    const graph = topologies['residual add']();
    const channels = channelGraph(graph);
    const [output] = channels.ofValue.get('fc') as Int32Array;
    expect(channels.groups[output].fixed).toBe("channels of output 'fc'");
    expect(() => removeGroups(graph, new Set([output]))).toThrow(
      /groups that may go, got 'channels of output 'fc''/,
    );
    expect(() => removeGroups(graph, new Set(channels.spaces[1].groups))).toThrow(
      /at least one channel of 'a' to stay/,
    );
  });
});

describe('removeChannels', () => {
  const magnitude = (graph: Graph) => importance(graph, null, { criterion: 'magnitude', level: 'channel' });

  test('keeps the most important channels of each layer, as many as asked', () => {
    const graph = lenet5(new Rng(1));
    const scores = magnitude(graph);
    const { graph: small, report } = removeChannels(graph, scores, {
      keep: { conv1: 8, conv2: 20, fc1: 100 },
    });
    expect(report.layers.map((l) => [l.before, l.after])).toEqual([
      [20, 8],
      [50, 20],
      [500, 100],
    ]);
    expect(small.params.get('fc1.weight')?.shape).toEqual([100, 20 * 16]);
    expect(totals(small).parameters).toBe(8 * 26 + 20 * (8 * 25 + 1) + 100 * 321 + 10 * 101);
    const kept = [...(scores.get('conv1.weight') as Float32Array)].sort((a, b) => b - a).slice(0, 8);
    const got = magnitude(small).get('conv1.weight') as Float32Array;
    expect([...got].sort((a, b) => b - a)).toEqual(kept);
  });

  test('rounds kept counts up to a multiple, by layer and globally', () => {
    const graph = lenet5(new Rng(1));
    for (const scope of ['layer', 'global'] as const) {
      const { report } = removeChannels(graph, magnitude(graph), {
        ratio: 0.7,
        scope,
        multiple: 4,
        minimum: 3,
      });
      for (const { before, after } of report.layers) expect(after % 4 === 0 || after === before).toBe(true);
      expect(report.after.parameters).toBeLessThan(report.before.parameters);
    }
    const rng = new Rng(8);
    const even = new Map([...magnitude(graph)].map(([name, r]) => [name, r.map(() => rng.uniform())]));
    const exact = removeChannels(graph, even, { ratio: 0.7, scope: 'global' });
    expect(exact.report.layers.reduce((sum, l) => sum + l.after, 0)).toBe(570 - 399);
  });

  test('cuts masks, codebooks and scales with their weights', () => {
    const graph = lenet5(new Rng(1));
    const pruned = prune(graph, importance(graph, null, { criterion: 'magnitude' }), { sparsity: 0.5 }).graph;
    const shared = share(pruned, { k: 4, iterations: 2 }, referenceBackend()).graph;
    for (const p of shared.params.values()) {
      if (p.codebook) p.quant = { scale: Float32Array.from({ length: p.shape[0] }, (_, c) => c + 1) };
    }
    const small = removeChannels(shared, magnitude(shared), { ratio: 0.5 }).graph;
    for (const name of ['conv2.weight', 'fc1.weight', 'fc2.weight']) {
      const { values, mask, codebook, quant, shape } = small.params.get(name) as Required<Param>;
      expect(quant.scale.length).toBe(shape[0]);
      values.forEach((v, i) => {
        expect(v).toBe(mask[i] === 0 ? 0 : codebook.centroids[codebook.indices[i]]);
      });
    }
  });

  test.each([
    [{ ratio: 1 }, /removeChannels: ratio: expected a number from 0 to below 1, got 1/],
    [{ keep: { nowhere: 3 } }, /removeChannels: keep: expected one of conv1, conv2, fc1, got 'nowhere'/],
    [{ keep: { conv1: 21 } }, /removeChannels: keep: expected a number in \[1, 20\], got 21/],
  ])('refuses %o', (options, message) => {
    const graph = lenet5(new Rng(1));
    expect(() => removeChannels(graph, magnitude(graph), options)).toThrow(message);
  });
});
