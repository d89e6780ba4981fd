/** The guard's judgement on made-up figures, and a real run of it against stores that any machine beats or misses. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { benchCases } from '../../bench/kernels/all.ts';
import { fallen, guard, ratios } from '../../bench/kernels/guard.ts';
import { nameOf } from '../../bench/kernels/measure.ts';

const row = (kernel: string, shape: string, ms: number, percentOfPeak = 0) => ({
  ...{ kernel, shape, ms, percentOfPeak },
  ...{ msMedian: ms, gops: percentOfPeak / 2 },
});

test('a rate is compared over the peak, whatever the milliseconds are', () => {
  const stored = [row('gemm', '8', 1, 80), row('gemm', '9', 1, 80)];
  const fresh = [row('gemm', '8', 2, 80), row('gemm', '9', 2, 71)];
  expect(fallen(ratios(stored, fresh)).map((r) => r.what)).toEqual(['gemm 9, % of peak']);
});

test('a kernel that counts nothing is compared with the others', () => {
  const stored = ['a', 'b', 'c'].map((shape) => row('maxPool', shape, 1));
  const slower = [row('maxPool', 'a', 2), row('maxPool', 'b', 2), row('maxPool', 'c', 2)];
  expect(fallen(ratios(stored, slower))).toEqual([]);
  const one = [row('maxPool', 'a', 1), row('maxPool', 'b', 1), row('maxPool', 'c', 1.2)];
  expect(fallen(ratios(stored, one)).map((r) => r.what)).toEqual(['maxPool c, over the others']);
});

test('a speed-up over the dense kernel is a ratio of its own', () => {
  const dense = '1x1 14x14 256->512';
  const stored = [
    row('conv2d', `${dense} prepared`, 10, 80),
    row('sparseConv2d', `${dense}, 90 % zeros`, 2, 400),
  ];
  const fresh = [
    row('conv2d', `${dense} prepared`, 8, 100),
    row('sparseConv2d', `${dense}, 90 % zeros`, 2, 400),
  ];
  const [fell, ...rest] = fallen(ratios(stored, fresh));
  expect(rest).toEqual([]);
  expect(fell).toEqual({
    what: `sparseConv2d ${dense}, 90 % zeros, times as fast as conv2d`,
    stored: 5,
    fresh: 4,
    kernels: [`sparseConv2d ${dense}, 90 % zeros`, `conv2d ${dense} prepared`],
  });
});

test('nine tenths is where a fall begins', () => {
  const at = (percent: number) =>
    fallen(ratios([row('gemm', '8', 1, 100)], [row('gemm', '8', 1, percent)])).length;
  expect([at(90), at(89.9)]).toEqual([0, 1]);
});

test('a run names what no machine reaches, and nothing that any machine does', async () => {
  const cases = benchCases.filter((c) => nameOf(c) === 'linear batch 64 500->10');
  const store = (percentOfPeak: number) => ({
    ...{ peak: { f32: 1, i8: 1 }, machine: '', node: '' },
    rows: [row('linear', 'batch 64 500->10', 1, percentOfPeak)],
  });
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  expect((await guard(store(1e6), cases, log)).map((r) => r.what)).toEqual([
    'linear batch 64 500->10, % of peak',
  ]);
  expect(await guard(store(1e-6), cases, log)).toEqual([]);
  expect(lines[0]).toBe('1 ratios of 1 kernels: 1 to be measured again');
  await expect(guard(store(1), [], log)).rejects.toThrow('none of these kernels');
});

test('the program names what fell and exits with 1, else with 0', () => {
  const program = fileURLToPath(new URL('../../dist/bench/kernels/guard.js', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'paring-'));
  const exit = (percentOfPeak: number) => {
    const path = join(folder, 'stored.json');
    const rows = [row('linear', 'batch 64 500->10', 1, percentOfPeak)];
    writeFileSync(
      path,
      JSON.stringify({ peak: { f32: 1, i8: 1 }, rows, machine: '', node: process.version }),
    );
    const args = [program, '--stored', path, '--filter', 'linear batch 64'];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return { status, last: stdout.trim().split('\n').slice(1) };
  };
  try {
    const fell = exit(1e6);
    expect(fell.status).toBe(1);
    expect(fell.last[0]).toMatch(
      /^fell: linear batch 64 500->10, % of peak: 1000000.00 to \d+\.\d\d \(-100 %\)$/,
    );
    expect(fell.last[1]).toBe('1 fell by more than 10 %');
    expect(exit(1e-6)).toEqual({ status: 0, last: ['nothing fell by more than 10 %'] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
