/** The JavaScript around an exported model, and its types: how each runtime comes by the compiled module. */
import type { FamilyName } from './families.ts';
import type { Recipe } from './recipe.ts';

export const targets = ['worker', 'node', 'deno', 'browser', 'module'] as const;
export type Target = (typeof targets)[number];

/** The bundled parts of the runner: scripts that define a variable each (scripts/bundle-runner.mjs). */
export type RunnerParts = Readonly<Record<'core' | FamilyName, string>>;

export interface Sources {
  recipe: Recipe;
  parts: RunnerParts;
  families: readonly FamilyName[];
  module: Uint8Array;
  /** First line of every file. */
  title: string;
}

/** How a target comes by a compiled module: imports, then an expression; a promise of one where it has to be fetched. */
const compiled: Readonly<Record<Exclude<Target, 'module'>, { imports: string; module: string }>> = {
  worker: { imports: "import module from './model.wasm';", module: 'module' },
  node: {
    imports: "import { readFileSync } from 'node:fs';",
    module: "new WebAssembly.Module(readFileSync(new URL('./model.wasm', import.meta.url)))",
  },
  deno: {
    imports: '',
    module: "new WebAssembly.Module(Deno.readFileSync(new URL('./model.wasm', import.meta.url)))",
  },
  browser: { imports: '', module: "await fetched(new URL('./model.wasm', import.meta.url))" },
};

/** Files of the target by name; the first one is the entry. */
export function filesFor(target: Target, sources: Sources): Map<string, string | Uint8Array> {
  const types = declaration(sources, target === 'browser');
  if (target === 'module') {
    const base64 = toBase64(sources.module);
    const code = script(
      sources,
      { imports: '', module: `new WebAssembly.Module(bytesOf('${base64}'))` },
      FROM_BASE64,
    );
    return new Map([
      ['model.mjs', code],
      ['model.d.mts', types],
    ]);
  }
  const helper = target === 'browser' ? FETCHED : '';
  return new Map<string, string | Uint8Array>([
    ['index.js', script(sources, compiled[target], helper)],
    ['index.d.ts', types],
    ['model.wasm', sources.module],
    [
      'package.json',
      `${JSON.stringify({ type: 'module', exports: './index.js', types: './index.d.ts' }, null, 2)}\n`,
    ],
  ]);
}

const FROM_BASE64 = `function bytesOf(base64) {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
`;

const FETCHED = `async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(\`\${url}: \${response.status} \${response.statusText}\`);
  return WebAssembly.compile(await response.arrayBuffer());
}
`;

function script(
  { recipe, parts, families, title }: Sources,
  { imports, module }: { imports: string; module: string },
  helper: string,
): string {
  const later = module.startsWith('await ');
  const { name, batch, inputShape, outputShape, classes } = recipe;
  const info = { name, batch, inputShape, outputShape, classes };
  const started = later ? '(await started())' : 'started()';
  const begin = later
    ? `const started = () =>
  (runner ??= begin().catch((error) => {
    runner = undefined; // the next call tries again
    throw error;
  }));
const begin = async () => paringCore.start(${module}, recipe, made);`
    : `const started = () => (runner ??= paringCore.start(${module}, recipe, made));`;
  const as = later ? 'async function' : 'function';
  return `// ${title}
${imports}
${[...families, 'core' as const].map((part) => parts[part].trim()).join('\n')}
const recipe = ${JSON.stringify(recipe)};
const made = [${families.map((family) => `paring${capital(family)}.${family}`).join(', ')}];
${helper}let runner;
${begin}

export const info = ${JSON.stringify(info)};

export async function load() {
  await started();
}

export ${as} run(input) {
  return ${started}.run(input);
}

export ${as} normalize(pixels) {
  return ${started}.normalize(pixels);
}
`;
}

function declaration({ recipe, title }: Sources, later: boolean): string {
  const { name, batch, inputShape, outputShape, classes, kind = 'values', meaning } = recipe;
  const brackets = (shape: readonly number[]): string => [batch, ...shape].map((n) => `[${n}]`).join('');
  const result = (type: string): string => (later ? `Promise<${type}>` : type);
  const range = meaning
    ? `[${meaning.range.join(', ')}], channels: ${meaning.channels}`
    : 'not said by the model';
  const list = classes ? `readonly ${JSON.stringify(classes)}` : 'undefined';
  return `// ${title}

/** What there is to know of the model. Shapes are of one sample. */
export declare const info: {
  readonly name: ${JSON.stringify(name)};
  readonly batch: ${batch};
  readonly inputShape: readonly [${inputShape.join(', ')}];
  readonly outputShape: readonly [${outputShape.join(', ')}];
  readonly classes: ${list};
};

/** Makes the model ready, which the first run does otherwise: a few milliseconds. */
export declare function load(): Promise<void>;

/**
 * @param input ${brackets(inputShape)} = ${batch * size(inputShape)} numbers, samples first, as \`normalize\` gives them
 * @returns ${brackets(outputShape)} = ${batch * size(outputShape)} ${kind}: an array of its own
 * @throws Error with code 'ARGUMENT' if input is no Float32Array of that length
 */
export declare function run(input: Float32Array): ${result('Float32Array')};

/**
 * Pixels as the model was trained on them.
 * @param pixels bytes, planar, samples of ${inputShape.map((n) => `[${n}]`).join('')}; range ${range}
 * @throws Error with code 'ARGUMENT' if they are no bytes or no whole samples
 */
export declare function normalize(pixels: Uint8Array | Uint8ClampedArray): ${result('Float32Array')};
`;
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export function capital(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}`;
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(binary);
}
