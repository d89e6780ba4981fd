/**
 * Ahead-of-time export: everything that loading a model does once for all is done here, and what is left is written down.
 * The plan becomes a WebAssembly function that calls the kernels with constants; the kernels it does not reach are left
 * out; the weights stay as compression left them and are decoded when the model starts. The results are those of
 * `paring/runtime`, to the bit, which is checked on one input before anything is returned.
 */
import { BackendError, GraphError, MemoryError } from '../core/errors.ts';
import { fields, obey, oneOf, whole } from '../core/rules.ts';
import { sizeOf } from '../core/shape.ts';
import { VERSION } from '../core/version.ts';
import { ByteReader } from '../format/bytes.ts';
import { readFloats } from '../format/floats.ts';
import { readSymbols } from '../format/symbols.ts';
import type { Graph } from '../graph/graph.ts';
import type { SparseChoice } from '../plan/sparse.ts';
import { families, familyNames, familyOf } from './families.ts';
import { type Recipe, WEIGHTS_SECTION } from './recipe.ts';
import { type Recording, record } from './record.ts';
import { readWeights, start } from './runner/core.ts';
import { filesFor, type RunnerParts, type Target, targets } from './targets.ts';
import { link } from './wasm/link.ts';
import { type StoredWeights, sameBytes, storeWeights } from './weights.ts';

export interface ExportOptions {
  target: Target;
  /** Samples a run takes. 1 by default. */
  batch?: number;
  sparse?: SparseChoice;
  /** Most bytes the model may take when it runs: memory, module, and what starting needs for a while. Default 96 MB. */
  maxBytes?: number;
}

/** What the exporter needs besides the model; `exportFile` of `paring/node` finds both in the package. */
export interface ExportKit {
  /** The bytes of inference.wasm. */
  inference: Uint8Array;
  parts: RunnerParts;
}

export interface Exported {
  /** By name; the first one is the entry. */
  files: Map<string, string | Uint8Array>;
  /** Of the stored weights, the module without them, and the JavaScript. */
  bytes: { weights: number; wasm: number; javascript: number };
  /** Most that it takes when it runs. */
  memoryBytes: number;
}

/** What a Worker's isolate has, less a quarter for everything else. */
export const MAX_BYTES = 96e6;

const rule = fields({
  target: oneOf(...targets),
  batch: whole(1),
  sparse: oneOf('auto', 'never', 'always'),
  maxBytes: whole(1),
});

/**
 * Exports a model of one input; of several outputs, `run` gives the first. Compiles WebAssembly, to check the result.
 * @throws GraphError if it is not a model or has several inputs; MemoryError if it would take more than `maxBytes`;
 *   ArgumentError for options that do not exist
 */
export function exportModel(graph: Graph, kit: ExportKit, options: ExportOptions): Exported {
  obey('exportModel', options, rule);
  const { target, batch = 1, sparse = 'auto', maxBytes = MAX_BYTES } = options;
  if (graph.inputs.length !== 1)
    throw new GraphError(graph.name, `has ${graph.inputs.length} inputs; one is exported`);
  const kernels = new WebAssembly.Module(kit.inference as BufferSource);
  // Once to find out how much scratch there must be, and once with so much of it from the beginning.
  const first = record(kernels, graph, { batch, sparse }, 0);
  const firstStored = storeWeights(graph, first.prepared, first.constants);
  decodeAll(first, firstStored);
  const recording = record(kernels, graph, { batch, sparse }, first.heap.most);
  const stored = moved(firstStored, recording);
  decodeAll(recording, stored);

  const module = link(kit.inference, {
    exports: recording.startKernels,
    run: recording.calls,
    pages: Math.ceil(recording.heap.bytesReserved / 65536),
    custom: { [WEIGHTS_SECTION]: stored.bytes },
  });
  const recipe = recipeOf(graph, recording, stored);
  const memoryBytes = memoryOf(recording, module.length, stored);
  if (memoryBytes > maxBytes) {
    const message = `model '${graph.name}' takes as much when it runs; the budget (maxBytes) is ${maxBytes}`;
    throw new MemoryError(memoryBytes, message);
  }
  const used = new Set(recording.prepared.map(({ primitive }) => familyOf[primitive]));
  const ordered = familyNames.filter((name) => used.has(name));
  check(module, recipe, recording, graph);
  const title = `${graph.name.replace(/\s+/g, ' ')}: exported by paring ${VERSION}`;
  const files = filesFor(target, { recipe, parts: kit.parts, families: ordered, module, title });
  const [entry] = files.values();
  const inlined = target === 'module' ? 4 * Math.ceil(module.length / 3) : 0;
  return {
    files,
    bytes: {
      weights: stored.bytes.length,
      wasm: module.length - stored.bytes.length,
      javascript: new TextEncoder().encode(entry as string).length - inlined,
    },
    memoryBytes,
  };
}

/** The same weights at the addresses of another recording. */
function moved({ bytes, items }: StoredWeights, { prepared, constants }: Recording): StoredWeights {
  const places = [...prepared, ...constants];
  return { bytes, items: items.map((item, i) => ({ ...item, to: places[i].to })) };
}

/** Decodes what was stored with the recording's kernels, which then know what decoding needs. */
function decodeAll({ decoders }: Recording, { bytes, items }: StoredWeights): void {
  const reader = new ByteReader(bytes, 0, bytes.length, decoders);
  for (const item of items) {
    if ('words' in item) readFloats(reader, item.words, '');
    else if ('bytes' in item) readSymbols(reader, item.bytes, 256);
    else readWeights(reader, item);
  }
}

function recipeOf(graph: Graph, { plan, heap }: Recording, { items }: StoredWeights): Recipe {
  const [{ name, shape }] = graph.inputs;
  const [output] = graph.outputs;
  const { input: meaning, classes, output: kind } = graph.meta;
  return {
    name: graph.name,
    batch: plan.batch,
    inputShape: shape,
    outputShape: (plan.shapes.get(output) ?? []).slice(1),
    input: plan.inputs[name].byteOffset,
    output: plan.outputs[output].byteOffset,
    scratch: heap.scratch(0),
    meaning,
    classes,
    kind,
    weights: items,
  };
}

/** Linear memory, the module, the copy of its stored weights, and the largest tensor while it is decoded (values and codes). */
function memoryOf({ heap, prepared }: Recording, moduleBytes: number, stored: StoredWeights): number {
  const largest = prepared.reduce((most, { weights }) => Math.max(most, weights.length), 0);
  return Math.ceil(heap.bytesReserved / 65536) * 65536 + moduleBytes + stored.bytes.length + 12 * largest;
}

/** Runs the plan and the exported module on one input. */
function check(module: Uint8Array, recipe: Recipe, { plan }: Recording, graph: Graph): void {
  const size = plan.batch * sizeOf(recipe.inputShape);
  const input = Float32Array.from({ length: size }, (_, i) => (((i * 37) % 101) - 50) / 25);
  plan.inputs[graph.inputs[0].name].set(input);
  plan.run();
  const expected = plan.outputs[graph.outputs[0]].slice();
  const got = start(new WebAssembly.Module(module as BufferSource), recipe, Object.values(families)).run(
    input,
  );
  if (!sameBytes(new Uint8Array(expected.buffer), new Uint8Array(got.buffer))) {
    throw new BackendError(
      'wasm',
      `the exported '${graph.name}' gives other numbers than its plan: not exported`,
    );
  }
}
