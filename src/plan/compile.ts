/**
 * Compiles a graph into a plan: a list of (primitive, descriptor) over fixed memory. Everything that can be decided once
 * is decided here: batch norm folded, activations fused, weights in kernel order, sparse or dense, int8 or f32, the place
 * of every intermediate. What is left for `run` is to call the list, and it allocates nothing.
 */
import type { Backend, PrimitiveName } from '../backend/backend.ts';
import type { Ptr } from '../backend/heap.ts';
import { ArgumentError, GraphError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { ActivationQuantization, Graph, Param } from '../graph/graph.ts';
import { inferShapes } from '../graph/infer.ts';
import { removeDead } from '../graph/passes/dead-code.ts';
import { foldBatchNorm } from '../graph/passes/fold-batch-norm.ts';
import { fuseActivations } from '../graph/passes/fuse-activation.ts';
import { assertFinite, plannedValues } from '../graph/weights.ts';
import { bufferOf, offsetIn, PlanBuilder, type Value } from './builder.ts';
import { convWindow } from './geometry.ts';
import {
  convKernels,
  isShareable,
  type KernelChoice,
  type KernelChoices,
  linearKernels,
  sharedBits,
  type WeightsChoice,
} from './kernels.ts';
import { type Lowering, lowerF32 } from './lower-f32.ts';
import { lowerInt8 } from './lower-int8.ts';
import { assignOffsets, type Buffer, mergeInPlace, rootOf, touch } from './memory.ts';
import type { SparseChoice } from './sparse.ts';
import type { WinogradChoice } from './winograd.ts';

export interface CompileOptions {
  /**
   * Samples a run computes. A sample's result does not depend on its place among them. In f32 its last bit may depend on
   * how many they are, where a backend sums a few samples in another order than many; in int8 it does not.
   */
  batch?: number;
  /** Sparse kernels: where they are the faster ones (`auto`, the default), nowhere, everywhere. */
  sparse?: SparseChoice;
  /**
   * Winograd's convolution: where a cost model finds it faster (`auto`, the default), nowhere, wherever it is possible. It
   * rounds differently (by some units more in the last place) and its weights take 4 times the memory.
   */
  winograd?: WinogradChoice;
  /**
   * f32 weights of at most 256 different values: written out (`expanded`, the default and mostly the faster), or run from
   * indices of 4 or 8 bits and a codebook (`stored`), which is a quarter or an eighth of the memory and the bits of
   * `winograd: 'never'`. Depthwise layers and those that run sparse stay as they are, and so do layers that a batch norm
   * was folded into: one factor a channel makes too many values.
   */
  weights?: WeightsChoice;
  /** Kernels of f32 convolution and linear layers by the node's name, as `tune` finds them; they go before what the models say. */
  kernels?: KernelChoices;
}

/** One call of a plan. */
export interface Step {
  /** The node (after folding and fusing) or value it serves. */
  readonly node: string;
  readonly primitive: PrimitiveName;
  readonly args: object;
}

export interface Plan {
  readonly backend: Backend;
  readonly batch: number;
  /**
   * Views of the input and output buffers by name. Write inputs, call `run`, read outputs. Inputs keep what was written;
   * outputs are valid until the next run. Ask for a view anew after anything else allocated in the backend's heap.
   */
  readonly inputs: Readonly<Record<string, Float32Array>>;
  readonly outputs: Readonly<Record<string, Float32Array>>;
  /** Shapes of the same, batch first. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly steps: readonly Step[];
  readonly arenaBytes: number;
  /** Bytes of weights and other constants as the kernels read them. */
  readonly weightBytes: number;
  run(): void;
  /** Gives its memory back to the heap. The plan must not be used after that. */
  free(): void;
}

/**
 * Compiles `graph` for a backend. The graph is not changed and not kept.
 * @throws GraphError if the graph is not a model or a weight is not finite; ArgumentError if batch is not a whole number >= 1
 */
export function compile(graph: Graph, backend: Backend, options: CompileOptions = {}): Plan {
  const { batch = 1, sparse = 'auto', winograd = 'auto', weights = 'expanded', kernels } = options;
  if (!Number.isSafeInteger(batch) || batch < 1) {
    throw new ArgumentError('compile', 'batch', 'a whole number >= 1', batch);
  }
  if (!['auto', 'never', 'always'].includes(sparse)) {
    throw new ArgumentError('compile', 'sparse', "'auto', 'never' or 'always'", sparse);
  }
  if (!['auto', 'never', 'always'].includes(winograd)) {
    throw new ArgumentError('compile', 'winograd', "'auto', 'never' or 'always'", winograd);
  }
  if (!['expanded', 'stored'].includes(weights)) {
    throw new ArgumentError('compile', 'weights', "'expanded' or 'stored'", weights);
  }
  const fixed = graph.inputs.find((input) => input.fixed);
  if (fixed && batch !== 1)
    throw new GraphError(fixed.name, `has no batch dimension: compile at batch 1, not ${batch}`);
  inferShapes(graph, batch); // the passes rely on a graph that is a model
  assertFinite(graph);
  const lowered = singleScales(fuseActivations(foldBatchNorm(removeDead(graph))));
  const shapes = inferShapes(lowered, batch);
  checkActivations(lowered);
  if (kernels) checkKernels(lowered, shapes, kernels);

  const builder = new PlanBuilder(backend);
  try {
    const { inputs, values } = lower({ builder, graph: lowered, sparse, winograd, weights, kernels }, shapes);
    return layOut(builder, lowered, inputs, values, shapes, batch);
  } catch (error) {
    for (const ptr of builder.blocks) backend.heap.free(ptr);
    throw error;
  }
}

/** Adds every node's steps, in order. Inputs and outputs get buffers that nothing else may use. */
function lower(
  l: Lowering,
  shapes: ReadonlyMap<string, Shape>,
): { inputs: Map<string, Buffer>; values: Map<string, Value> } {
  const { builder, graph } = l;
  const bound = new Map<string, Buffer>();
  const values = new Map<string, Value>();
  for (const { name } of graph.inputs) {
    const shape = shapes.get(name) as Shape;
    const f32 = builder.buffer(4 * sizeOf(shape));
    touch(f32, -1);
    touch(f32, Number.POSITIVE_INFINITY);
    const quant = graph.activations?.get(name);
    const value: Value = { name, shape, quant, f32 };
    if (quant) {
      // Every reader sees the quantized input, f32 ones too.
      builder.asI8(value);
      values.set(name, { name, shape, quant, i8: value.i8 });
    } else {
      values.set(name, value);
    }
    bound.set(name, f32);
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => values.get(name) as Value);
    const shape = shapes.get(node.name) as Shape;
    const quant = graph.activations?.get(node.name);
    const result = lowerInt8(l, node, inputs, shape, quant);
    if (result) {
      values.set(node.name, { name: node.name, shape, ...result });
      continue;
    }
    const value: Value = { name: node.name, shape, quant, f32: lowerF32(l, node, inputs, shape) };
    if (quant) {
      builder.asI8(value);
      value.f32 = undefined;
    }
    values.set(node.name, value);
  }
  for (const name of graph.outputs) {
    touch(builder.asF32(values.get(name) as Value), Number.POSITIVE_INFINITY);
  }
  return { inputs: bound, values };
}

/** Gives every buffer its place and writes the pointers into the descriptors. */
function layOut(
  builder: PlanBuilder,
  graph: Graph,
  inputs: ReadonlyMap<string, Buffer>,
  values: ReadonlyMap<string, Value>,
  shapes: ReadonlyMap<string, Shape>,
  batch: number,
): Plan {
  const { backend, steps } = builder;
  const { heap } = backend;
  steps.forEach(({ inPlace, operands }, index) => {
    const y = operands.get('y');
    inPlace.some((field) =>
      mergeInPlace(bufferOf(operands.get(field) as Buffer), bufferOf(y as Buffer), index),
    );
  });
  const arenaBytes = assignOffsets(builder.buffers);
  const arena = heap.alloc(arenaBytes);
  builder.blocks.push(arena);
  const place = (buffer: Buffer): Ptr => arena + rootOf(buffer).offset;

  let scratch = 0;
  for (const { primitive, args, operands } of steps) {
    for (const [field, operand] of operands) {
      (args as Record<string, unknown>)[field] = place(bufferOf(operand)) + offsetIn(operand);
    }
    scratch = Math.max(scratch, backend.scratchBytes(primitive, args as never));
  }
  if (scratch > 0) heap.scratch(scratch);

  const calls = steps.map(({ primitive, args }) => ({
    run: backend[primitive] as (args: object) => void,
    args,
  }));
  return {
    backend,
    batch,
    inputs: views(
      backend,
      [...inputs].map(([name, buffer]) => [name, place(buffer), buffer.bytes / 4]),
    ),
    outputs: views(
      backend,
      graph.outputs.map((name) => {
        const buffer = values.get(name)?.f32 as Buffer;
        return [name, place(buffer), buffer.bytes / 4];
      }),
    ),
    shapes,
    steps,
    arenaBytes,
    weightBytes: builder.weightBytes,
    run() {
      for (let i = 0; i < calls.length; i++) calls[i].run(calls[i].args);
    },
    free() {
      for (const ptr of builder.blocks.splice(0)) heap.free(ptr);
    },
  };
}

/** An object whose properties are views of the heap, made again only when the heap has moved. */
function views(
  backend: Backend,
  places: readonly (readonly [name: string, ptr: Ptr, length: number])[],
): Readonly<Record<string, Float32Array>> {
  const record: Record<string, Float32Array> = Object.create(null);
  for (const [name, ptr, length] of places) {
    let view: Float32Array | undefined;
    Object.defineProperty(record, name, {
      enumerable: true,
      get: () => {
        if (view?.buffer !== backend.heap.store.buffer) view = backend.heap.f32(ptr, length);
        return view;
      },
    });
  }
  return record;
}

/** Scales rounded to f32, which is what kernels take: all constants are then derived from the same numbers. */
function singleScales(graph: Graph): Graph {
  if (!graph.activations) return graph;
  const activations = new Map<string, ActivationQuantization>();
  for (const [name, { scale, zeroPoint }] of graph.activations) {
    activations.set(name, { scale: Math.fround(scale), zeroPoint });
  }
  return { ...graph, activations };
}

/** Kernels that were named must be ones that their nodes can run on. */
function checkKernels(graph: Graph, shapes: ReadonlyMap<string, Shape>, kernels: KernelChoices): void {
  for (const [name, kernel] of kernels) {
    const node = graph.nodes.find((node) => node.name === name);
    let able: readonly KernelChoice[] = [];
    const shared = (weight: string): KernelChoice[] =>
      kernel === 'clustered' && sharedBits(plannedValues(graph.params.get(weight) as Param))
        ? ['clustered']
        : [];
    if (node?.op === 'linear') able = [...linearKernels, ...shared(node.params.weight)];
    if (node?.op === 'conv2d') {
      const weight = graph.params.get(node.params.weight) as Param;
      const [x, y] = [shapes.get(node.inputs[0]) as Shape, shapes.get(name) as Shape];
      const geometry = convWindow(node, x, weight.shape, y);
      able = [...convKernels(geometry), ...(isShareable(geometry) ? shared(node.params.weight) : [])];
    }
    if (!able.includes(kernel)) {
      const expected =
        able.length > 0 ? able.map((k) => `'${k}'`).join(', ') : 'a convolution or linear node';
      throw new ArgumentError('compile', `kernels '${name}'`, expected, kernel);
    }
  }
}

function checkActivations(graph: Graph): void {
  for (const [name, { scale, zeroPoint }] of graph.activations ?? []) {
    if (!(scale > 0 && Number.isFinite(scale) && Number.isFinite(Math.fround(1 / scale)))) {
      throw new GraphError(
        name,
        `activation scale ${scale} must be positive, finite, with a finite reciprocal`,
      );
    }
    if (!Number.isInteger(zeroPoint) || zeroPoint < -128 || zeroPoint > 127) {
      throw new GraphError(name, `zero point ${zeroPoint} must be a whole number in [-128, 127]`);
    }
  }
}
