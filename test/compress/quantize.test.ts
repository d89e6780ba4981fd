import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/autograd/engine.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { makeObserver } from '../../src/compress/observe.ts';
import { quantize } from '../../src/compress/quantize.ts';
import { Rng } from '../../src/core/rng.ts';
import { Loader } from '../../src/data/loader.ts';
import type { ActivationQuantization, Graph, Param } from '../../src/graph/graph.ts';
import { builder } from '../../src/nn/builder.ts';
import { runGraph } from '../../src/ops/run-graph.ts';
import { compile } from '../../src/plan/compile.ts';
import { ActivationRanges } from '../../src/train/activation-ranges.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { fit } from '../../src/train/fit.ts';
import { ParameterSet } from '../../src/train/parameters.ts';
import { wasmBackend } from '../helpers/backends.ts';
import { stripes } from './data.ts';

/** Every op that has an int8 form. */
function model(): Graph {
  return builder('ops', { x: [1, 8, 8] }, new Rng(4))
    .conv2d('stem', 'x', { out: 7, kernel: 3, padding: 1, bias: false })
    .batchNorm('n0', 'stem')
    .relu('r0', 'n0')
    .depthwiseConv2d('dw', 'r0', { kernel: 3, padding: 1 })
    .batchNorm('n1', 'dw')
    .relu6('r1', 'n1')
    .conv2d('pw', 'r1', { out: 7, kernel: 1 })
    .add('sum', 'pw', 'r0')
    .hardSwish('h', 'sum')
    .maxPool('mp', 'h', { kernel: 2 })
    .avgPool('ap', 'h', { kernel: 2 })
    .concat('both', ['mp', 'ap'])
    .pad('border', 'both', { padding: 1 })
    .conv2d('c2', 'border', { out: 11, kernel: 3 })
    .leakyRelu('l', 'c2')
    .globalAvgPool('gap', 'l')
    .flatten('flat', 'gap')
    .linear('fc', 'flat', { out: 4 })
    .output('fc')
    .build();
}

const optimizer = { kind: 'adamw', lr: 0.01 } as const;

async function trained(backend: Backend): Promise<Graph> {
  return (await fit(model(), stripes(1024), { epochs: 4, batch: 32, optimizer, backend })).graph;
}

describe('quantize', () => {
  test('the integer plan agrees with the fake-quantized graph, and both with f32', async () => {
    const backend = wasmBackend();
    const float = await trained(backend);
    const validation = stripes(512, 2);
    const { graph, report } = quantize(float, stripes(256), { samples: 128 }, backend);
    const scores = {
      float: await evaluate(float, validation, { backend }),
      fake: await evaluate(graph, validation, { backend, fakeQuantized: true }),
      plan: await evaluate(graph, validation, { backend }),
    };
    expect(scores.float.top1).toBeGreaterThan(0.9);
    expect(scores.fake.top1).toBeGreaterThan(scores.float.top1 - 0.03);
    expect(Math.abs(scores.plan.top1 - scores.fake.top1)).toBeLessThan(0.005);
    expect(Math.abs(scores.plan.loss - scores.fake.loss)).toBeLessThan(0.02);
    const plan = compile(graph, backend, { batch: 4 });
    const f32 = [
      'conv2d',
      'winogradConv2d',
      'linear',
      'add',
      'maxPool',
      'avgPool',
      'globalAvgPool',
      'unary',
      'sparseConv2d',
    ];
    expect(plan.steps.map((step) => step.primitive).filter((p) => f32.includes(p))).toEqual([]);
    expect(report.after.bytes).toBeLessThan(report.before.bytes / 2);
    expect(float.activations).toBeUndefined();
  });

  test('logits of the integer plan lie within a step of the fake-quantized ones', async () => {
    const backend = wasmBackend();
    const { graph } = quantize(await trained(backend), stripes(256), { samples: 128 }, backend);
    const batch = 64;
    const plan = compile(graph, backend, { batch });
    new Loader(stripes(batch, 5)).fill(plan.inputs.x, new Int32Array(batch), 0, batch);
    plan.run();
    const integer = plan.outputs.fc.slice();
    const engine = new Engine(backend);
    const parameters = new ParameterSet(engine, graph, { trackScales: false });
    const ranges = new ActivationRanges(engine, graph);
    const fake = engine.step(() => {
      const x = engine.tensor([batch, 1, 8, 8], plan.inputs.x.slice());
      const values = runGraph(graph, {
        inputs: { x },
        param: (name) => parameters.get(name),
        training: false,
        onValue: (name, value) => ranges.apply(name, value),
      });
      return values.get('fc')?.toArray() as Float32Array;
    });
    const { scale } = (graph.activations as ReadonlyMap<string, ActivationQuantization>).get('fc') ?? {
      scale: 0,
    };
    const steps = integer.map((v, i) => Math.abs(Math.round((v - fake[i]) / scale)));
    expect(Math.max(...steps)).toBeLessThanOrEqual(1);
    expect(steps.filter((d) => d === 0).length).toBeGreaterThan(0.9 * steps.length);
    expect(new Set(integer).size).toBeGreaterThan(20);
  });

  test('weights have a symmetric scale a channel; codes are only moved where the op only moves', async () => {
    const backend = wasmBackend();
    const { graph, report } = quantize(model(), stripes(64), { samples: 64, observer: 'minMax' }, backend);
    for (const name of ['stem.weight', 'dw.weight', 'pw.weight', 'c2.weight', 'fc.weight']) {
      const { values, quant, shape } = graph.params.get(name) as Required<Param>;
      const inner = values.length / shape[0];
      quant.scale.forEach((scale, c) => {
        const largest = Math.max(...values.subarray(c * inner, (c + 1) * inner).map(Math.abs));
        expect(scale).toBeCloseTo(largest / 127, 9);
      });
    }
    const a = graph.activations as ReadonlyMap<string, ActivationQuantization>;
    expect([...a.keys()]).toEqual(['x', ...graph.nodes.map((node) => node.name)]);
    for (const [moved, from] of [
      ['mp', 'h'],
      ['border', 'both'],
      ['flat', 'gap'],
    ]) {
      expect(a.get(moved)).toEqual(a.get(from));
    }
    // relu6 leaves 0 to 6 at most, and all codes are spent on it.
    expect(a.get('r1')?.zeroPoint).toBe(-128);
    expect((a.get('r1') as ActivationQuantization).scale * 255).toBeLessThanOrEqual(6.001);
    expect(report.ranges.map((r) => r.value)).not.toContain('mp');
  });

  test('training a quantized graph lowers its loss and keeps it integer', async () => {
    const backend = wasmBackend();
    const float = await trained(backend);
    const validation = stripes(512, 2);
    const { graph } = quantize(float, stripes(256), { samples: 64 }, backend);
    // Coarser weights than training would choose: something to win back.
    for (const p of graph.params.values()) {
      if (p.quant) p.values = p.values.map((v) => Math.round(v * 6) / 6);
    }
    const before = await evaluate(graph, validation, { backend });
    const slower = { kind: 'adamw', lr: 0.002 } as const;
    const aware = (await fit(graph, stripes(1024), { epochs: 2, batch: 32, optimizer: slower, backend }))
      .graph;
    const after = await evaluate(aware, validation, { backend });
    const fake = await evaluate(aware, validation, { backend, fakeQuantized: true });
    expect(after.loss).toBeLessThan(before.loss);
    expect(Math.abs(after.top1 - fake.top1)).toBeLessThan(0.005);
    expect(aware.activations?.size).toBe(graph.activations?.size);
  });

  test('refuses a calibration of nothing', () => {
    expect(() => quantize(model(), stripes(8), { samples: 0 }, wasmBackend())).toThrow(/quantize: samples/);
  });
});

describe('observers', () => {
  const batches = [Float32Array.of(-1, 0, 2), Float32Array.of(0, 0.5, 4), Float32Array.of(-3, 1, 1)];
  const show = (observer: ReturnType<typeof makeObserver>) => {
    for (let pass = 0; pass < observer.passes; pass++) {
      for (const values of batches) {
        observer.see(pass, values, { low: Math.min(...values), high: Math.max(...values) });
      }
    }
    return observer.range();
  };

  test('minMax is the widest, movingAverage leans on the past', () => {
    expect(show(makeObserver('minMax'))).toEqual({ low: -3, high: 4 });
    const { low, high } = show(makeObserver('movingAverage'));
    expect(low).toBeCloseTo(-1 * 0.81 + 0 * 0.09 - 3 * 0.1, 9);
    expect(high).toBeCloseTo(2 * 0.81 + 4 * 0.09 + 1 * 0.1, 9);
  });

  test('a percentile cuts both tails to within a bin', () => {
    const observer = makeObserver('percentile', 99);
    const values = Float32Array.from({ length: 10000 }, (_, i) => i / 10000);
    values[0] = -50;
    values[1] = 50;
    for (const pass of [0, 1]) observer.see(pass, values, { low: -50, high: 50 });
    const { low, high } = observer.range();
    expect(Math.abs(low - 0.01)).toBeLessThan(100 / 2048);
    expect(Math.abs(high - 0.99)).toBeLessThan(100 / 2048);
  });

  test('a percentile of 100 is the whole range', () => {
    expect(show(makeObserver('percentile', 100))).toEqual({ low: -3, high: 4 });
  });

  test('refuses what is no percentile', () => {
    expect(() => makeObserver('percentile', 40)).toThrow(
      /quantize: percentile: expected a number in \(50, 100\]/,
    );
  });
});
