/** The packed package, used as it is installed: every entry, each in a Node process of its own. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { survey, surveyEntry } from '../helpers/edge-rules.ts';
import { installPacked } from '../helpers/packed.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'paring-'));
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = Object.keys(exports).filter((entry) => exports[entry].types);
/** What edge code imports. */
const edge = ['.', './runtime', './onnx'];
const specifier = (entry: string) => entry.replace('.', 'paring');
const NO_CODE_FROM_TEXT = '--disallow-code-generation-from-strings';

let installed: string;
beforeAll(() => {
  installed = installPacked(folder);
  copyFileSync(join(root, 'test/format/versions/1.paring'), join(folder, 'model.paring'));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program in the folder and gives what it printed last, as JSON. */
function run(program: string, ...flags: string[]): unknown {
  writeFileSync(join(folder, 'program.mjs'), program);
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, 'program.mjs'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

/** A program that loads the model as `name` with `options` and prints how it was answered. */
const inferring = (name: string, options: string, before = '') => `
  import { readFileSync } from 'node:fs';
  ${before}
  const { load } = await import('${name}');
  const model = await load(new Uint8Array(readFileSync('model.paring')), ${options});
  const size = model.inputShape.reduce((a, b) => a * b, 1);
  const scores = model.predict(Float32Array.from({ length: size }, (_, i) => ((i * 37) % 101) / 101));
  const { backend, reason } = model;
  console.log(JSON.stringify({ backend, reason, scores: [...scores] }));`;

interface Answer {
  backend: string;
  reason: string;
  scores: number[];
}

test.each(entries)('%s is imported, and its files are there', (entry) => {
  const names = run(`console.log(JSON.stringify(Object.keys(await import('${specifier(entry)}'))));`);
  expect((names as string[]).length).toBeGreaterThan(0);
  expect(existsSync(join(installed, exports[entry].types))).toBe(true);
});

test('the kernels are files of the package', () => {
  const files = Object.keys(exports).filter((entry) => entry.endsWith('.wasm'));
  expect(files.length).toBe(3);
  const names = JSON.stringify(files.map(specifier));
  const valid = run(`
    import { readFileSync } from 'node:fs';
    const bytes = ${names}.map((name) => readFileSync(new URL(import.meta.resolve(name))));
    console.log(JSON.stringify(bytes.map((file) => file.subarray(0, 4).toString('latin1'))));`);
  expect(valid).toEqual(['\0asm', '\0asm', '\0asm']);
});

describe('a model is loaded and run', () => {
  test.each([
    ['paring/runtime', []],
    ['paring/runtime', [NO_CODE_FROM_TEXT]],
    ['paring', [NO_CODE_FROM_TEXT]],
  ])('by %s %s', (name, flags) => {
    const { backend, reason, scores } = run(inferring(name, '{}'), ...flags) as Answer;
    expect(backend).toBe('wasm');
    expect(reason).toBe('wasm is the default, and this host runs the kernels of the package');
    expect(scores.length).toBe(10);
    expect(new Set(scores).size).toBeGreaterThan(5);
  });
});

describe('edge code', () => {
  const cases = edge.flatMap((entry) =>
    ['default', 'workerd', 'edge-light'].map((condition) => [entry, condition] as const),
  );
  test.each(cases)('%s under the condition %s keeps the rules', (entry, condition) => {
    const { files, broken } = surveyEntry(installed, entry, [condition]);
    expect(broken).toEqual([]);
    const kernels = files.filter((file) => /\.wasm(\?module)?$/.test(file));
    if (condition === 'default') expect(kernels).toEqual([]);
    else if (entry !== './onnx') expect(kernels.length).toBeGreaterThan(1);
    const texts = files.filter((file) => file.endsWith('-base64.js'));
    if (condition !== 'default') expect(texts).toEqual([]);
  });

  test('the rules see what breaks them', () => {
    expect(survey('eval("1"); const f = () => new Function("1");').broken).toEqual([
      'code from text',
      'code from text',
    ]);
    expect(survey('for await (const x of y) {} export {};').broken).toEqual(['top-level await']);
    expect(survey('const x = await 3; const f = async () => { await 3; };').broken).toEqual([
      'top-level await',
    ]);
    expect(
      survey('import "a"; export * from "b"; export { c } from "c"; import("d"); import(`e`)').imports,
    ).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(survey('import(name)').broken).toEqual(['an import by a computed name']);
  });

  test.each(edge)('%s compiles nothing when imported', (entry) => {
    const counts = run(`
      import { readFileSync } from 'node:fs';
      let compiled = 0;
      const counted = (target) => new Proxy(target, {
        apply(...call) { compiled++; return Reflect.apply(...call); },
        construct(...call) { compiled++; return Reflect.construct(...call); },
      });
      const hooked = ['compile', 'compileStreaming', 'instantiate', 'instantiateStreaming', 'Module', 'Instance'];
      for (const name of hooked) WebAssembly[name] = counted(WebAssembly[name]);
      await import('${specifier(entry)}');
      const imported = compiled;
      const { load } = await import('paring/runtime');
      await load(new Uint8Array(readFileSync('model.paring')));
      console.log(JSON.stringify([imported, compiled]));`);
    // The kernels and an instance of them: the count does count.
    expect(counts).toEqual([0, 2]);
  });
});

describe('a host without WebAssembly', () => {
  const gone = 'delete globalThis.WebAssembly;';
  const runtimeCalls = [
    'load(bytes)',
    "load(bytes, { backend: 'fast' })",
    'load(bytes, { wasm: Uint8Array.of(0, 97, 115, 109) })',
    'loadSync(bytes, { module: Uint8Array.of(0, 97, 115, 109) })',
  ];
  test.each(['paring/runtime', 'paring'])('%s: the reference backend answers by name', (name) => {
    const { backend, reason, scores } = run(inferring(name, "{ backend: 'reference' }", gone)) as Answer;
    expect(backend).toBe('reference');
    expect(reason).toBe('the reference backend was asked for by name');
    // The model is in int8, where both backends give the same bits.
    expect(scores).toEqual((run(inferring(name, '{}')) as Answer).scores);
  });

  test.each([
    ['paring/runtime', runtimeCalls],
    ['paring', [...runtimeCalls, 'createBackend()']],
  ])('%s: whatever needs WebAssembly throws and names the fallback', (name, calls) => {
    const errors = run(`
      import { readFileSync } from 'node:fs';
      ${gone}
      const { createBackend, load, loadSync } = await import('${name}');
      const bytes = new Uint8Array(readFileSync('model.paring'));
      const errors = [];
      for (const call of [${calls.map((call) => `async () => ${call}`)}]) {
        const { name, code, message } = await call().catch((error) => error);
        errors.push({ name, code, message });
      }
      console.log(JSON.stringify(errors));`);
    const message =
      "backend 'wasm': this host has no WebAssembly; { backend: 'reference' } answers without, slowly";
    expect(errors).toEqual(calls.map(() => ({ name: 'BackendError', code: 'BACKEND', message })));
  });
});
