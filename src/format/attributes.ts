/** The attributes of each op in the header: what they are, and the value that goes without saying. */
import { GraphError } from '../core/errors.ts';
import { MOST_ELEMENTS } from '../core/shape.ts';
import type { Node, OpName } from '../graph/graph.ts';
import type { Check } from './check.ts';

type Kind =
  | 'window'
  | 'padding'
  | 'count'
  | 'whole'
  | 'wholes'
  | 'number'
  | 'boolean'
  | 'activation'
  | 'arithmetic';

/** Kind and default; an attribute without default must be there, unless it is optional. */
type Field = readonly [kind: Kind, fallback?: unknown];

/** The default of an attribute that may be absent. */
const optional = Symbol('optional');

/** Larger than any window, small enough that sums of extents stay exact. */
const LARGEST = 1 << 16;

const none = [0, 0, 0, 0] as const;
const fields: { readonly [K in OpName]: Readonly<Record<string, Field>> } = {
  conv2d: {
    stride: ['window', [1, 1]],
    padding: ['padding', none],
    dilation: ['window', [1, 1]],
    groups: ['count', 1],
    activation: ['activation', optional],
  },
  linear: { activation: ['activation', optional] },
  batchNorm: { eps: ['number'], momentum: ['number'] },
  relu: {},
  relu6: {},
  leakyRelu: { slope: ['number'] },
  sigmoid: {},
  tanh: {},
  hardSwish: {},
  clip: { lo: ['number', optional], hi: ['number', optional] },
  hardSigmoid: { alpha: ['number'], beta: ['number'] },
  round: {},
  maxPool: {
    kernel: ['window'],
    stride: ['window'],
    padding: ['padding', none],
    dilation: ['window', optional],
  },
  avgPool: {
    kernel: ['window'],
    stride: ['window'],
    padding: ['padding', none],
    countIncludePad: ['boolean', false],
  },
  globalAvgPool: {},
  add: { activation: ['activation', optional] },
  mul: {},
  binary: { kind: ['arithmetic'], swap: ['boolean', optional] },
  matmul: {},
  concat: { axis: ['whole', optional] },
  pad: { padding: ['padding'], value: ['number', 0] },
  flatten: {},
  reshape: { shape: ['wholes'] },
  transpose: { perm: ['wholes'] },
  slice: { axis: ['whole'], start: ['whole'], count: ['whole'], step: ['whole'] },
  gather: { axis: ['whole'], indices: ['wholes'] },
  reduceMean: { axes: ['wholes'], keepDims: ['boolean'] },
  softmax: {},
};

export const opNames = Object.keys(fields) as OpName[];

/** The attributes that differ from their default. */
export function saidAttributes(node: Node): Record<string, unknown> {
  const said: Record<string, unknown> = {};
  const attrs = node.attrs as Record<string, unknown>;
  for (const key of Object.keys(attrs)) {
    if (attrs[key] !== undefined && !Object.hasOwn(fields[node.op], key)) {
      throw new GraphError(node.name, `the file format knows no attribute '${key}' of ${node.op}`);
    }
  }
  for (const [key, [, fallback]] of Object.entries(fields[node.op])) {
    const value = attrs[key];
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(fallback)) said[key] = value;
  }
  return said;
}

/** All attributes of an op, checked, defaults filled in. */
export function readAttributes(check: Check, op: OpName, said: Record<string, unknown>): Node['attrs'] {
  for (const key of Object.keys(said)) {
    if (!Object.hasOwn(fields[op], key)) check.fail(`attributes of ${op}`, 'known ones', key);
  }
  const attrs: Record<string, unknown> = {};
  for (const [key, [kind, fallback]] of Object.entries(fields[op])) {
    const value = check.field(said, key) ?? fallback;
    const what = `${op}.${key}`;
    if (value === optional) continue;
    attrs[key] = readers[kind](check, value, what);
  }
  return attrs as Node['attrs'];
}

const readers: Record<Kind, (check: Check, value: unknown, what: string) => unknown> = {
  window: (check, value, what) => numbers(check, value, what, 2, 1),
  padding: (check, value, what) => numbers(check, value, what, 4, 0),
  count: (check, value, what) => check.whole(value, what, 1, LARGEST),
  whole: (check, value, what) => check.whole(value, what, -MOST_ELEMENTS, MOST_ELEMENTS),
  wholes: (check, value, what) =>
    check.list(value, what).map((entry) => check.whole(entry, what, -MOST_ELEMENTS, MOST_ELEMENTS)),
  number: (check, value, what) => check.finite(value, what),
  boolean: (check, value, what) =>
    typeof value === 'boolean' ? value : check.fail(what, 'true or false', value),
  activation: (check, value, what) => check.oneOf(value, ['relu', 'relu6'], what),
  arithmetic: (check, value, what) => check.oneOf(value, ['add', 'sub', 'mul', 'div'], what),
};

function numbers(check: Check, value: unknown, what: string, count: number, least: number): number[] {
  const list = check.list(value, what);
  if (list.length !== count) check.fail(what, `${count} numbers`, list);
  return list.map((entry) => check.whole(entry, what, least, LARGEST));
}
