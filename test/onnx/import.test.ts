/** ONNX import: what the exporter writes comes back as the same model, damage is refused, and what is not supported is named. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OnnxError, ParingError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { decode, encode } from '../../src/format/index.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { exportOnnx } from '../../src/onnx/export.ts';
import { importOnnx } from '../../src/onnx/import.ts';
import { elementTypes, type OnnxModel, type OnnxNode, type OnnxTensor } from '../../src/onnx/proto.ts';
import { readModel } from '../../src/onnx/reader.ts';
import { constant } from '../../src/onnx/tensor.ts';
import { writeModel } from '../../src/onnx/writer.ts';
import { compile } from '../../src/plan/compile.ts';
import { paring } from '../cli/shell.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { branchedNet, sampleInput, smallNet, viewsNet, withInt8 } from '../helpers/graphs.ts';
import { everyOp } from './every-op.ts';

function results(graph: Graph, batch: number): Float32Array[] {
  const plan = compile(graph, wasmBackend(), { batch });
  graph.inputs.forEach(({ name }, i) => {
    plan.inputs[name].set(sampleInput([plan.inputs[name].length], 3 + i));
  });
  plan.run();
  const outputs = graph.outputs.map((name) => plan.outputs[name].slice());
  plan.free();
  return outputs;
}

function expectSame(got: Graph, want: Graph, batch: number, tolerance: number): void {
  const wanted = results(want, batch);
  results(got, batch).forEach((y, i) => {
    expect(y.length).toBe(wanted[i].length);
    y.forEach((v, j) => {
      expect(Math.abs(v - wanted[i][j]) / (1 + Math.abs(wanted[i][j]))).toBeLessThanOrEqual(tolerance);
    });
  });
}

describe('a graph that was exported', () => {
  test.each(everyOp)('%s', (_, graph) => {
    const { graph: back, report } = importOnnx(exportOnnx(graph));
    expect(report.batch).toBe('dynamic');
    expect(back.outputs).toEqual(graph.outputs);
    expectSame(back, graph, 2, 1e-5);
  });

  test.each([
    ['small', smallNet],
    ['branched', branchedNet],
  ])('%s in int8: the same plan, to the bit', (_, make) => {
    const plain = make();
    const names = [...plain.inputs, ...plain.nodes].map(({ name }) => name);
    const grids = new Map(names.map((name, i) => [name, { scale: 0.03 + 0.001 * i, zeroPoint: i % 7 }]));
    grids.delete('probabilities');
    const graph = withInt8(plain, grids);
    const { graph: back } = importOnnx(exportOnnx(graph));
    const primitives = compile(back, wasmBackend()).steps.map(({ primitive }) => primitive);
    expect(primitives.filter((name) => name === 'conv2d' || name === 'linear')).toEqual([]);
    expect(results(back, 2)).toEqual(results(graph, 2));
    // And through a model file.
    expect(results(decode(encode(back)), 2)).toEqual(results(graph, 2));
  });

  test('what the numbers mean comes back, too', () => {
    const graph: Graph = { ...smallNet(), meta: { output: 'logits', classes: ['a', 'b'] } };
    expect(importOnnx(exportOnnx(graph)).graph.meta).toEqual(graph.meta);
  });

  test('views through a model file', () => {
    const { graph } = importOnnx(exportOnnx(viewsNet()));
    expectSame(decode(encode(graph)), graph, 3, 0);
  });
});

const { float, int64, uint8 } = elementTypes;
const floats = (name: string, dims: number[], seed: number): OnnxTensor => ({
  name,
  dims,
  dataType: float,
  floatData: [...sampleInput(dims, seed)],
});
const ints = (name: string, values: number[]): OnnxTensor => ({
  name,
  dims: [values.length],
  dataType: int64,
  int64Data: values,
});
const attribute = {
  int: (name: string, i: number) => ({ name, i, type: 2 }),
  ints: (name: string, values: number[]) => ({ name, ints: values, type: 7 }),
};

/** A model of one input x, its output the last node's. A first extent of 0 is the symbol N. */
function model(
  shape: number[],
  node: OnnxNode[],
  initializer: OnnxTensor[],
  version = 13,
  elemType: number = float,
): Uint8Array {
  const dim = shape.map((dimValue) => (dimValue === 0 ? { dimParam: 'N' } : { dimValue }));
  const output = node[node.length - 1].output?.[0];
  const onnx: OnnxModel = {
    irVersion: 7,
    opsetImport: [{ domain: '', version }],
    graph: {
      name: 'm',
      node,
      initializer,
      input: [{ name: 'x', type: { tensorType: { elemType, shape: { dim } } } }],
      output: [{ name: output, type: { tensorType: { elemType, shape: { dim: [] } } } }],
    },
  };
  return writeModel(onnx);
}

test('a shape that is computed at run time is folded, the batch stays free', () => {
  const { graph, report } = importOnnx(
    model(
      [0, 3, 4, 5],
      [
        { opType: 'Shape', input: ['x'], output: ['s'] },
        { opType: 'Gather', input: ['s', 'zero'], output: ['n'], attribute: [attribute.int('axis', 0)] },
        { opType: 'Unsqueeze', input: ['n', 'zero1'], output: ['n1'] },
        { opType: 'Concat', input: ['n1', 'rest'], output: ['shape'], attribute: [attribute.int('axis', 0)] },
        { opType: 'Reshape', input: ['x', 'shape'], output: ['flat'] },
        { opType: 'Gemm', input: ['flat', 'w', 'b'], output: ['y'] },
      ],
      [
        { name: 'zero', dims: [], dataType: int64, int64Data: [0] },
        ints('zero1', [0]),
        ints('rest', [-1]),
        floats('w', [60, 7], 5),
        floats('b', [7], 6),
      ],
    ),
  );
  expect(report).toMatchObject({ batch: 'dynamic', nodes: 6, folded: 4, opset: 13 });
  expect(graph.nodes.map(({ op }) => op)).toEqual(['flatten', 'linear']);
  expect([...graph.params.keys()]).toEqual(['y.weight', 'y.bias']);
  for (const batch of [1, 5]) expect(results(graph, batch)[0].length).toBe(7 * batch);
});

test('an addition behind a product is its bias', () => {
  const { graph } = importOnnx(
    model(
      [0, 11],
      [
        { opType: 'MatMul', input: ['x', 'w'], output: ['p'] },
        { opType: 'Add', input: ['p', 'b'], output: ['y'] },
      ],
      [floats('w', [11, 3], 5), floats('b', [3], 6)],
    ),
  );
  expect(graph.nodes.map(({ op, name, params }) => [op, name, Object.keys(params)])).toEqual([
    ['linear', 'y', ['weight', 'bias']],
  ]);
});

test('a model whose first axis moves is had at the shapes it states', () => {
  const bytes = model([2, 3, 5], [{ opType: 'Transpose', input: ['x'], output: ['y'] }], []);
  const { graph, report } = importOnnx(bytes);
  expect(report.batch).toBe('fixed');
  expect(graph.inputs).toEqual([{ name: 'x', shape: [2, 3, 5], fixed: true }]);
  expect(decode(encode(graph)).inputs).toEqual(graph.inputs);
  expect(results(graph, 1)[0].length).toBe(30);
  expect(() => results(graph, 2)).toThrow(/'x': has no batch dimension: compile at batch 1, not 2/);
});

test('QLinearConv of uint8: integers from input to output', () => {
  const scalar = (name: string, dataType: number, value: number): OnnxTensor =>
    dataType === float
      ? { name, dims: [], dataType, floatData: [value] }
      : { name, dims: [], dataType, int32Data: [value] };
  const codes = Array.from({ length: 54 }, (_, i) => 100 + ((i * 37) % 57));
  const bytes = model(
    [0, 2, 7, 5],
    [{ opType: 'QLinearConv', input: ['x', 'xs', 'xz', 'w', 'ws', 'wz', 'ys', 'yz'], output: ['y'] }],
    [
      scalar('xs', float, 0.25),
      scalar('xz', uint8, 131),
      { name: 'w', dims: [3, 2, 3, 3], dataType: uint8, int32Data: codes },
      scalar('ws', float, 0.5),
      scalar('wz', uint8, 128),
      scalar('ys', float, 16),
      scalar('yz', uint8, 120),
    ],
    13,
    uint8,
  );
  const { graph, report } = importOnnx(bytes);
  expect(report.types.get('y')).toBe('uint8');
  const plan = compile(graph, wasmBackend());
  expect(plan.steps.map(({ primitive }) => primitive)).toContain('qconv2d');
  const x = Array.from({ length: 70 }, (_, i) => (i * 89) % 256);
  plan.inputs.x.set(x);
  plan.run();
  const want: number[] = [];
  for (let o = 0; o < 3; o++) {
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < 3; j++) {
        let sum = 0;
        for (let c = 0; c < 2; c++) {
          for (let a = 0; a < 3; a++) {
            for (let b = 0; b < 3; b++) {
              sum += (x[(c * 7 + i + a) * 5 + j + b] - 131) * (codes[((o * 2 + c) * 3 + a) * 3 + b] - 128);
            }
          }
        }
        // A step of the result is 128 steps of the sum: halves to the even one.
        const exact = sum / 128;
        const floor = Math.floor(exact);
        const up = exact - floor > 0.5 || (exact - floor === 0.5 && floor % 2 !== 0);
        want.push(Math.min(255, Math.max(0, floor + (up ? 1 : 0) + 120)));
      }
    }
  }
  expect([...plan.outputs.y]).toEqual(want);
});

describe('what is not supported is named', () => {
  const message = (make: () => Uint8Array): string => {
    try {
      importOnnx(make());
    } catch (error) {
      expect(error).toBeInstanceOf(OnnxError);
      return (error as Error).message;
    }
    return 'nothing';
  };

  test('an operator, by node, op and opset', () => {
    const bytes = () => model([0, 3], [{ opType: 'Erf', name: 'gelu', input: ['x'], output: ['y'] }], [], 14);
    expect(message(bytes)).toBe("onnx: node 'gelu' (Erf, opset 14): the operator is not supported");
  });

  test('an opset', () => {
    const bytes = () => model([0, 3], [{ opType: 'Relu', input: ['x'], output: ['y'] }], [], 99);
    expect(message(bytes)).toContain('opset 99 is outside');
  });

  test('weights that are not constant, until they are bound', () => {
    const bytes = model([2, 3], [{ opType: 'Gemm', input: ['x', 'x'], output: ['y'] }], [], 14);
    expect(message(() => bytes)).toContain("input 1 ('x') must be known");
  });

  test('data in another file', () => {
    const outside: OnnxTensor = { name: 'b', dims: [3], dataType: float, dataLocation: 1 };
    const bytes = model([0, 3], [{ opType: 'Add', input: ['x', 'b'], output: ['y'] }], [outside]);
    expect(() => importOnnx(bytes)).toThrow(/data in the file itself/);
  });
});

test('a reshape written down for one batch size serves any', () => {
  const node = [{ opType: 'Reshape', input: ['x', 's'], output: ['y'] }];
  const { graph, report } = importOnnx(model([1, 3, 2, 5], node, [ints('s', [1, -1])]));
  expect(report.batch).toBe('dynamic');
  expect(results(graph, 4)[0].length).toBe(120);
});

test('a shape that is an input is bound by an option', () => {
  const onnx = readModel(model([2, 6], [{ opType: 'Reshape', input: ['x', 's'], output: ['y'] }], []));
  const dim = [{ dimValue: 2 }];
  onnx.graph?.input?.push({ name: 's', type: { tensorType: { elemType: int64, shape: { dim } } } });
  const { graph } = importOnnx(writeModel(onnx), { inputs: { s: constant('int64', [3], [2, 3, 2]) } });
  expect(graph.inputs.map(({ name }) => name)).toEqual(['x']);
  expect(results(graph, 2)[0].length).toBe(12);
});

/** One byte changed, cut off, or put in: a model or a typed error, soon. */
test('damage never does anything but a typed error', () => {
  const file = exportOnnx(smallNet());
  const rng = new Rng(7);
  for (let i = 0; i < 400; i++) {
    const at = Math.floor(rng.uniform() * file.length);
    const damaged = i % 3 === 0 ? file.slice(0, at) : file.slice();
    if (i % 3 !== 0) damaged[at] = Math.floor(rng.uniform() * 256);
    try {
      const { graph } = importOnnx(damaged);
      expect(sizeOf([graph.nodes.length])).toBeGreaterThanOrEqual(0);
    } catch (error) {
      expect(error, `byte ${at}: ${error}`).toBeInstanceOf(ParingError);
    }
  }
});

test('paring import writes the model file, and names what it cannot', () => {
  const folder = mkdtempSync(join(tmpdir(), 'paring-import-'));
  try {
    writeFileSync(join(folder, 'small.onnx'), exportOnnx(smallNet()));
    writeFileSync(
      join(folder, 'bad.onnx'),
      model([0, 3], [{ opType: 'Erf', input: ['x'], output: ['y'] }], []),
    );
    const good = paring(folder, 'import', 'small.onnx', '--json');
    expect(good.status, good.stderr).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({ file: 'small.paring', opset: 13, batch: 'dynamic' });
    expectSame(decode(readFileSync(join(folder, 'small.paring'))), smallNet(), 2, 1e-5);
    const bad = paring(folder, 'import', 'bad.onnx');
    expect(bad.status).toBe(3);
    expect(bad.stderr).toContain("bad.onnx: onnx: node 'y' (Erf, opset 13): the operator is not supported");
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 30_000);
