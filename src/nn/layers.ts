/** What each layer can be told, as rules: the builder, lists of layers and models in JSON all check by them. */
import { fields, flag, listOf, number, oneOf, positive, type Rule, whole } from '../core/rules.ts';
import { MOST_ELEMENTS } from '../core/shape.ts';

/** Larger than any window; the file format has the same limit. */
const LARGEST = 1 << 16;

const pair = anyOf(
  'a whole number >= 1 or [vertical, horizontal]',
  whole(1, LARGEST),
  several(whole(1, LARGEST), 2),
);
const padding = anyOf(
  'a whole number >= 0, [v, h] or [top, left, bottom, right]',
  whole(0, LARGEST),
  several(whole(0, LARGEST), 2, 4),
);

const window = { kernel: pair, stride: pair, padding };
const weights = { out: whole(1, MOST_ELEMENTS), bias: flag, init: oneOf('he', 'glorot', 'zeros') };
const convolution = { ...weights, ...window, dilation: pair, groups: whole(1, LARGEST) };
const { out: _out, groups: _groups, ...depthwise } = convolution;
const k = whole(2, 256);
const nothing = {};

/** Options of each layer, by the builder's method. */
export const layerOptions = {
  conv2d: { rules: convolution, required: ['out', 'kernel'] },
  sharedConv2d: { rules: { ...convolution, k }, required: ['out', 'kernel', 'k'] },
  depthwiseConv2d: { rules: depthwise, required: ['kernel'] },
  linear: { rules: weights, required: ['out'] },
  sharedLinear: { rules: { ...weights, k }, required: ['out', 'k'] },
  batchNorm: { rules: { eps: positive, momentum: number(0, 1) }, required: [] },
  relu: { rules: nothing, required: [] },
  relu6: { rules: nothing, required: [] },
  leakyRelu: { rules: { slope: number(-1e6, 1e6) }, required: [] },
  sigmoid: { rules: nothing, required: [] },
  tanh: { rules: nothing, required: [] },
  hardSwish: { rules: nothing, required: [] },
  softmax: { rules: nothing, required: [] },
  maxPool: { rules: window, required: ['kernel'] },
  avgPool: { rules: { ...window, countIncludePad: flag }, required: ['kernel'] },
  globalAvgPool: { rules: nothing, required: [] },
  add: { rules: nothing, required: [] },
  mul: { rules: nothing, required: [] },
  concat: { rules: nothing, required: [] },
  pad: { rules: { padding, value: number(-1e30, 1e30) }, required: ['padding'] },
  flatten: { rules: nothing, required: [] },
} as const satisfies Record<string, { rules: Readonly<Record<string, Rule>>; required: readonly string[] }>;

export type LayerOp = keyof typeof layerOptions;

export const layerOps = Object.keys(layerOptions) as LayerOp[];

/** Layers that read several values. */
export const joins: ReadonlySet<string> = new Set<LayerOp>(['add', 'mul', 'concat']);

/** The rule for a layer's options, made once. */
export const layerRules = Object.fromEntries(
  layerOps.map((op) => [op, fields(layerOptions[op].rules, layerOptions[op].required)]),
) as Readonly<Record<LayerOp, Rule>>;

/** The first rule that takes the value; if none does, one expectation for all. */
function anyOf(expected: string, ...rules: readonly Rule[]): Rule {
  return (value, path) =>
    rules.some((rule) => rule(value, path) === null) ? null : { path, expected, got: value };
}

/** A list of as many entries as one of `counts`. */
function several(item: Rule, ...counts: readonly number[]): Rule {
  const list = listOf(item);
  return (value, path) =>
    list(value, path) ??
    (counts.includes((value as unknown[]).length)
      ? null
      : { path, expected: `${counts.join(' or ')} entries`, got: value });
}
