/** `paring export` from the shell: what it writes, what it says, what it refuses. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { encode } from '../../src/format/index.ts';
import { dsStudent } from '../../src/nn/models.ts';
import { paring } from './shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'paring-export-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'student.paring'), encode(dsStudent()));

test('a folder beside the model, which runs', async () => {
  const { status, stdout, stderr } = paring(folder, 'export', 'student.paring', '--target', 'node', '--json');
  expect([status, stderr]).toEqual([0, '']);
  const { paths, bytes } = JSON.parse(stdout);
  expect(paths[0]).toBe(join('student-node', 'index.js'));
  expect(bytes.javascript).toBe(readFileSync(join(folder, paths[0])).length);
  const model = await import(pathToFileURL(join(folder, paths[0])).href);
  expect(model.run(new Float32Array(784))).toHaveLength(10);
});

test('ONNX is one file', () => {
  const { status, stdout } = paring(folder, 'export', 'student.paring', '--target', 'onnx');
  expect(status).toBe(0);
  expect(stdout).toContain('student.onnx');
  expect(readFileSync(join(folder, 'student.onnx')).length).toBeGreaterThan(20_000);
});

test('a budget that is too small: one line, nothing written', () => {
  const args = ['--target', 'worker', '--out', 'small', '--max-bytes', '1000'];
  const { status, stderr } = paring(folder, 'export', 'student.paring', ...args);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^paring: memory: cannot allocate \d+ bytes: .*the budget \(maxBytes\) is 1000\n$/);
  expect(existsSync(join(folder, 'small'))).toBe(false);
});

test('an unknown target, no target: wrong usage', () => {
  expect(paring(folder, 'export', 'student.paring', '--target', 'toaster').status).toBe(2);
  expect(paring(folder, 'export', 'student.paring').status).toBe(2);
});
