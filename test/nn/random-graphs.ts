/** Small random graphs made by the builder: branches, strides, groups, padding; for tests that must hold for all graphs. */
import fc from 'fast-check';
import { Rng } from '../../src/core/rng.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { builder } from '../../src/nn/builder.ts';

const op = fc.constantFrom(
  'conv2d',
  'depthwise',
  'grouped',
  'batchNorm',
  'relu',
  'relu6',
  'leakyRelu',
  'maxPool',
  'avgPool',
  'pad',
  'add',
  'mul',
  'concat',
  'sigmoid',
  'hardSwish',
);
const step = fc.record({
  op,
  out: fc.integer({ min: 1, max: 7 }),
  kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
  padding: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)),
  bias: fc.boolean(),
});

type Step = {
  op: string;
  out: number;
  kernel: [number, number];
  stride: [number, number];
  padding: [number, number, number, number];
  bias: boolean;
};

/** A graph of 1 to 6 layers on an image of 1 to 6 channels and 1 to 11 pixels, then pooled or flattened into 3 classes. */
export const randomGraph: fc.Arbitrary<Graph> = fc
  .record({
    shape: fc.tuple(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 11 }),
      fc.integer({ min: 1, max: 11 }),
    ),
    steps: fc.array(step, { minLength: 1, maxLength: 6 }),
    pooled: fc.boolean(),
    seed: fc.nat(1000),
  })
  .map(({ shape, steps, pooled, seed }) => {
    const b = builder('random', { x: shape }, new Rng(seed));
    let value = 'x';
    steps.forEach((spec: Step, i) => {
      const name = `n${i}`;
      const [channels, height, width] = b.shapeOf(value);
      const kernel: [number, number] = [Math.min(spec.kernel[0], height), Math.min(spec.kernel[1], width)];
      const { stride, padding, bias, out } = spec;
      const pool = { kernel, stride };
      if (spec.op === 'conv2d') b.conv2d(name, value, { out, kernel, stride, padding, bias });
      else if (spec.op === 'depthwise') b.depthwiseConv2d(name, value, { kernel, stride, padding, bias });
      else if (spec.op === 'grouped') {
        const groups = channels % 2 === 0 ? 2 : 1;
        b.conv2d(name, value, { out: groups * out, kernel, stride, groups, bias });
      } else if (spec.op === 'maxPool') b.maxPool(name, value, pool);
      else if (spec.op === 'avgPool') b.avgPool(name, value, { ...pool, countIncludePad: bias });
      else if (spec.op === 'pad') b.pad(name, value, { padding, value: bias ? 0 : 0.25 });
      else if (spec.op === 'concat') b.concat(name, [value, value]);
      else if (spec.op === 'add' || spec.op === 'mul') b[spec.op](name, value, value);
      else b[spec.op as 'relu'](name, value);
      value = name;
    });
    if (pooled) b.globalAvgPool('gap', value);
    return b
      .flatten('flat', pooled ? 'gap' : value)
      .linear('fc', 'flat', { out: 3 })
      .output('fc')
      .build();
  });
