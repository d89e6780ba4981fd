/** Counts of a model file: what its graph holds, not what its bytes are. */
import { readFileSync } from 'node:fs';
import { decode } from '../../format/index.ts';
import { costs, totals } from '../../graph/infer.ts';

export function summarizeFile(path: string): { parameters: number; nonzero: number; macs: number } {
  const graph = decode(readFileSync(path));
  const { parameters, nonzero } = totals(graph);
  const macs = costs(graph).reduce((sum, cost) => sum + cost.effectiveMacs, 0);
  return { parameters, nonzero, macs };
}
