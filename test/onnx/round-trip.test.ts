/** Out to ONNX and in again: the same plan, the same bits. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantize } from '../../src/compress/quantize.ts';
import { ArgumentError, GraphError } from '../../src/core/errors.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { exportOnnx } from '../../src/onnx/export.ts';
import { importOnnx } from '../../src/onnx/import.ts';
import { readModel } from '../../src/onnx/reader.ts';
import { writeModel } from '../../src/onnx/writer.ts';
import { compile } from '../../src/plan/compile.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { sampleInput, smallNet } from '../helpers/graphs.ts';
import { smallNet as mnistNet, someMnist } from '../helpers/mnist.ts';
import { randomGraph } from '../nn/random-graphs.ts';
import { everyOp } from './every-op.ts';

const backend = wasmBackend();

/** Outputs in order, as bits. */
function bits(graph: Graph, batch: number): Uint32Array[] {
  const plan = compile(graph, backend, { batch });
  try {
    for (const { name, shape } of graph.inputs) {
      plan.inputs[name].set(sampleInput([batch, ...shape], name.length));
    }
    plan.run();
    return graph.outputs.map((name) => new Uint32Array(plan.outputs[name].slice().buffer));
  } finally {
    plan.free();
  }
}

const back = (graph: Graph): Graph => importOnnx(exportOnnx(graph)).graph;

describe('f32', () => {
  test.each(everyOp)('%s', (_, graph) => {
    expect(bits(back(graph), 2)).toEqual(bits(graph, 2));
  });

  test('random graphs', () => {
    fc.assert(
      fc.property(randomGraph, (graph) => {
        expect(bits(back(graph), 2)).toEqual(bits(graph, 2));
      }),
    );
  });
});

test('int8 comes back on the same grids, to the bit', async () => {
  const { graph } = quantize(mnistNet(), await someMnist(64), {}, backend);
  const returned = back(graph);
  expect(returned.activations).toBeDefined();
  expect(bits(returned, 3)).toEqual(bits(graph, 3));
});

test('the same graph is the same bytes, and they are a model that reads as it was written', () => {
  const bytes = exportOnnx(smallNet());
  expect(exportOnnx(smallNet())).toEqual(bytes);
  const model = readModel(bytes);
  expect(writeModel(model)).toEqual(bytes);
  expect(model.irVersion).toBe(7);
  expect(model.opsetImport?.map(({ version }) => version)).toEqual([13]);
  const dims = (batch?: number) =>
    readModel(exportOnnx(smallNet(), { batch })).graph?.input?.[0].type?.tensorType?.shape?.dim;
  expect(dims()).toEqual([{ dimParam: 'batch' }, { dimValue: 1 }, { dimValue: 11 }, { dimValue: 13 }]);
  expect(dims(5)?.[0]).toEqual({ dimValue: 5 });
});

test('what it says of input and classes comes back', () => {
  const meta = { classes: ['a', 'b'], output: 'logits' } as const;
  expect(back({ ...smallNet(), meta }).meta).toEqual(meta);
});

test('refuses what ONNX cannot say', () => {
  expect(() => exportOnnx({ ...smallNet(), outputs: ['x'] })).toThrow(GraphError);
  expect(() => exportOnnx(smallNet(), { batch: 0 })).toThrow(ArgumentError);
  expect(() => exportOnnx(smallNet(), { opset: 14 } as never)).toThrow(/opset/);
});
