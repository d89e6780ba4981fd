/**
 * The parameters of a graph while it is trained, and what compression has decided about them:
 *
 *   plain       leaf = w
 *   mask        leaf = w; gradient and value are set to exactly 0 where pruned
 *   codebook    leaf = the k centroids; w = centroids[indices], 0 where pruned; their gradient is the sum over members
 *   quant       on top of any of these: w' = fakeQuantize(w), gradient straight through
 *
 * All of it lives in the backend's heap until `writeBack` makes a graph of it.
 */
import type { Engine } from '../autograd/engine.ts';
import type { Tensor } from '../autograd/tensor.ts';
import { ArgumentError, GraphError } from '../core/errors.ts';
import { cloneGraph, type Graph, type Param } from '../graph/graph.ts';
import { fakeQuantize } from '../ops/fake-quantize.ts';
import { gatherCentroids } from '../ops/gather-centroids.ts';

interface Slot {
  readonly param: Param;
  /** What the optimizer moves: the values, or the centroids. */
  readonly leaf: Tensor;
  mask: Tensor | null;
  readonly indices: Tensor | null;
  /** f32 scale and i32 zero point (0) by output channel. */
  readonly scale: Tensor | null;
  readonly zeroPoint: Tensor | null;
  /** What the graph computes with in the step that runs. */
  effective: Tensor | null;
}

/** One parameter's part of a checkpoint. Scales of int8 weights follow from the leaf, anew in each step. */
export interface ParameterState {
  name: string;
  leaf: Float32Array;
  mask?: Uint8Array;
  indices?: Uint8Array;
}

export interface ParameterSetOptions {
  /** Whether the scales of quantized weights follow the largest weight (training), or stay as stored (evaluating). */
  trackScales: boolean;
}

/** Largest int8 weight: the range is symmetric. */
const QMAX = 127;

export class ParameterSet {
  readonly engine: Engine;
  private readonly graph: Graph;
  private readonly slots = new Map<string, Slot>();
  private readonly trackScales: boolean;
  /** Names of the weights of conv2d and linear, and how many elements of each are pruned. */
  private readonly pruned = new Map<string, number>();

  /** Copies the parameters of `graph` into the engine's heap; the graph itself is not touched. */
  constructor(engine: Engine, graph: Graph, options: ParameterSetOptions = { trackScales: true }) {
    this.engine = engine;
    this.graph = cloneGraph(graph);
    this.trackScales = options.trackScales;
    for (const param of this.graph.params.values()) this.slots.set(param.name, this.makeSlot(param));
    for (const { op, params } of this.graph.nodes) {
      if (op === 'conv2d' || op === 'linear') this.pruned.set(params.weight, this.countPruned(params.weight));
    }
    this.constrainValues();
  }

  /** Leaves that an optimizer may move, in the order of the graph's parameters. */
  trainable(): Tensor[] {
    return [...this.slots.values()].filter((slot) => slot.leaf.requiresGrad).map((slot) => slot.leaf);
  }

  /** Share of pruned weights among those of conv2d and linear, 0 to 1. */
  get sparsity(): number {
    let gone = 0;
    let all = 0;
    for (const [name, count] of this.pruned) {
      gone += count;
      all += this.slot(name).param.values.length;
    }
    return all === 0 ? 0 : gone / all;
  }

  /** Every leaf with its parameter's name, in the order of the graph's parameters. */
  named(): [string, Tensor][] {
    return [...this.slots].map(([name, slot]) => [name, slot.leaf]);
  }

  /** Every leaf, running statistics included. */
  leaves(): Tensor[] {
    return [...this.slots.values()].map((slot) => slot.leaf);
  }

  /** Leaves on which weight decay does not act as a rule: biases, and the scale and shift of batch norm. */
  withoutDecay(): Set<Tensor> {
    const leaves = new Set<Tensor>();
    for (const node of this.graph.nodes) {
      for (const [role, name] of Object.entries(node.params)) {
        if (role !== 'weight') leaves.add(this.slot(name).leaf);
      }
    }
    return leaves;
  }

  /** To be called first in each step: what the last one derived from the leaves is gone. */
  beginStep(): void {
    for (const slot of this.slots.values()) slot.effective = null;
  }

  /** What the graph computes with, derived once a step: for `runGraph`. */
  get(name: string): Tensor {
    const slot = this.slot(name);
    slot.effective ??= this.derive(slot);
    return slot.effective;
  }

  /** After backward: the gradients of pruned weights are exactly 0, so momentum never moves them. */
  constrainGradients(): void {
    const { backend } = this.engine;
    for (const { mask, indices, leaf } of this.slots.values()) {
      // A codebook's gradient has left its pruned members out already.
      if (mask && !indices && leaf.grad) {
        backend.applyMask({ x: leaf.grad.ptr, mask: mask.ptr, size: leaf.size });
      }
    }
  }

  /** After the optimizer, or a change of masks: pruned weights are exactly 0. */
  constrainValues(): void {
    const { backend } = this.engine;
    for (const { mask, indices, leaf } of this.slots.values()) {
      if (mask && !indices) backend.applyMask({ x: leaf.ptr, mask: mask.ptr, size: leaf.size });
    }
  }

  /** A copy of a parameter's f32 values, mask and codebook obeyed, not quantized. */
  values(name: string): Float32Array {
    const { leaf, indices, mask } = this.slot(name);
    const values = leaf.toArray() as Float32Array;
    if (!indices) return values;
    const kept = mask?.view();
    const of = indices.view();
    return Float32Array.from(of, (index, i) => (kept && kept[i] === 0 ? 0 : values[index]));
  }

  /** A copy of the gradient of the leaf (of the centroids, where there is a codebook); null before the first. */
  gradient(name: string): Float32Array | null {
    return (this.slot(name).leaf.grad?.toArray() as Float32Array | undefined) ?? null;
  }

  /** The mask of a parameter, or null: a copy. */
  mask(name: string): Uint8Array | null {
    return (this.slot(name).mask?.toArray() as Uint8Array | undefined) ?? null;
  }

  /**
   * Prunes, or takes pruned weights back (they start at 0).
   * @param mask 0 or 1 for each element
   * @throws ArgumentError if it has another length
   */
  setMask(name: string, mask: Uint8Array): void {
    const slot = this.slot(name);
    const size = slot.param.values.length;
    if (mask.length !== size)
      throw new ArgumentError('setMask', name, `a mask of ${size} elements`, mask.length);
    slot.mask ??= this.engine.longLived(slot.param.shape, 'u8');
    slot.mask.set(mask);
    if (this.pruned.has(name)) this.pruned.set(name, this.countPruned(name));
    this.constrainValues();
  }

  /** The trained graph: values, masks, codebooks and scales as they are now. */
  writeBack(): Graph {
    const result = cloneGraph(this.graph);
    for (const [name, slot] of this.slots) {
      const param = result.params.get(name) as Param;
      param.values = this.values(name);
      if (slot.mask) param.mask = slot.mask.toArray() as Uint8Array;
      if (param.codebook) param.codebook.centroids = slot.leaf.toArray() as Float32Array;
      if (param.quant && this.trackScales) param.quant.scale = weightScales(param.values, param.shape[0]);
    }
    return result;
  }

  /** All that training has changed: copies. */
  state(): ParameterState[] {
    return [...this.slots].map(([name, { leaf, mask, indices }]) => ({
      name,
      leaf: leaf.toArray() as Float32Array,
      mask: mask?.toArray() as Uint8Array | undefined,
      indices: indices?.toArray() as Uint8Array | undefined,
    }));
  }

  /**
   * Goes on where a set of the same structure stood.
   * @throws GraphError, ShapeError if it had another
   */
  restore(state: readonly ParameterState[]): void {
    for (const { name, leaf, mask, indices } of state) {
      const slot = this.slot(name);
      slot.leaf.set(leaf);
      if (indices && slot.param.codebook) {
        slot.indices?.set(indices);
        slot.param.codebook.indices = indices.slice();
      }
      slot.mask = null;
      if (mask) this.setMask(name, mask);
      else if (this.pruned.has(name)) this.pruned.set(name, 0);
    }
  }

  private countPruned(name: string): number {
    const mask = this.slot(name).mask?.view();
    let gone = 0;
    if (mask) for (let i = 0; i < mask.length; i++) if (mask[i] === 0) gone += 1;
    return gone;
  }

  private makeSlot(param: Param): Slot {
    const { engine } = this;
    const held = (values: Uint8Array): Tensor => engine.longLived(param.shape, 'u8').set(values);
    const options = { trainable: param.trainable };
    const leaf = param.codebook
      ? engine.parameter([param.codebook.centroids.length], param.codebook.centroids, options)
      : engine.parameter(param.shape, param.values, options);
    const channels = param.shape[0];
    return {
      param,
      leaf,
      mask: param.mask ? held(param.mask) : null,
      indices: param.codebook ? held(param.codebook.indices) : null,
      scale: param.quant ? engine.longLived([channels]).set(param.quant.scale) : null,
      zeroPoint: param.quant ? engine.longLived([channels], 'i32').set(new Int32Array(channels)) : null,
      effective: null,
    };
  }

  private derive(slot: Slot): Tensor {
    const { param, leaf, indices, mask, scale, zeroPoint } = slot;
    const w = indices ? gatherCentroids(leaf, indices, mask, param.shape) : leaf;
    if (!scale || !zeroPoint) return w;
    if (this.trackScales) this.updateScales(w, scale);
    return fakeQuantize(w, { scale, zeroPoint, qmin: -QMAX, qmax: QMAX, channels: scale.size });
  }

  /** scale[c] = max|w[c]| / 127, by the reduction kernel. */
  private updateScales(w: Tensor, scale: Tensor): void {
    const { backend } = this.engine;
    const size = w.size / scale.size;
    for (let c = 0; c < scale.size; c++) {
      backend.reduce({ kind: 'maxAbs', x: w.ptr + 4 * c * size, y: scale.ptr + 4 * c, size });
    }
    const scales = scale.view() as Float32Array;
    for (let c = 0; c < scales.length; c++) scales[c] = scaleOf(scales[c]);
  }

  private slot(name: string): Slot {
    const slot = this.slots.get(name);
    if (!slot) throw new GraphError(this.graph.name, `has no parameter '${name}'`);
    return slot;
  }
}

/** A channel of zeros has any scale; 1 it is. */
function scaleOf(maxAbs: number): number {
  return maxAbs > 0 ? maxAbs / QMAX : 1;
}

/** Symmetric int8 scales: max|w| / 127 over each slice of axis 0. */
export function weightScales(values: Float32Array, channels: number): Float32Array {
  const size = values.length / channels;
  return Float32Array.from({ length: channels }, (_, c) => {
    let max = 0;
    for (let i = c * size; i < (c + 1) * size; i++) max = Math.max(max, Math.abs(values[i]));
    return scaleOf(max);
  });
}
