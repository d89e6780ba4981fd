/** For random graphs: the file gives the graph back bit for bit, and the plan computes what the ops compute. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rng } from '../../src/core/rng.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { decode, encode } from '../../src/format/index.ts';
import type { Graph, Param } from '../../src/graph/graph.ts';
import { compile } from '../../src/plan/compile.ts';
import { forward } from '../compress/forward.ts';
import { referenceBackend, wasmBackend } from '../helpers/backends.ts';
import { randomGraph } from './random-graphs.ts';

const bits = (param?: Param): Buffer => Buffer.from(Float32Array.from(param?.values ?? []).buffer);
const shapes = ({ params }: Graph) => [...params.values()].map(({ values, ...rest }) => rest);

const runs = { numRuns: 40, seed: 11 };

test('encode and decode: bit for bit', () => {
  fc.assert(
    fc.property(randomGraph, fc.boolean(), (graph, plain) => {
      const file = encode(graph, { plain });
      const back = decode(file);
      expect({ ...back, params: shapes(back) }).toEqual({ ...graph, params: shapes(graph) });
      for (const [name, param] of graph.params)
        expect(bits(back.params.get(name)).equals(bits(param)), name).toBe(true);
      expect(Buffer.from(encode(back, { plain })).equals(file)).toBe(true);
    }),
    runs,
  );
});

test.each(['wasm', 'reference'] as const)('the plan on %s computes what the ops compute', (which) => {
  const backend = which === 'wasm' ? wasmBackend() : referenceBackend();
  const batch = 2;
  const planned = (graph: Graph): Float32Array => {
    const plan = compile(graph, backend, { batch });
    const rng = new Rng(17); // as `forward` draws its inputs
    const [{ name, shape }] = graph.inputs;
    plan.inputs[name].set(Float32Array.from({ length: batch * sizeOf(shape) }, () => rng.normal()));
    plan.run();
    const result = plan.outputs[graph.outputs[0]].slice();
    plan.free();
    return result;
  };
  fc.assert(
    fc.property(randomGraph, (graph) => {
      const [want] = forward(graph, referenceBackend(), batch);
      const got = planned(graph);
      const largest = want.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
      got.forEach((v, i) => {
        expect(Math.abs(v - want[i])).toBeLessThan(1e-4 * largest);
      });
    }),
    runs,
  );
});
