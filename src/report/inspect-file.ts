/** What a model file holds, for people and for programs: `paring inspect` prints this. Comparing two: compare.ts. */
import { alignedTable, grouped, printable } from '../core/plain.ts';
import { formatShape, type Shape } from '../core/shape.ts';
import { decode, inspect, type TensorInfo } from '../format/index.ts';
import type { Graph, Lineage, Metadata, Param } from '../graph/graph.ts';
import { costs, inferShapes, totals } from '../graph/infer.ts';
import { zeroPattern } from '../graph/pattern.ts';
import { summary } from '../graph/summary.ts';

/** One tensor of a file. */
export interface TensorReport extends TensorInfo {
  /** Elements that are exactly 0. */
  zeros: number;
  /** Shared values, if it has a codebook. */
  k?: number;
  /** Whether a mask keeps its zeros. */
  pruned: boolean;
  /** What its zeros have in common: `4x1 blocks`, `1:4`, `2:4`; absent if they are scattered. */
  pattern?: string;
  /** Whether it is int8 (values of a codebook included). */
  quantized: boolean;
}

export interface Inspection {
  name: string;
  bytes: number;
  headerBytes: number;
  activationBytes: number;
  inputs: { name: string; shape: Shape }[];
  outputs: { name: string; shape: Shape }[];
  layers: {
    name: string;
    op: string;
    output: Shape;
    parameters: number;
    nonzero: number;
    macs: number;
    effectiveMacs: number;
  }[];
  totals: ReturnType<typeof totals>;
  tensors: TensorReport[];
  /** Integer grids of values: real = (q - zeroPoint) * scale, q from -128 to 127. */
  activations: { value: string; scale: number; zeroPoint: number; low: number; high: number }[];
  meta: Metadata;
}

/** @throws FormatError, GraphError if the bytes are no model file */
export function inspectJson(bytes: Uint8Array): Inspection {
  const graph = decode(bytes);
  const info = inspect(bytes);
  const shapes = inferShapes(graph, 1);
  return {
    name: graph.name,
    bytes: info.bytes,
    headerBytes: info.headerBytes,
    activationBytes: info.activationBytes,
    inputs: graph.inputs.map(({ name, shape }) => ({ name, shape })),
    outputs: graph.outputs.map((name) => ({ name, shape: (shapes.get(name) as Shape).slice(1) })),
    layers: costs(graph).map(({ node, shape, parameters, nonzero, macs, effectiveMacs }) => ({
      name: node.name,
      op: node.op,
      output: shape.slice(1),
      parameters,
      nonzero,
      macs,
      effectiveMacs,
    })),
    totals: totals(graph),
    tensors: info.tensors.map((tensor) => tensorReport(tensor, graph)),
    activations: [...(graph.activations ?? [])].map(([value, { scale, zeroPoint }]) => ({
      value,
      scale,
      zeroPoint,
      low: (-128 - zeroPoint) * scale,
      high: (127 - zeroPoint) * scale,
    })),
    meta: graph.meta,
  };
}

function tensorReport(tensor: TensorInfo, graph: Graph): TensorReport {
  const param = graph.params.get(tensor.name) as Param;
  const pattern = zeroPattern(graph, param);
  return {
    ...tensor,
    zeros: zerosOf(param),
    ...(param.codebook ? { k: param.codebook.centroids.length } : {}),
    pruned: param.mask !== undefined,
    ...(pattern ? { pattern } : {}),
    quantized: param.quant !== undefined,
  };
}

/** Elements that are exactly 0. */
export function zerosOf({ values }: Param): number {
  return values.reduce((count, v) => count + (v === 0 ? 1 : 0), 0);
}

/**
 * The same as text: layers, what goes in and comes out, where the bytes went, integer grids, lineage.
 * @throws as `inspectJson`
 */
export function inspectText(bytes: Uint8Array): string {
  const report = inspectJson(bytes);
  const sections = [
    summary(decode(bytes)),
    meaningText(report),
    tensorsText(report),
    activationsText(report),
    ['lineage', ...lineageLines(report.meta.lineage).map((line) => `  ${line}`)].join('\n'),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function meaningText({ inputs, outputs, meta }: Inspection): string {
  const { input, classes, output } = meta;
  const shaped = (values: readonly { name: string; shape: Shape }[]): string =>
    values.map(({ name, shape }) => `${printable(name)} ${formatShape(shape)}`).join(', ');
  const lines = [`input    ${shaped(inputs)}`];
  if (input) {
    const [low, high] = input.range;
    lines.push(
      `         ${input.channels}, pixels ${low} to ${high}, mean ${input.mean.join(' ')}, deviation ${input.deviation.join(' ')}`,
    );
  }
  lines.push(`output   ${shaped(outputs)}${output ? ` (${output})` : ''}`);
  if (classes) lines.push(`classes  ${classes.length}: ${classes.map(printable).join(', ')}`);
  return lines.join('\n');
}

function tensorsText({ bytes, headerBytes, activationBytes, tensors }: Inspection): string {
  const rows = [['tensor', 'shape', 'kind', 'coding', 'k', 'elements', 'zeros', 'bytes', 'bits/weight']];
  for (const tensor of tensors) {
    const size = tensor.shape.reduce((product, extent) => product * extent, 1);
    rows.push([
      printable(tensor.name),
      formatShape(tensor.shape),
      kindText(tensor),
      tensor.coding,
      tensor.k === undefined ? '' : String(tensor.k),
      grouped(size),
      grouped(tensor.zeros),
      grouped(tensor.bytes),
      tensor.bitsPerWeight.toFixed(2),
    ]);
  }
  const blank = ['', '', '', '', '', ''];
  rows.push(['header', ...blank, grouped(headerBytes), '']);
  rows.push(['activations', ...blank, grouped(activationBytes), '']);
  rows.push(['file', ...blank, grouped(bytes), '']);
  return alignedTable(rows, 4).join('\n');
}

/** `codebook int8 pruned (4x1 blocks)`: what compression made of a tensor. */
export function kindText({
  kind,
  pruned,
  pattern,
  quantized,
}: Pick<TensorReport, 'kind' | 'pruned' | 'pattern' | 'quantized'>): string {
  const how = pattern ? `pruned (${pattern})` : 'pruned';
  return [kind, ...(quantized && kind !== 'int8' ? ['int8'] : []), ...(pruned ? [how] : [])].join(' ');
}

function activationsText({ activations }: Inspection): string {
  if (activations.length === 0) return '';
  const rows = [['int8 value', 'scale', 'zero point', 'from', 'to']];
  for (const { value, scale, zeroPoint, low, high } of activations) {
    rows.push([
      printable(value),
      scale.toPrecision(6),
      String(zeroPoint),
      low.toPrecision(4),
      high.toPrecision(4),
    ]);
  }
  return alignedTable(rows, 1).join('\n');
}

/** Where a model comes from: who made it, then a line a step. */
export function lineageLines(lineage: Lineage | undefined): string[] {
  if (!lineage) return ['none: the file does not say'];
  const { tool, numerics, seed, data, steps } = lineage;
  return [
    `${printable(tool)}, numerics ${numerics}, seed ${seed}${data ? `, data ${printable(data)}` : ''}`,
    ...steps.map(({ step, options }, i) => {
      const said = optionsText(options);
      return `${i + 1}. ${printable(step)}${said === '' ? '' : `: ${said}`}`;
    }),
  ];
}

/** `sparsity 0.9, optimizer (kind sgd, lr 0.1)` */
function optionsText(options: Readonly<Record<string, unknown>>): string {
  return Object.entries(options)
    .map(([key, value]) => `${printable(key)} ${valueText(value)}`)
    .join(', ');
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `(${optionsText(value as Record<string, unknown>)})`;
  return printable(String(value));
}
