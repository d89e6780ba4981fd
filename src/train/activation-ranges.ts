/**
 * Quantization-aware training of activations: every value that the graph lists as quantized is rounded to its int8 grid
 * as it is computed, gradient straight through (Jacob et al. 2018). The grid follows the range of the data in the first
 * part of the training and then stays, so that the weights can settle on it.
 */
import type { Engine } from '../autograd/engine.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { ActivationQuantization, Graph, Node } from '../graph/graph.ts';
import { fakeQuantize } from '../ops/fake-quantize.ts';

/** Whether a node's int8 output has the scale and zero point of its input: it only moves or chooses values. */
function passesThrough(node: Node): boolean {
  return ['maxPool', 'flatten', 'reshape'].includes(node.op) || (node.op === 'pad' && node.attrs.value === 0);
}

/** Weight of the past in the moving averages of the ends of a range. */
const MEMORY = 0.99;

interface Range {
  low: number;
  high: number;
}

/** Where the grid of a value stands. */
export interface RangeState extends Range, ActivationQuantization {
  name: string;
}

/**
 * The affine int8 grid over a range. 0 is on the grid exactly (padding and pruned weights need it): the range is widened
 * to hold it and the zero point rounded to a whole step.
 */
export function affineGrid(low: number, high: number): ActivationQuantization {
  low = Math.min(low, 0);
  high = Math.max(high, 0);
  if (!(high > low)) return { scale: 1, zeroPoint: 0 };
  const scale = Math.fround((high - low) / 255);
  const zeroPoint = Math.min(127, Math.max(-128, Math.round(-128 - low / scale)));
  return { scale, zeroPoint };
}

export class ActivationRanges {
  private readonly engine: Engine;
  private readonly grids = new Map<string, ActivationQuantization>();
  private readonly ranges = new Map<string, Range>();
  /** Value whose grid another shares, for pass-through ops. */
  private readonly sources = new Map<string, string>();
  private readonly ends: Tensor;
  /** Whether ranges follow the data. */
  tracking = false;
  /** Whether a value with infinite or NaN extremes was met. Rounded to a grid it may look finite again. */
  broken = false;

  constructor(engine: Engine, graph: Graph) {
    this.engine = engine;
    this.ends = engine.longLived([2]);
    for (const [name, grid] of graph.activations ?? []) {
      this.grids.set(name, { ...grid });
      this.ranges.set(name, {
        low: (-128 - grid.zeroPoint) * grid.scale,
        high: (127 - grid.zeroPoint) * grid.scale,
      });
    }
    for (const node of graph.nodes) {
      const [source] = node.inputs;
      if (passesThrough(node) && this.grids.has(node.name) && this.grids.has(source)) {
        this.sources.set(node.name, this.sources.get(source) ?? source);
      }
    }
  }

  /** The value as the integer plan would hold it; the value itself if the graph does not list it. For `runGraph`. */
  apply(name: string, value: Tensor): Tensor {
    const range = this.ranges.get(name);
    // What a pass-through op reads is on the grid already, and so is what it makes.
    if (!range || this.sources.has(name)) return value;
    if (this.tracking) this.follow(name, range, value);
    const { scale, zeroPoint } = this.grids.get(name) as ActivationQuantization;
    return fakeQuantize(value, {
      scale: [scale],
      zeroPoint: [zeroPoint],
      qmin: -128,
      qmax: 127,
      channels: 1,
    });
  }

  /** The grids by value, or undefined if the graph is not quantized. */
  activations(): Map<string, ActivationQuantization> | undefined {
    if (this.grids.size === 0) return undefined;
    const result = new Map<string, ActivationQuantization>();
    for (const [name, grid] of this.grids) {
      const source = this.sources.get(name);
      result.set(name, { ...((source && this.grids.get(source)) || grid) });
    }
    return result;
  }

  /** All that its next steps depend on: copies. */
  state(): RangeState[] {
    return [...this.ranges].map(([name, range]) => ({
      name,
      ...range,
      ...(this.grids.get(name) as ActivationQuantization),
    }));
  }

  restore(state: readonly RangeState[]): void {
    this.broken = false;
    for (const { name, low, high, scale, zeroPoint } of state) {
      this.ranges.set(name, { low, high });
      this.grids.set(name, { scale, zeroPoint });
    }
  }

  private follow(name: string, range: Range, value: Tensor): void {
    this.engine.backend.reduce({ kind: 'minMax', x: value.ptr, y: this.ends.ptr, size: value.size });
    const [low, high] = this.ends.view();
    if (!Number.isFinite(high - low)) this.broken = true;
    range.low = MEMORY * range.low + (1 - MEMORY) * low;
    range.high = MEMORY * range.high + (1 - MEMORY) * high;
    this.grids.set(name, affineGrid(range.low, range.high));
  }
}
