import { Engine } from '../../src/autograd/engine.ts';
import type { Tensor } from '../../src/autograd/tensor.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { Rng } from '../../src/core/rng.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { Graph, Param } from '../../src/graph/graph.ts';
import { runGraph } from '../../src/ops/run-graph.ts';

/** All outputs of a graph on the same random inputs for the same seed, computed op by op. */
export function forward(graph: Graph, backend: Backend, batch = 3, seed = 17): Float32Array[] {
  const engine = new Engine(backend);
  const rng = new Rng(seed);
  return engine.step(() => {
    const inputs: Record<string, Tensor> = {};
    for (const { name, shape } of graph.inputs) {
      const values = Float32Array.from({ length: batch * sizeOf(shape) }, () => rng.normal());
      inputs[name] = engine.tensor([batch, ...shape], values);
    }
    const values = engine.noGrad(() =>
      runGraph(graph, {
        inputs,
        param: (name) => {
          const p = graph.params.get(name) as Param;
          return engine.parameter(p.shape, p.values, { trainable: false });
        },
        training: false,
      }),
    );
    return graph.outputs.map((name) => (values.get(name) as Tensor).toArray() as Float32Array);
  });
}

/** Gives every bias and batch norm values as a trained graph has them, so that nothing is 0 or 1 by accident. */
export function roughen(graph: Graph, seed = 23): Graph {
  const rng = new Rng(seed);
  for (const [name, p] of graph.params) {
    if (name.endsWith('.weight')) continue;
    for (let i = 0; i < p.values.length; i++) {
      p.values[i] = name.endsWith('.variance') ? 0.5 + rng.uniform() : rng.normal();
    }
  }
  return graph;
}
