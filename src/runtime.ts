/**
 * The edge entry: bytes -> graph -> plan -> run. Reaches no training code and nothing of a particular host; does no work
 * when imported. The kernels are compiled once a process, when the first model is loaded.
 *
 *   const model = await load(bytes);
 *   const scores = model.predict(model.normalize(pixels));
 */
import type { Backend } from './backend/backend.ts';
import { type BackendOptions, chooseBackend } from './backend/choose.ts';
import { type BufferSource, inferenceModule, isBytes, isModule, toModuleSync } from './backend/module.ts';
import { createInferenceBackend } from './backend/wasm/inference.ts';
import { ArgumentError, GraphError } from './core/errors.ts';
import { fields, obey, oneOf, whole } from './core/rules.ts';
import type { Shape } from './core/shape.ts';
import { decodeWith } from './format/read.ts';
import type { Graph, Metadata } from './graph/graph.ts';
import { normalizePixels } from './graph/meaning.ts';
import { compile, type Plan } from './plan/compile.ts';
import type { SparseChoice } from './plan/sparse.ts';

export interface LoadOptions extends BackendOptions {
  /** Samples that `run` takes at once. 1 by default. */
  batch?: number;
  /** Sparse kernels: `auto` (default) where they are the faster ones. */
  sparse?: SparseChoice;
}

const running = { batch: whole(1), sparse: oneOf('auto', 'never', 'always') };
const loadRule = fields({ backend: () => null, wasm: () => null, ...running });
const loadSyncRule = fields(
  {
    module: (got, path) =>
      isModule(got) || isBytes(got)
        ? null
        : { path, expected: 'a compiled WebAssembly.Module or its bytes', got },
    ...running,
  },
  ['module'],
);

/**
 * Loads a model on a backend of its own.
 * @param bytes a .paring file
 * @throws FormatError, GraphError for a file that is not a model; BackendError if the backend cannot be had; ArgumentError
 */
export async function load(bytes: Uint8Array, options: LoadOptions = {}): Promise<Model> {
  obey('load', options, loadRule);
  const backend = await chooseBackend(
    { backend: options.backend, wasm: options.wasm },
    { module: inferenceModule, create: createInferenceBackend },
  );
  // In JavaScript only where there are no kernels: half a file's worth of code that others need not load.
  const decoders = backend.decoders ?? (await import('./format/decoders.ts')).javascriptDecoders;
  return new Model(decodeWith(bytes, decoders), backend, backend.reason, options);
}

/**
 * The same at once, for hosts where the kernels are imported as a compiled module. Bytes are compiled on the spot, which
 * browsers refuse on the main thread for large modules and some hosts refuse at all.
 * @throws as `load` does
 */
export function loadSync(
  bytes: Uint8Array,
  options: { module: WebAssembly.Module | BufferSource; batch?: number; sparse?: SparseChoice },
): Model {
  obey('loadSync', options, loadSyncRule);
  const backend = createInferenceBackend(toModuleSync(options.module));
  return new Model(decodeWith(bytes, backend.decoders), backend, 'the kernels were handed in', options);
}

/** A model ready to run: one input, one output (the graph's first). */
export class Model {
  /** Name, input meaning, class names, output meaning, lineage. */
  readonly name: string;
  readonly meta: Metadata;
  /** Of one sample. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly batch: number;
  /** Which implementation answers, and why. */
  readonly backend: Backend['name'];
  readonly reason: string;
  /** For inspection: steps, bytes of weights and of the arena. */
  readonly plan: Plan;
  private readonly input: string;
  private readonly output: string;
  private readonly inputSize: number;
  private readonly outputSize: number;

  /** @throws GraphError if the graph has more than one input: compile such a graph instead */
  constructor(
    graph: Graph,
    backend: Backend,
    reason: string,
    options: { batch?: number; sparse?: SparseChoice },
  ) {
    if (graph.inputs.length !== 1) {
      throw new GraphError(graph.name, `has ${graph.inputs.length} inputs; use compile(), which names them`);
    }
    this.plan = compile(graph, backend, options);
    this.name = graph.name;
    this.meta = graph.meta;
    this.batch = this.plan.batch;
    this.backend = backend.name;
    this.reason = reason;
    this.input = graph.inputs[0].name;
    this.output = graph.outputs[0];
    this.inputShape = graph.inputs[0].shape;
    const shape = this.plan.shapes.get(this.output) as Shape;
    this.outputShape = graph.inputs[0].fixed ? shape : shape.slice(1);
    this.inputSize = this.plan.inputs[this.input].length / this.batch;
    this.outputSize = this.plan.outputs[this.output].length / this.batch;
  }

  /**
   * Computes exactly `batch` samples, [batch][...inputShape]. Allocates nothing.
   *
   * The numbers themselves are not looked at, for speed. In f32 a NaN spreads as IEEE has it. A model in int8 takes
   * infinities for the ends of its input's range and NaN for one of its codes: the answer is finite, and means nothing.
   * @returns [batch][...outputShape]: a view that the next run overwrites
   * @throws ArgumentError if x is no Float32Array or has another length
   */
  run(x: Float32Array): Float32Array {
    const { plan } = this;
    array('Model.run', 'x', x, 'Float32Array');
    const input = plan.inputs[this.input];
    if (x.length !== input.length) {
      throw new ArgumentError('Model.run', 'x', `${input.length} numbers (batch ${this.batch})`, x.length);
    }
    input.set(x);
    plan.run();
    return plan.outputs[this.output];
  }

  /**
   * Computes any number of samples, `batch` at a time.
   * @param x [n][...inputShape]
   * @returns [n][...outputShape], a copy
   * @throws ArgumentError if x is no Float32Array or its length no multiple of a sample
   */
  predict(x: Float32Array): Float32Array {
    const { batch, inputSize, outputSize, plan } = this;
    array('Model.predict', 'x', x, 'Float32Array');
    if (x.length === 0 || x.length % inputSize !== 0) {
      throw new ArgumentError('Model.predict', 'x', `a multiple of ${inputSize} numbers`, x.length);
    }
    const count = x.length / inputSize;
    const out = new Float32Array(count * outputSize);
    for (let done = 0; done < count; done += batch) {
      const now = Math.min(batch, count - done);
      const input = plan.inputs[this.input];
      input.set(x.subarray(done * inputSize, (done + now) * inputSize));
      input.fill(0, now * inputSize);
      plan.run();
      out.set(plan.outputs[this.output].subarray(0, now * outputSize), done * outputSize);
    }
    return out;
  }

  /**
   * Pixels (bytes, planar [n][c][h][w]) to what the model was trained on, by the meaning the file gives its input.
   * @throws GraphError if the file does not say; ArgumentError if they are no bytes (a Uint8Array, a Uint8ClampedArray as
   *   canvases give) or the length is no multiple of a sample
   */
  normalize(pixels: Uint8Array | Uint8ClampedArray): Float32Array {
    array('Model.normalize', 'pixels', pixels, 'Uint8Array', 'Uint8ClampedArray');
    const meaning = this.meta.input;
    if (!meaning) throw new GraphError(this.name, 'the file does not say what its input means');
    return normalizePixels(pixels, this.inputShape, meaning);
  }
}

/** By its tag, not by instanceof: arrays of another realm (a frame, a test's sandbox) are as good. */
function array(op: string, argument: string, value: unknown, ...kinds: readonly string[]): void {
  const kind = ArrayBuffer.isView(value) ? (value as Uint8Array)[Symbol.toStringTag] : typeof value;
  if (!kinds.includes(kind)) throw new ArgumentError(op, argument, `a ${kinds.join(' or ')}`, kind);
}
