import { expect, test } from 'vitest';
import { summary } from '../../src/graph/summary.ts';
import { lenet5 } from '../../src/nn/models.ts';

test('summary lists each node and the totals', () => {
  const graph = lenet5();
  const pruned = graph.params.get('fc1.weight');
  pruned?.values.fill(0, 0, 390_000);
  const lines = summary(graph).split('\n');
  const line = (name: string): string[] => (lines.find((l) => l.startsWith(name)) ?? '').split(/\s+/);
  expect(lines[0]).toBe('lenet5');
  expect(line('x')).toEqual(['x', 'input', '1x28x28']);
  expect(line('conv2')).toEqual(['conv2', 'conv2d', '50x8x8', '25,050', '25,000', '1,600,000', '100,200']);
  expect(line('fc1')).toEqual(['fc1', 'linear', '500', '400,500', '10,000', '400,000', '1,602,000']);
  expect(line('pool1')).toEqual(['pool1', 'maxPool', '20x12x12']);
  expect(line('total')).toEqual(['total', '431,080', '40,500', '2,293,000', '1,724,320']);
});
