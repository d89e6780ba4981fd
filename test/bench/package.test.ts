/** `paring/bench` and `paring bench` from the package as npm packs it, in a folder that has no libraries for measuring. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installPacked, linkLibrary } from '../helpers/packed.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'paring-'));
let installed: string;

beforeAll(() => {
  installed = installPacked(folder);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
const bench = (...args: string[]) => node(join(installed, 'dist/src/cli/main.js'), 'bench', ...args);

test('paring/bench gives cases that verify and run', () => {
  const program = `
    import { kernelBenchCases } from 'paring/bench';
    const cases = await kernelBenchCases({ filter: 'linear batch 64 500->10' });
    for (const c of cases) { c.verify(); c.setup(); c.fn(); c.teardown(); console.log(c.name, c.flops); }`;
  writeFileSync(join(folder, 'use.mjs'), program);
  const { stdout, stderr } = node('use.mjs');
  expect(stderr).toBe('');
  expect(stdout.trim()).toBe('linear batch 64 500->10 640000');
});

test('its types are there', () => {
  const program = `
    import { type KernelBenchCase, kernelBenchCases } from 'paring/bench';
    const cases: KernelBenchCase[] = await kernelBenchCases();
    export const flops: number = cases[0].flops;
    // @ts-expect-error a number is no text
    export const wrong: string = cases[0].flops;`;
  writeFileSync(join(folder, 'use.mts'), program);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', ''];
  const { status, stdout } = node(join(root, 'node_modules/typescript/bin/tsc'), ...options, 'use.mts');
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

test('paring bench says which library it needs, and works once it is there', () => {
  const without = bench('--filter', 'oneHot');
  expect(without.status).toBe(1);
  expect(without.stderr.trim()).toBe(
    'paring: bench: needs the library tinybench, which does not come with paring: npm install tinybench',
  );
  expect(bench('--compare').stderr).toContain('npm install benchmark');
  linkLibrary(folder, 'tinybench');
  const { status, stdout } = bench('--filter', 'oneHot', '--out', 'kernels.json');
  expect(status).toBe(0);
  expect(stdout).toContain('1 kernels agree with the reference');
  expect(JSON.parse(readFileSync(join(folder, 'kernels.json'), 'utf8')).rows.length).toBe(1);
  expect(readFileSync(join(folder, 'kernels.html'), 'utf8')).toContain('oneHot');
});
