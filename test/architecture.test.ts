/**
 * The direction of imports in src/, as docs/architecture.md draws it. Arrows point down only; an import that climbs, a
 * library below cli and report, or a training file within reach of the runtime fails here with its file and specifier.
 * Type imports count too: what a file must know is what it depends on.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** A folder (or a file of src/ itself) and those right below it; it may import these, all below them, and itself. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  core: [],
  backend: ['core'],
  graph: ['core'],
  plan: ['graph', 'backend'],
  format: ['graph', 'backend'],
  onnx: ['plan', 'format'],
  'runtime.ts': ['plan', 'format'],
  // A plan written down ahead of time, and what runs it.
  export: ['plan', 'format'],
  autograd: ['backend'],
  ops: ['autograd', 'graph'],
  nn: ['ops'],
  optim: ['ops'],
  data: ['ops'],
  // Training evaluates a model as it will run: by its plan.
  train: ['nn', 'optim', 'data', 'plan', 'format'],
  compress: ['train'],
  // What needs a file system: data sets from files, atomic writes, checkpoints on disk.
  node: ['compress', 'runtime.ts', 'export'],
  report: ['node'],
  cli: ['report', 'onnx'],
  'index.ts': ['compress', 'runtime.ts'],
};

/** What the runtime must not reach. */
const training = [
  'autograd',
  'ops',
  'nn',
  'optim',
  'data',
  'train',
  'compress',
  'onnx',
  'node',
  'cli',
  'report',
];

interface Import {
  /** Path below src/ with forward slashes. */
  file: string;
  specifier: string;
}

const statement = /^\s*(?:import|export)\b[^'"]*?\bfrom\s*['"]([^'"]+)['"]/gm;
const sideEffect = /^\s*import\s*['"]([^'"]+)['"]/gm;
const dynamic = /\bimport\s*\(\s*['"]([^'"]+)['"]\s*[),]/g;
/** A worker's file is reached through its address. */
const address = /\bnew URL\(\s*['"]([^'"]+\.[jt]s)['"]\s*,\s*import\.meta\.url/g;
const anyDynamic = /\bimport\s*\(/g;

/** Every specifier that a source text imports, re-exports, loads dynamically or names as a worker. */
function specifiersOf(text: string): string[] {
  return [statement, sideEffect, dynamic, address].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => match[1]),
  );
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.replaceAll('\\', '/'))
  .sort();
const textOf = (file: string) => readFileSync(join(src, file), 'utf8');
const imports: Import[] = files.flatMap((file) =>
  specifiersOf(textOf(file)).map((specifier) => ({ file, specifier })),
);

const isRelative = (specifier: string) => specifier.startsWith('.');
const show = (found: readonly Import[]) => found.map(({ file, specifier }) => `${file}: '${specifier}'`);

/** `graph/passes/x.ts` is of `graph`, `runtime.ts` of itself. */
const folderOf = (path: string) => path.split('/')[0];

/** Path from src/ that a relative import leads to. A worker's address names the compiled file. */
function target({ file, specifier }: Import): string {
  const path = resolve(dirname(join(src, file)), specifier.replace(/\.js$/, '.ts'));
  return relative(src, path).replaceAll('\\', '/');
}

/** `paring bench` runs what stands in bench/, which uses src/ and is not part of it. */
const isBench = (i: Import) => folderOf(i.file) === 'cli' && target(i).startsWith('../bench/');

/** Every folder at or below `folder`. */
function reachable(folder: string, seen = new Set<string>()): Set<string> {
  if (seen.has(folder)) return seen;
  seen.add(folder);
  for (const lower of arrows[folder] ?? []) reachable(lower, seen);
  return seen;
}

describe('the guard itself', () => {
  test('sees every form of import', () => {
    const text = [
      "import a from './a.ts';",
      "import type { B } from './b.ts';",
      "import {\n  c,\n  type C,\n} from './c.ts';",
      "export * from './d.ts';",
      'export { e } from "./e.ts";',
      "import './f.ts';",
      "const g = await import('./g.ts');",
      "type H = ReturnType<typeof import('./h.ts').h>;",
      "new Worker(new URL('./i.ts', import.meta.url));",
      " * import prose from 'comment';",
      "const from = 'nowhere';",
    ].join('\n');
    expect(specifiersOf(text).sort()).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name) => `./${name}.ts`),
    );
  });

  test('knows every folder and file at the top of src/', () => {
    expect([...new Set(files.map(folderOf))].filter((folder) => !(folder in arrows))).toEqual([]);
  });

  test('its arrows point down only', () => {
    for (const [folder, lower] of Object.entries(arrows)) {
      for (const below of lower) expect([...reachable(below)], `${folder} -> ${below}`).not.toContain(folder);
    }
  });

  test('every dynamic import names its file', () => {
    const hidden = files.filter((file) => {
      const text = textOf(file);
      return [...text.matchAll(anyDynamic)].length !== [...text.matchAll(dynamic)].length;
    });
    expect(hidden).toEqual([]);
  });

  test('every relative import leads to a file of src/', () => {
    const stray = imports.filter((i) => isRelative(i.specifier) && !isBench(i) && !files.includes(target(i)));
    expect(show(stray)).toEqual([]);
  });
});

test('folders import themselves and what lies below', () => {
  const climbing = imports.filter(
    (i) => isRelative(i.specifier) && !isBench(i) && !reachable(folderOf(i.file)).has(folderOf(target(i))),
  );
  expect(show(climbing)).toEqual([]);
});

test('core imports nothing outside core', () => {
  const outside = imports.filter(
    (i) => folderOf(i.file) === 'core' && !(isRelative(i.specifier) && folderOf(target(i)) === 'core'),
  );
  expect(show(outside)).toEqual([]);
});

test('only node, cli and report import libraries', () => {
  const libraries = imports.filter(
    (i) => !/^(\.|#|node:)/.test(i.specifier) && !['node', 'cli', 'report'].includes(folderOf(i.file)),
  );
  expect(show(libraries)).toEqual([]);
});

test("Node's modules stay in node, cli and report", () => {
  const node = imports.filter((i) => i.specifier.startsWith('node:') && !/^(node|cli|report)\//.test(i.file));
  expect(show(node)).toEqual([]);
});

test('only backend/module.ts imports the kernels, and only backend/wasm/ their types', () => {
  const kernels = imports.filter(
    ({ file, specifier }) =>
      specifier.startsWith('#') &&
      !(/^#(kernels|kernels-fast|inference)$/.test(specifier) && file === 'backend/module.ts') &&
      !(specifier === '#kernels/types' && file.startsWith('backend/wasm/')),
  );
  expect(show(kernels)).toEqual([]);
});

test('index.ts re-exports and does nothing else', () => {
  const code = textOf('index.ts')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/export\s+(?:type\s+)?(?:\*|\{[^}]*\})(?:\s+as\s+\w+)?\s+from\s+'[^']+';/g, '');
  expect(code.trim()).toBe('');
});

describe('the runtime', () => {
  /** Every import of runtime.ts and of what it reaches, and so on. */
  function closure(): Import[] {
    const seen = new Set(['runtime.ts']);
    const found: Import[] = [];
    for (const file of seen) {
      for (const i of imports.filter((candidate) => candidate.file === file)) {
        found.push(i);
        if (isRelative(i.specifier)) seen.add(target(i));
      }
    }
    return found;
  }

  test('exists', () => {
    expect(existsSync(join(src, 'runtime.ts'))).toBe(true);
  });

  test('reaches the plan, the format and the backend', () => {
    const folders = new Set(
      closure()
        .filter((i) => isRelative(i.specifier))
        .map((i) => folderOf(target(i))),
    );
    for (const folder of ['plan', 'format', 'backend', 'graph', 'core'])
      expect([...folders]).toContain(folder);
  });

  test('reaches no training code', () => {
    const found = closure().filter((i) => isRelative(i.specifier) && training.includes(folderOf(target(i))));
    expect(show(found)).toEqual([]);
  });

  test('reaches nothing but its own files and the kernels: no node:*, no library', () => {
    const found = closure().filter(
      (i) => !isRelative(i.specifier) && !/^#(kernels(-fast|\/types)?|inference)$/.test(i.specifier),
    );
    expect(show(found)).toEqual([]);
  });
});
