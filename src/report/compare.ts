/** Two model files side by side: structure, every tensor's size and how far its values moved, lineage, bytes. */
import { alignedTable, grouped, printable } from '../core/plain.ts';
import { formatShape, type Shape, sameShape } from '../core/shape.ts';
import { decode } from '../format/index.ts';
import type { Graph, Param } from '../graph/graph.ts';
import { inspectJson, kindText, lineageLines, type TensorReport } from './inspect-file.ts';

/** One tensor of either file, by name. */
export interface TensorComparison {
  name: string;
  a?: TensorReport;
  b?: TensorReport;
  /** Largest and root of the mean squared difference of the values; absent if it is not in both or shapes differ. */
  maxDifference?: number;
  rmsDifference?: number;
}

export interface Comparison {
  a: { name: string; bytes: number; headerBytes: number; activationBytes: number };
  b: { name: string; bytes: number; headerBytes: number; activationBytes: number };
  /** Whether inputs, outputs and layers with their attributes are one. Shapes of parameters are `tensors`' matter. */
  sameStructure: boolean;
  /** In words, a line a difference. */
  structure: string[];
  tensors: TensorComparison[];
  /** Lines of lineage that both begin with, and where they part. */
  lineage: { common: string[]; a: string[]; b: string[] };
}

/** @throws FormatError, GraphError if one of them is no model file */
export function compareJson(a: Uint8Array, b: Uint8Array): Comparison {
  const graphs = { a: decode(a), b: decode(b) };
  const reports = { a: inspectJson(a), b: inspectJson(b) };
  const structure = structureDifferences(graphs.a, graphs.b);
  const right = new Map(reports.b.tensors.map((tensor) => [tensor.name, tensor]));
  const left = new Set(reports.a.tensors.map(({ name }) => name));
  const tensors: TensorComparison[] = reports.a.tensors.map((tensor) => {
    const { name } = tensor;
    const other = right.get(name);
    if (!other) return { name, a: tensor };
    const distance = distances(graphs.a.params.get(name) as Param, graphs.b.params.get(name) as Param);
    return { name, a: tensor, b: other, ...distance };
  });
  for (const tensor of reports.b.tensors) {
    if (!left.has(tensor.name)) tensors.push({ name: tensor.name, b: tensor });
  }
  const lines = [lineageLines(reports.a.meta.lineage), lineageLines(reports.b.meta.lineage)] as const;
  let shared = 0;
  while (shared < lines[0].length && lines[0][shared] === lines[1][shared]) shared += 1;
  const head = ({ name, bytes, headerBytes, activationBytes }: Comparison['a']): Comparison['a'] => ({
    name,
    bytes,
    headerBytes,
    activationBytes,
  });
  return {
    a: head(reports.a),
    b: head(reports.b),
    sameStructure: structure.length === 0,
    structure,
    tensors,
    lineage: {
      common: lines[0].slice(0, shared),
      a: lines[0].slice(shared),
      b: lines[1].slice(shared),
    },
  };
}

function distances(a: Param, b: Param): { maxDifference?: number; rmsDifference?: number } {
  if (!sameShape(a.shape, b.shape)) return {};
  let most = 0;
  let squares = 0;
  for (let i = 0; i < a.values.length; i++) {
    const difference = Math.abs(a.values[i] - b.values[i]);
    most = Math.max(most, difference);
    squares += difference * difference;
  }
  return { maxDifference: most, rmsDifference: Math.sqrt(squares / a.values.length) };
}

/**
 * The same as text, the files called A and B.
 * @throws as `compareJson`
 */
export function compareText(a: Uint8Array, b: Uint8Array): string {
  const report = compareJson(a, b);
  const { lineage } = report;
  const structure = report.sameStructure
    ? ['structure: the same']
    : ['structure: different', ...report.structure.map((line) => `  ${line}`)];
  const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
  const parted = lineage.a.length + lineage.b.length > 0;
  const origin = [
    parted ? 'lineage, both' : 'lineage: the same',
    ...indent(lineage.common),
    ...(parted ? ['lineage, A only', ...indent(lineage.a), 'lineage, B only', ...indent(lineage.b)] : []),
  ];
  return [
    [`A: ${printable(report.a.name)}`, `B: ${printable(report.b.name)}`].join('\n'),
    structure.join('\n'),
    tensorsText(report).join('\n'),
    origin.join('\n'),
  ].join('\n\n');
}

function tensorsText({ a, b, tensors }: Comparison): string[] {
  const heading = 'tensor|shape A|shape B|kind A|kind B|zeros A|zeros B|bytes A|bytes B|max diff.|rms diff.';
  const rows = [heading.split('|')];
  const shape = (tensor?: TensorReport): string => (tensor ? formatShape(tensor.shape as Shape) : '-');
  const kind = (tensor?: TensorReport): string =>
    tensor ? `${kindText(tensor)}${tensor.k === undefined ? '' : ` k=${tensor.k}`}` : '-';
  const count = (n?: number): string => (n === undefined ? '-' : grouped(n));
  const small = (n?: number): string => (n === undefined ? '-' : n === 0 ? '0' : n.toPrecision(3));
  for (const t of tensors) {
    rows.push([
      printable(t.name),
      ...[shape(t.a), shape(t.b), kind(t.a), kind(t.b)],
      ...[count(t.a?.zeros), count(t.b?.zeros), count(t.a?.bytes), count(t.b?.bytes)],
      ...[small(t.maxDifference), small(t.rmsDifference)],
    ]);
  }
  const bytes = (name: string, left: number, right: number): void => {
    rows.push([name, '', '', '', '', '', '', grouped(left), grouped(right), '', '']);
  };
  bytes('header', a.headerBytes, b.headerBytes);
  bytes('activations', a.activationBytes, b.activationBytes);
  bytes('file', a.bytes, b.bytes);
  return alignedTable(rows, 5);
}

/** The lines in which two graphs' structures differ, none if they are one. */
function structureDifferences(a: Graph, b: Graph): string[] {
  const lines: string[] = [];
  const differ = (what: string, x: unknown, y: unknown): void => {
    const [left, right] = [JSON.stringify(x), JSON.stringify(y)];
    if (left !== right) lines.push(printable(`${what}: ${left} in A, ${right} in B`));
  };
  differ('inputs', a.inputs, b.inputs);
  differ('outputs', a.outputs, b.outputs);
  const right = new Map(b.nodes.map((node) => [node.name, node]));
  for (const node of a.nodes) {
    const other = right.get(node.name);
    if (!other) lines.push(printable(`${node.name} (${node.op}): in A only`));
    else {
      differ(`${node.name} op`, node.op, other.op);
      differ(`${node.name} attributes`, sorted(node.attrs), sorted(other.attrs));
      differ(`${node.name} inputs`, node.inputs, other.inputs);
      differ(`${node.name} parameters`, sorted(node.params), sorted(other.params));
    }
  }
  const left = new Set(a.nodes.map((node) => node.name));
  for (const node of b.nodes) {
    if (!left.has(node.name)) lines.push(printable(`${node.name} (${node.op}): in B only`));
  }
  return lines;
}

function sorted(record: object): [string, unknown][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
