/** `paring/bench`, and the two examples that put it into a suite. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { benchCases } from '../../bench/kernels/all.ts';
import { benchCase, kernelBenchCases } from '../../bench/kernels/index.ts';
import { wasmModule } from '../../src/backend/module.ts';

const example = (name: string, ...args: string[]): string[] =>
  execFileSync(
    process.execPath,
    [fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)), ...args],
    { encoding: 'utf8' },
  )
    .trim()
    .split('\n');

describe('kernelBenchCases', () => {
  test('every case has a name of its own and a count of operations', async () => {
    const cases = await kernelBenchCases();
    expect(cases.length).toBe(benchCases.length);
    expect(new Set(cases.map((c) => c.name)).size).toBe(cases.length);
    for (const { name, primitive, shape, flops } of cases) {
      expect(name).toBe(`${primitive} ${shape}`);
      expect(flops).toBeGreaterThanOrEqual(0);
    }
  });

  test('counts two operations a multiply-accumulate', async () => {
    const [gemm] = await kernelBenchCases({ filter: 'gemm 64x800x500' });
    expect(gemm.flops).toBe(2 * 64 * 800 * 500);
  });

  test('fn wants setup first, and again after teardown', async () => {
    const [linear] = await kernelBenchCases({ filter: 'linear batch 64 500->10' });
    expect(() => linear.fn()).toThrow('setup() must be called before fn()');
    linear.setup();
    linear.fn();
    linear.teardown();
    expect(() => linear.fn()).toThrow('setup()');
  });

  test('verify passes for a right kernel and names what a wrong one gets wrong', async () => {
    const name = 'linear batch 64 500->10';
    const [right] = await kernelBenchCases({ filter: name });
    right.verify();
    const exact = benchCases.find((c) => `${c.primitive} ${c.shape}` === name) as (typeof benchCases)[number];
    // The reference sums in float64: bit for bit equal is more than an f32 kernel can be.
    const wrong = benchCase(await wasmModule(), { ...exact, tolerance: 0 });
    expect(() => wrong.verify()).toThrow(/linear batch 64 500->10: y\[\d+\]: got .+, expected .+/);
  });
});

test('the tinybench example prints a rate for each kernel', () => {
  const lines = example('bench-tinybench.mjs', 'linear batch 64', '5');
  expect(lines.length).toBe(2);
  for (const line of lines) expect(line).toMatch(/^linear batch 64 .+: \d+\.\d+ ms, \d+\.\d Gop\/s$/);
});

test('the Benchmark.js example prints a rate for each kernel and the fastest', () => {
  const lines = example('bench-benchmarkjs.mjs', 'linear batch 64', '0.02');
  expect(lines.length).toBe(3);
  for (const line of lines.slice(0, 2))
    expect(line).toMatch(/^linear batch 64 .+ ops\/sec .+, \d+\.\d Gop\/s$/);
  expect(lines[2]).toMatch(/^fastest: linear batch 64 500->10$/);
});
