/** A graph as a table: what people look at first. */
import { alignedTable, grouped, printable } from '../core/plain.ts';
import { formatShape } from '../core/shape.ts';
import type { Graph } from './graph.ts';
import { costs, totals } from './infer.ts';

/**
 * Layer, op, output shape (one sample), parameters, those that are not zero, multiply-accumulates and bytes in memory, one line a
 * node, with totals. Parameters that several nodes share count once in the totals.
 * @throws GraphError if the graph is not well formed
 */
export function summary(graph: Graph): string {
  const rows: string[][] = [['layer', 'op', 'output', 'parameters', 'non-zero', 'MACs', 'bytes']];
  for (const input of graph.inputs)
    rows.push([input.name, 'input', formatShape(input.shape), '', '', '', '']);
  for (const { node, shape, parameters, nonzero, macs, bytes } of costs(graph)) {
    const counted = parameters > 0 ? [parameters, nonzero].map(grouped) : ['', ''];
    rows.push([
      node.name,
      node.op,
      formatShape(shape.slice(1)),
      ...counted,
      macs > 0 ? grouped(macs) : '',
      bytes > 0 ? grouped(bytes) : '',
    ]);
  }
  const { parameters, nonzero, macs, bytes } = totals(graph);
  rows.push(['total', '', '', ...[parameters, nonzero, macs, bytes].map(grouped)]);

  const lines = alignedTable(rows, 3);
  return [printable(graph.name), ...lines.slice(0, -1), lines[1], lines[lines.length - 1]].join('\n');
}
