import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/autograd/engine.ts';
import { distillation, TeacherAnswers } from '../../src/compress/distill.ts';
import { Rng } from '../../src/core/rng.ts';
import { Loader } from '../../src/data/loader.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { runGraph } from '../../src/ops/run-graph.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { fit } from '../../src/train/fit.ts';
import type { LossContext } from '../../src/train/options.ts';
import { referenceBackend, wasmBackend } from '../helpers/backends.ts';
import { stripes } from './data.ts';

function model(width: number, seed: number, last?: 'softmax'): Graph {
  return sequential(
    'student',
    [1, 8, 8],
    [
      { op: 'conv2d', name: 'c', out: width, kernel: 3 },
      'relu',
      'flatten',
      { op: 'linear', name: 'f', out: 4 },
      ...(last ? [last] : []),
    ],
    { rng: new Rng(seed) },
  );
}

const softmaxOf = (z: readonly number[]): number[] => {
  const top = Math.max(...z);
  const e = z.map((v) => Math.exp(v - top));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
};

const crossEntropyOf = (p: readonly number[], z: readonly number[]): number => {
  const q = softmaxOf(z);
  return -p.reduce((sum, v, i) => sum + v * Math.log(q[i]), 0);
};

/** What `fit` would hand to the loss for these samples, with logits made up. */
function contextOf(engine: Engine, indices: Uint32Array, logits: Float32Array): LossContext {
  const data = stripes(16);
  const input = engine.tensor([indices.length, 1, 8, 8]);
  const labels = new Int32Array(indices.length);
  new Loader(data).fill(input.view() as Float32Array, labels, 0, indices.length, indices);
  const target = engine.tensor([indices.length, 4]);
  labels.forEach((label, row) => {
    target.view()[4 * row + label] = 1;
  });
  const z = engine.tensor([indices.length, 4], logits);
  z.requiresGrad = true;
  return { logits: z, target, indices, input, values: new Map(), engine };
}

describe('distillation', () => {
  test.each([false, true])('is CE + lambda T^2 CE(teacher, student) (augmented %s)', async (augmented) => {
    const teacher = model(5, 3);
    const engine = new Engine(referenceBackend());
    const options = { temperature: 3, lambda: 0.7, augmented };
    const loss = distillation(teacher, stripes(16), options);
    const rng = new Rng(2);
    for (const list of [
      [3, 7, 11],
      [7, 3, 1],
      [1, 11, 7],
    ]) {
      const indices = Uint32Array.from(list);
      const logits = Float32Array.from({ length: 12 }, () => rng.normal());
      const { got, wanted } = engine.step(() => {
        const context = contextOf(engine, indices, logits);
        const got = loss(context).item();
        const teachers = plainLogits(teacher, context);
        let wanted = 0;
        for (let row = 0; row < 3; row++) {
          const of = (a: ArrayLike<number>, t = 1) => [0, 1, 2, 3].map((c) => a[4 * row + c] / t);
          const soft = softmaxOf(of(teachers, 3));
          const labels = crossEntropyOf(of(context.target.view()), of(logits));
          wanted += (labels + 0.7 * 9 * crossEntropyOf(soft, of(logits, 3))) / 3;
        }
        return { got, wanted };
      });
      expect(got).toBeCloseTo(wanted, 4);
    }
  });

  test('kept answers give the same training as fresh ones, byte for byte', async () => {
    const data = stripes(256);
    const teacher = model(8, 3);
    const train = async (augmented: boolean) => {
      const loss = distillation(teacher, data, { augmented });
      const optimizer = { kind: 'sgd', lr: 0.02, momentum: 0.9 } as const;
      const options = { epochs: 2, batch: 32, optimizer, loss, backend: wasmBackend() };
      return [...(await fit(model(3, 1), data, options)).graph.params.values()];
    };
    expect(await train(false)).toEqual(await train(true));
  });

  test('answers of one training serve the next: the teacher is not asked again', () => {
    const data = stripes(16);
    const answers = new TeacherAnswers(data);
    const lossOf = (teacher: Graph): number => {
      const engine = new Engine(wasmBackend());
      const logits = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
      const loss = distillation(teacher, data, {}, answers);
      return engine.step(() => loss(contextOf(engine, Uint32Array.of(3, 7, 11), logits)).item());
    };
    const first = lossOf(model(5, 3));
    expect([...answers.known.keys()].filter((i) => answers.known[i] === 1)).toEqual([3, 7, 11]);
    // Another teacher would say something else, were it asked.
    expect(lossOf(model(5, 4))).toBe(first);
    expect(new TeacherAnswers(data).logits.length).toBe(16 * 4);
  });

  test('a student learns from a teacher alone, though every label is wrong', async () => {
    const data = stripes(1024);
    const optimizer = { kind: 'adamw', lr: 0.01 } as const;
    const backend = wasmBackend();
    const teacher = (await fit(model(12, 3), data, { epochs: 3, batch: 32, optimizer, backend })).graph;
    const wrong = { ...data, labels: data.labels.map((label) => (label + 1) % 4) } as typeof data;
    const loss = distillation(teacher, wrong, { temperature: 2, lambda: 10 });
    const options = { epochs: 4, batch: 32, optimizer, loss, backend: wasmBackend() };
    const student = (await fit(model(6, 1), wrong, options)).graph;
    expect((await evaluate(student, stripes(512, 2), { backend })).top1).toBeGreaterThan(0.85);
  });

  test('refuses a teacher that gives probabilities, or other classes', () => {
    expect(() => distillation(model(3, 1, 'softmax'), stripes(8))).toThrow(/distill: teacher: .* logits/);
    expect(() => distillation(model(3, 1), stripes(8), { temperature: 0 })).toThrow(/distill: temperature/);
  });
});

/** The teacher's logits, op by op. */
function plainLogits(teacher: Graph, context: LossContext): Float32Array {
  const { engine, input } = context;
  const param = (name: string) => {
    const p = teacher.params.get(name) as NonNullable<ReturnType<typeof teacher.params.get>>;
    return engine.tensor(p.shape, p.values);
  };
  const values = runGraph(teacher, { inputs: { [teacher.inputs[0].name]: input }, param, training: false });
  return values.get(teacher.outputs[0])?.toArray() as Float32Array;
}
