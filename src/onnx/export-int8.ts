/**
 * Grids of int8 as QuantizeLinear and DequantizeLinear. A value `v` with a grid is made as `v.raw`, quantized to the codes
 * `v.codes` and dequantized to `v`, which is what others read. Codes are those of the integer plan: the same scales, zero
 * points, int8 weights and int32 biases.
 */
import type { ActivationQuantization, Graph, Node, Param } from '../graph/graph.ts';
import { plannedValues, quantizedCodes } from '../graph/weights.ts';
import { layerConstants } from '../plan/int8.ts';
import { type Emitter, int } from './emitter.ts';

export class Grids {
  private readonly e: Emitter;
  private readonly graph: Graph;
  /** By value: what its readers read, if that is not the value itself. */
  private readonly readAs = new Map<string, string>();
  /** By value: the name under which its node makes it, if that is not its own. */
  private readonly raw = new Map<string, string>();
  /** By value: the grid its numbers lie on, its own or that of what it was moved from. */
  private readonly grids = new Map<string, ActivationQuantization>();

  constructor(emitter: Emitter, graph: Graph) {
    this.e = emitter;
    this.graph = graph;
  }

  /** Quantizes a graph input, if it has a grid. */
  input(name: string): void {
    const grid = this.gridOf(name);
    if (!grid) return;
    this.grids.set(name, grid);
    const real = this.e.fresh(`${name}.real`);
    this.pair(name, name, real, grid);
    this.readAs.set(name, real);
  }

  read(name: string): string {
    return this.readAs.get(name) ?? name;
  }

  /** The name for a node to write its result to; `settle` makes the value of it afterwards. */
  write(name: string): string {
    if (!this.gridOf(name)) return name;
    const raw = this.e.fresh(`${name}.raw`);
    this.raw.set(name, raw);
    return raw;
  }

  settle(name: string): void {
    const grid = this.gridOf(name);
    const raw = this.raw.get(name);
    if (grid && raw !== undefined) {
      this.grids.set(name, grid);
      this.pair(name, raw, name, grid);
      return;
    }
    const node = this.graph.nodes.find((candidate) => candidate.name === name);
    const from = node && onlyMoves(node) ? this.grids.get(node.inputs[0]) : undefined;
    if (from) this.grids.set(name, from);
  }

  /**
   * Parameters of a layer that computes on integers: its own int8 weights and int32 bias. undefined for others.
   * @throws GraphError as `layerConstants` does
   */
  layer(node: Node): Record<string, string> | undefined {
    if (node.op !== 'conv2d' && node.op !== 'linear') return undefined;
    const weight = this.graph.params.get(node.params.weight);
    const x = this.grids.get(node.inputs[0]);
    const y = this.gridOf(node.name);
    if (!weight?.quant || !x || !y) return undefined;
    const bias = Object.hasOwn(node.params, 'bias') ? this.graph.params.get(node.params.bias) : undefined;
    const codes = quantizedCodes(weight);
    const integers = layerConstants(node.name, codes, weight.quant.scale, bias && plannedValues(bias), x, y);
    // The step of a bias is scale of x times scale of w. A channel without weights counts its bias in other steps than its
    // weights' scale says (see layerConstants): here that scale says it.
    const scale = integers.multiplier.map((multiplier, c) => {
      const row = codes.length / integers.multiplier.length;
      const empty = codes.subarray(c * row, (c + 1) * row).every((q) => q === 0);
      return empty ? (multiplier * Math.fround(y.scale)) / x.scale : (weight.quant?.scale[c] as number);
    });
    const params: Record<string, string> = { weight: this.weight(weight, scale) };
    if (bias) {
      const steps = scale.map((s) => s * x.scale);
      params.bias = this.dequantized(bias.name, bias.shape, integers.bias, steps);
    }
    return params;
  }

  /** int8 weights and their DequantizeLinear. @returns the name of the f32 result */
  weight(param: Param, scale: Float32Array): string {
    return this.dequantized(param.name, param.shape, quantizedCodes(param), scale);
  }

  /** A constant on a grid with a scale for each entry of axis 0, and zero points 0. */
  private dequantized(
    name: string,
    shape: readonly number[],
    codes: Int8Array | Int32Array,
    scale: Float32Array,
  ): string {
    const { e } = this;
    const zeros = codes instanceof Int8Array ? new Int8Array(scale.length) : new Int32Array(scale.length);
    return e.node(
      'DequantizeLinear',
      [
        e.constant(`${name}.codes`, shape, codes),
        e.constant(`${name}.scale`, [scale.length], scale),
        e.constant(`${name}.zero`, [scale.length], zeros),
      ],
      e.fresh(name),
      { axis: int(0) },
    );
  }

  private pair(name: string, from: string, to: string, grid: ActivationQuantization): void {
    const { e } = this;
    const scale = e.constant(`${name}.scale`, [], Float32Array.of(grid.scale));
    const zero = e.constant(`${name}.zero`, [], Int8Array.of(grid.zeroPoint));
    const codes = e.node('QuantizeLinear', [from, scale, zero], e.fresh(`${name}.codes`));
    e.node('DequantizeLinear', [codes, scale, zero], to);
  }

  /** Scales rounded to f32, as the plan has them. */
  private gridOf(name: string): ActivationQuantization | undefined {
    const grid = this.graph.activations?.get(name);
    return grid && { scale: Math.fround(grid.scale), zeroPoint: grid.zeroPoint };
  }
}

/** Whether int8 codes go through as they are, so that a result without a grid of its own has its input's. */
function onlyMoves(node: Node): boolean {
  return ['maxPool', 'flatten', 'reshape'].includes(node.op) || (node.op === 'pad' && node.attrs.value === 0);
}
