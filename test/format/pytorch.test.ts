/** docs/pytorch.md and its example: a file with torch's names becomes a model that computes what the layers say. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Rng } from '../../src/core/rng.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { decode } from '../../src/format/index.ts';
import { type WritableTensor, writeSafetensors } from '../../src/format/safetensors.ts';
import { compile } from '../../src/plan/compile.ts';
import { referenceBackend } from '../helpers/backends.ts';

const example = fileURLToPath(new URL('../../examples/pytorch/convert.mjs', import.meta.url));
const page = readFileSync(fileURLToPath(new URL('../../docs/pytorch.md', import.meta.url)), 'utf8');

/** The state_dict of class Digits, but for the integers that count batches. */
const shapes: Record<string, number[]> = {
  'conv1.weight': [8, 1, 3, 3],
  'bn1.weight': [8],
  'bn1.bias': [8],
  'bn1.running_mean': [8],
  'bn1.running_var': [8],
  'conv2.weight': [16, 8, 3, 3],
  'bn2.weight': [16],
  'bn2.bias': [16],
  'bn2.running_mean': [16],
  'bn2.running_var': [16],
  'classifier.weight': [10, 784],
  'classifier.bias': [10],
};

function stateDict(): Map<string, { dtype: 'F32'; shape: number[]; data: Float32Array }> {
  const rng = new Rng(5);
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const low = name.endsWith('running_var') ? 0.5 : -0.5;
      const data = Float32Array.from({ length: sizeOf(shape) }, () => low + rng.uniform());
      return [name, { dtype: 'F32', shape, data }];
    }),
  );
}

/** The module by hand, in f64, for one image of 28x28. */
function forward(tensors: ReturnType<typeof stateDict>, image: Float32Array): number[] {
  const at = (name: string) => tensors.get(name)?.data as Float32Array;
  const block = (x: number[][], size: number, layer: number): number[][] => {
    const weight = at(`conv${layer}.weight`);
    return Array.from({ length: at(`bn${layer}.bias`).length }, (_, o) => {
      const norm = at(`bn${layer}.weight`)[o] / Math.sqrt(at(`bn${layer}.running_var`)[o] + 1e-5);
      const value = (r: number, c: number): number => {
        let sum = 0;
        x.forEach((plane, i) => {
          for (let k = 0; k < 9; k++) {
            const [row, column] = [r + Math.floor(k / 3) - 1, c + (k % 3) - 1];
            if (row < 0 || column < 0 || row >= size || column >= size) continue;
            sum += plane[row * size + column] * weight[(o * x.length + i) * 9 + k];
          }
        });
        return Math.max(0, (sum - at(`bn${layer}.running_mean`)[o]) * norm + at(`bn${layer}.bias`)[o]);
      };
      const half = size / 2;
      return Array.from({ length: half * half }, (_, p) => {
        const [r, c] = [2 * Math.floor(p / half), 2 * (p % half)];
        return Math.max(value(r, c), value(r, c + 1), value(r + 1, c), value(r + 1, c + 1));
      });
    });
  };
  const features = block(block([[...image]], 28, 1), 14, 2).flat();
  return [...at('classifier.bias')].map((bias, o) =>
    features.reduce((sum, f, i) => sum + f * at('classifier.weight')[o * 784 + i], bias),
  );
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'paring-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (tensors: Map<string, WritableTensor>): string => {
  const path = join(folder, 'digits.safetensors');
  writeFileSync(path, writeSafetensors(tensors, { format: 'pt' }));
  return path;
};

test('the example turns a state_dict into a model', () => {
  const tensors = stateDict();
  const target = join(folder, 'digits.paring');
  const printed = execFileSync(process.execPath, [example, write(tensors), target], { encoding: 'utf8' });
  expect(printed).toContain('conv1');
  const plan = compile(decode(readFileSync(target)), referenceBackend());
  const rng = new Rng(6);
  const image = Float32Array.from({ length: 784 }, () => rng.uniform() - 0.5);
  plan.inputs.x.set(image);
  plan.run();
  forward(tensors, image).forEach((wanted, i) => {
    expect(Math.abs(plan.outputs.fc[i] - wanted)).toBeLessThan(1e-4);
  });
});

test.each([
  ['a tensor is missing', 'bn2.running_var', undefined, /no tensor 'bn2\.running_var'/],
  ['a tensor is too many', 'conv3.weight', [1], /conv3\.weight/],
  ['a shape differs', 'conv2.weight', [8, 16, 3, 3], /expected 16x8x3x3, got 8x16x3x3/],
])('the example says so if %s', (_, name, shape, message) => {
  const tensors = stateDict();
  if (shape) tensors.set(name, { dtype: 'F32', shape, data: new Float32Array(sizeOf(shape)) });
  else tensors.delete(name);
  const { status, stderr } = spawnSync(process.execPath, [example, write(tensors)], {
    encoding: 'utf8',
    cwd: folder,
  });
  expect(stderr).toMatch(message);
  expect(status).toBe(1);
});

test('the page shows the module whose names these are, and the lines that the example runs', () => {
  for (const name of Object.keys(shapes)) expect(page).toContain(`self.${name.split('.')[0]} = nn.`);
  const code = readFileSync(example, 'utf8');
  for (const line of [
    "const names = { 'fc.weight': 'classifier.weight', 'fc.bias': 'classifier.bias' };",
    'paring.fillGraph(digits(), tensors, { names })',
  ]) {
    expect(page).toContain(line);
    expect(code).toContain(line);
  }
});
