/** Kernels by measurement: what is timed, what is taken, and that a plan obeys. Which is fastest is nobody's promise here. */
import { describe, expect, test } from 'vitest';
import { ArgumentError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { compile } from '../../src/plan/compile.ts';
import { choiceOf, type KernelChoice } from '../../src/plan/kernels.ts';
import { tune } from '../../src/plan/tune.ts';
import { bothBackends } from '../helpers/backends.ts';

/** A 3x3 convolution that Winograd's can compute, one that it cannot, and a linear layer; a third of the weights is zero. */
function net() {
  const graph = sequential(
    'net',
    [3, 11, 13],
    [
      { op: 'conv2d', out: 7, kernel: 3, padding: 1 },
      { op: 'conv2d', out: 5, kernel: 3, stride: 2 },
      'flatten',
      { op: 'linear', out: 10 },
    ],
    { rng: new Rng(1) },
  );
  for (const { values } of graph.params.values()) {
    if (values instanceof Float32Array) for (let i = 0; i < values.length; i += 3) values[i] = 0;
  }
  return graph;
}

describe.each(bothBackends())('%s', (_name, backend) => {
  test('every kernel of every layer is timed; the fastest is named and run', () => {
    const graph = net();
    const { kernels, layers } = tune(graph, backend, { time: 1 });
    expect(layers.map(({ ms }) => Object.keys(ms).sort())).toEqual([
      ['blocks', 'dense', 'rows', 'winograd'],
      ['blocks', 'dense', 'rows'],
      ['blocks', 'dense', 'rows'],
    ]);
    for (const { node, chosen, ms } of layers) {
      expect(kernels.get(node)).toBe(chosen);
      expect(ms[chosen]).toBeLessThanOrEqual(1.03 * Math.min(...Object.values(ms)));
    }
    const plan = compile(graph, backend, { kernels });
    const run = plan.steps.map(({ primitive, args }) => choiceOf(primitive, args)).filter(Boolean);
    expect(run).toEqual(layers.map(({ chosen }) => chosen));
  });

  test('what is named is what runs, and computes the same', () => {
    const graph = net();
    const outputs = (['dense', 'rows', 'blocks'] as const).map((kernel) => {
      const plan = compile(graph, backend, {
        kernels: new Map(graph.nodes.filter(({ op }) => op !== 'flatten').map(({ name }) => [name, kernel])),
      });
      expect(plan.steps.map(({ primitive, args }) => choiceOf(primitive, args)).filter(Boolean)).toEqual([
        kernel,
        kernel,
        kernel,
      ]);
      const [input] = Object.values(plan.inputs);
      input.forEach((_, i) => {
        input[i] = Math.sin(i);
      });
      plan.run();
      return [...Object.values(plan.outputs)[0]];
    });
    for (const output of outputs) {
      output.forEach((value, i) => {
        expect(value).toBeCloseTo(outputs[0][i], 4);
      });
    }
  });

  test.each([
    ['a node that is none', 'nobody', 'dense', /nobody/],
    ['a layer that has no kernel', 'flatten1', 'dense', /a convolution or linear node/],
    ['a stride that Winograd cannot', 'conv2', 'winograd', /'dense', 'rows', 'blocks', got 'winograd'/],
    ['a kernel that is none', 'conv1', 'fft', /got 'fft'/],
  ])('refuses %s', (_what, node, kernel, words) => {
    const graph = net();
    const name = graph.nodes.find((n) => n.name === node)?.name ?? node;
    const refuse = () => compile(graph, backend, { kernels: new Map([[name, kernel as KernelChoice]]) });
    expect(refuse).toThrow(ArgumentError);
    expect(refuse).toThrow(words);
  });

  test('no time at all is refused', () => {
    expect(() => tune(net(), backend, { time: 0 })).toThrow(ArgumentError);
  });
});
