/**
 * Folding: the operators of the CNN set on constants. What exporters write of shapes (Shape, Gather, Concat, Cast and the rest)
 * and of weights that come packed (DequantizeLinear, Transpose) is computed here, once, at import.
 */
import { MOST_ELEMENTS, type Shape, sizeOf } from '../core/shape.ts';
import { broadcastShape, broadcastStrides, stridesOf } from '../core/strides.ts';
import { roundHalfEven } from '../graph/weights.ts';
import { type NodeView, wholeAxis } from './node.ts';
import {
  borders,
  cuts,
  flattened,
  permutation,
  reshaped,
  shownPositions,
  squeezed,
  unsqueezed,
} from './shapes.ts';
import { type Constant, constant, constantOf, elementType, isFloat, numbersFor } from './tensor.ts';

/** A node on constants; an input that is left out is undefined. */
type Fold = (node: NodeView, inputs: readonly (Constant | undefined)[]) => Constant;

/**
 * What a node makes of constants; undefined if the operator is not one that is folded.
 * @throws OnnxError if the inputs do not fit
 */
export function fold(node: NodeView, inputs: readonly (Constant | undefined)[]): Constant | undefined {
  if (!Object.hasOwn(folds, node.op)) return undefined;
  return folds[node.op](node, inputs);
}

/** Whole numbers of an input, or of the attribute it was in older operator sets. */
export function wholes(
  node: NodeView,
  input: Constant | undefined,
  attribute: string,
): readonly number[] | undefined {
  return input ? Array.from(input.data) : node.ints(attribute);
}

function given(node: NodeView, input: Constant | undefined, place: number): Constant {
  return input ?? node.fail(`input ${place} is missing`);
}

function bounded(node: NodeView, shape: Shape): Shape {
  if (sizeOf(shape) > MOST_ELEMENTS) node.fail(`a constant of [${shape}] is too large`);
  return shape;
}

/** The elements of `x` at positions that a walk over `shape` with these strides visits. */
function pick(x: Constant, shape: Shape, strides: readonly number[], offset = 0): Constant {
  const size = sizeOf(shape);
  const data = x.type === 'string' ? new Float32Array(0) : numbersFor(x.type, size);
  const text: string[] = [];
  const index = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < size; i++) {
    if (x.text) text.push(x.text[at]);
    else data[i] = x.data[at];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] += 1;
      at += strides[axis];
      if (index[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return x.text ? { type: x.type, shape, data, text } : { type: x.type, shape, data };
}

function elementwise(f: (v: number, node: NodeView) => number): Fold {
  return (node, [x]) => {
    const { type, shape, data } = given(node, x, 0);
    return constant(
      type,
      shape,
      data.map((v) => f(v, node)),
    );
  };
}

function arithmetic(f: (a: number, b: number, whole: boolean) => number): Fold {
  return (node, inputs) => {
    const a = given(node, inputs[0], 0);
    const b = given(node, inputs[1], 1);
    const shape = broadcastShape(a.shape, b.shape) ?? node.fail(`[${a.shape}] and [${b.shape}] do not fit`);
    bounded(node, shape);
    const left = pick(a, shape, broadcastStrides(a.shape, shape)).data;
    const right = pick(b, shape, broadcastStrides(b.shape, shape)).data;
    const whole = !isFloat(a.type);
    return constant(
      a.type,
      shape,
      Float64Array.from(left, (v, i) => f(v, right[i], whole)),
    );
  };
}

function moved(x: Constant, shape: Shape): Constant {
  return { ...x, shape, steps: undefined };
}

/** Steps and zero points of a quantization: one, or one for each position of an axis. */
function grid(node: NodeView, x: Constant, inputs: readonly (Constant | undefined)[], place: number) {
  const scale = given(node, inputs[1], 1);
  const zero = inputs[2];
  const single = scale.data.length === 1;
  const axis = single ? 0 : wholeAxis(node, place, x.shape.length);
  const inner = sizeOf(x.shape.slice(axis + 1));
  const extent = x.shape[axis] ?? 1;
  if (!single && scale.data.length !== extent) {
    node.fail(`${scale.data.length} scales for the ${extent} positions of axis ${axis}`);
  }
  const channel = (i: number): number => (single ? 0 : Math.floor(i / inner) % extent);
  const zeroAt = (c: number): number => zero?.data[zero.data.length === 1 ? 0 : c] ?? 0;
  return { scale: scale.data, axis, channel, zeroAt };
}

/** Lowest and highest code of an integer type. */
export function codeRange(node: NodeView, type: string): [number, number] {
  const bits = Number(type.replace(/\D/g, ''));
  if (!/^u?int(8|16|32)$/.test(type)) node.fail(`codes of type ${type}`);
  return type.startsWith('u') ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

/** Codes as numbers, which remember their steps if the code of 0 is 0 and none is -128: what int8 weights are. */
export function dequantized(
  node: NodeView,
  inputs: readonly (Constant | undefined)[],
  place = node.int('axis', 1),
): Constant {
  const x = given(node, inputs[0], 0);
  const { scale, axis, channel, zeroAt } = grid(node, x, inputs, place);
  // uint8 around 128 is int8 around 0.
  const shift = x.type === 'uint8' ? 128 : 0;
  let symmetric = x.type === 'int8' || x.type === 'uint8';
  const data = new Float32Array(x.data.length);
  for (let i = 0; i < data.length; i++) {
    const c = channel(i);
    const code = x.data[i] - zeroAt(c);
    if (zeroAt(c) !== shift || code === -128) symmetric = false;
    data[i] = Math.fround(code) * Math.fround(scale[c]);
  }
  const values: Constant = { type: 'float', shape: x.shape, data };
  return symmetric ? { ...values, steps: { scale, axis } } : values;
}

const folds: Readonly<Record<string, Fold>> = {
  Constant(node) {
    const tensor = node.attribute('value')?.t;
    if (tensor) return constantOf(tensor, node.name);
    for (const [name, type] of [
      ['value_float', 'float'],
      ['value_int', 'int64'],
    ] as const) {
      const attribute = node.attribute(name);
      if (attribute) return constant(type, [], [(type === 'float' ? attribute.f : attribute.i) ?? 0]);
    }
    for (const [name, type] of [
      ['value_floats', 'float'],
      ['value_ints', 'int64'],
    ] as const) {
      const attribute = node.attribute(name);
      const list = type === 'float' ? attribute?.floats : attribute?.ints;
      if (attribute) return constant(type, [list?.length ?? 0], list ?? []);
    }
    return node.fail('it has no value that is a tensor or numbers');
  },
  ConstantOfShape(node, [shape]) {
    const extents = bounded(node, Array.from(given(node, shape, 0).data));
    if (!extents.every((extent) => Number.isSafeInteger(extent) && extent >= 0))
      node.fail(`shape [${extents}]`);
    const tensor = node.attribute('value')?.t;
    const value = tensor ? constantOf(tensor, node.name) : constant('float', [1], [0]);
    return constant(value.type, extents, numbersFor(value.type, sizeOf(extents)).fill(value.data[0]));
  },
  Identity: (node, [x]) => given(node, x, 0),
  Dropout: (node, [x]) => given(node, x, 0),
  Cast(node, [x]) {
    const from = given(node, x, 0);
    const to = elementType(node.int('to', 0), `node '${node.name}'`);
    if (to === 'string') {
      const text = Array.from(from.data, (v) => (from.type === 'float' ? shortestSingle(v) : String(v)));
      return { type: to, shape: from.shape, data: new Float32Array(0), text: from.text ?? text };
    }
    return constant(to, from.shape, from.text ? from.text.map(parsed) : from.data);
  },
  Reshape(node, [x, shape]) {
    const from = given(node, x, 0);
    const wanted = wholes(node, shape, 'shape') ?? node.fail('the shape is missing');
    return moved(from, reshaped(node, from.shape, wanted));
  },
  Flatten: (node, [x]) => moved(given(node, x, 0), flattened(node, given(node, x, 0).shape)),
  Squeeze: (node, [x, axes]) =>
    moved(given(node, x, 0), squeezed(node, given(node, x, 0).shape, wholes(node, axes, 'axes'))),
  Unsqueeze: (node, [x, axes]) =>
    moved(given(node, x, 0), unsqueezed(node, given(node, x, 0).shape, wholes(node, axes, 'axes') ?? [])),
  Transpose(node, [x]) {
    const from = given(node, x, 0);
    const perm = permutation(node, from.shape);
    const own = stridesOf(from.shape);
    const result = pick(
      from,
      perm.map((axis) => from.shape[axis]),
      perm.map((axis) => own[axis]),
    );
    const { steps } = from;
    return steps ? { ...result, steps: { ...steps, axis: perm.indexOf(steps.axis) } } : result;
  },
  Slice(node, [x, starts, ends, axes, steps]) {
    let result = given(node, x, 0);
    const list = cuts(
      node,
      result.shape,
      wholes(node, starts, 'starts') ?? node.fail('starts are missing'),
      wholes(node, ends, 'ends') ?? node.fail('ends are missing'),
      wholes(node, axes, 'axes'),
      wholes(node, steps, 'steps'),
    );
    for (const { axis, start, count, step } of list) {
      const own = stridesOf(result.shape);
      const strides = own.map((stride, i) => (i === axis ? stride * step : stride));
      const shape = result.shape.map((extent, i) => (i === axis ? count : extent));
      result = pick(result, shape, strides, start * own[axis]);
    }
    return result;
  },
  Gather(node, [x, indices]) {
    const from = given(node, x, 0);
    const { data, shape: lookup } = given(node, indices, 1);
    const axis = wholeAxis(node, node.int('axis', 0), from.shape.length);
    const positions = positionsOf(node, data, from.shape[axis]);
    const taken = takeAxis(from, axis, positions);
    return moved(taken, [...from.shape.slice(0, axis), ...lookup, ...from.shape.slice(axis + 1)]);
  },
  Concat(node, inputs) {
    const parts = inputs.map((x, i) => given(node, x, i));
    const [first] = parts;
    const axis = wholeAxis(node, node.int('axis', 1), first.shape.length);
    const extent = parts.reduce((sum, { shape }) => sum + shape[axis], 0);
    const shape = bounded(
      node,
      first.shape.map((own, i) => (i === axis ? extent : own)),
    );
    const data = numbersFor(first.type, sizeOf(shape));
    const outer = sizeOf(shape.slice(0, axis));
    let at = 0;
    for (let row = 0; row < outer; row++) {
      for (const part of parts) {
        const run = part.data.length / outer;
        data.set(part.data.subarray(row * run, (row + 1) * run), at);
        at += run;
      }
    }
    return { type: first.type, shape, data };
  },
  Pad(node, [x, pads, value, axes]) {
    let result = given(node, x, 0);
    const amounts = wholes(node, pads, 'pads') ?? node.fail('pads are missing');
    const { before, after } = borders(node, result.shape, amounts, axes && Array.from(axes.data));
    const mode = node.text('mode', 'constant');
    const filler = value?.data[0] ?? node.float('value', 0);
    result.shape.forEach((extent, axis) => {
      const count = extent + before[axis] + after[axis];
      bounded(
        node,
        result.shape.map((own, i) => (i === axis ? count : own)),
      );
      const positions =
        mode === 'constant'
          ? Array.from({ length: Math.max(0, count) }, (_, i) => {
              const at = i - before[axis];
              return at >= 0 && at < extent ? at : -1;
            })
          : shownPositions(node, mode, extent, before[axis], after[axis]);
      result = takeAxis(result, axis, positions, filler);
    });
    return result;
  },
  ReduceMean(node, [x, axes]) {
    const from = given(node, x, 0);
    const named = wholes(node, axes, 'axes') ?? [];
    if (named.length === 0 && node.int('noop_with_empty_axes', 0) !== 0) return from;
    const reduced =
      named.length > 0
        ? named.map((axis) => wholeAxis(node, axis, from.shape.length))
        : from.shape.map((_, axis) => axis);
    const ones = from.shape.map((extent, axis) => (reduced.includes(axis) ? 1 : extent));
    const strides = broadcastStrides(ones, from.shape);
    const places = pick(
      { type: 'double', shape: ones, data: Float64Array.from({ length: sizeOf(ones) }, (_, i) => i) },
      from.shape,
      strides,
    ).data;
    const sums = new Float64Array(sizeOf(ones));
    for (let i = 0; i < places.length; i++) sums[places[i]] += from.data[i];
    const count = sizeOf(from.shape) / sizeOf(ones);
    const shape =
      node.int('keepdims', 1) !== 0 ? ones : from.shape.filter((_, axis) => !reduced.includes(axis));
    return constant(
      from.type,
      shape,
      sums.map((sum) => sum / count),
    );
  },
  Add: arithmetic((a, b) => a + b),
  Sub: arithmetic((a, b) => a - b),
  Mul: arithmetic((a, b) => a * b),
  Div: arithmetic((a, b, whole) => (whole && b === 0 ? 0 : a / b)),
  Relu: elementwise((v) => Math.max(0, v)),
  LeakyRelu: elementwise((v, node) => (v >= 0 ? v : v * node.float('alpha', 0.01))),
  Sigmoid: elementwise((v) => 1 / (1 + Math.exp(-v))),
  Tanh: elementwise(Math.tanh),
  HardSigmoid: elementwise((v, node) =>
    Math.max(0, Math.min(1, node.float('alpha', 0.2) * v + node.float('beta', 0.5))),
  ),
  HardSwish: elementwise((v) => v * Math.max(0, Math.min(1, v / 6 + 0.5))),
  Clip(node, [x, low, high]) {
    const { type, shape, data } = given(node, x, 0);
    const lo = low?.data[0] ?? node.float('min', -Infinity);
    const hi = high?.data[0] ?? node.float('max', Infinity);
    return constant(
      type,
      shape,
      data.map((v) => Math.min(hi, Math.max(lo, v))),
    );
  },
  QuantizeLinear(node, inputs) {
    const x = given(node, inputs[0], 0);
    const { scale, channel, zeroAt } = grid(node, x, inputs, node.int('axis', 1));
    const type = inputs[2]?.type ?? 'uint8';
    const [lo, hi] = codeRange(node, type);
    const data = x.data.map((v, i) => {
      const c = channel(i);
      return Math.min(hi, Math.max(lo, roundHalfEven(Math.fround(v / scale[c])) + zeroAt(c)));
    });
    return { type, shape: x.shape, data };
  },
  DequantizeLinear: (node, inputs) => dequantized(node, inputs),
};

/** Positions of one axis, in order; -1 shows `filler`. */
function takeAxis(x: Constant, axis: number, positions: readonly number[], filler = 0): Constant {
  const shape = x.shape.map((extent, i) => (i === axis ? positions.length : extent));
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const data = numbersFor(x.type, sizeOf(shape)).fill(filler);
  let at = 0;
  for (let row = 0; row < outer; row++) {
    for (const position of positions) {
      const from = (row * x.shape[axis] + position) * inner;
      if (position >= 0) data.set(x.data.subarray(from, from + inner), at);
      at += inner;
    }
  }
  return { type: x.type, shape, data };
}

/** Indices of a Gather, counted from the end if below 0. */
export function positionsOf(node: NodeView, indices: ArrayLike<number>, extent: number): number[] {
  return Array.from(indices, (index) => {
    const at = index < 0 ? index + extent : index;
    return Number.isSafeInteger(at) && at >= 0 && at < extent
      ? at
      : node.fail(`index ${index} of ${extent} positions`);
  });
}

/** A number as texts have it. */
function parsed(text: string): number {
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text.trim());
  return infinite ? (infinite[1] === '-' ? -Infinity : Infinity) : Number(text);
}

/** The fewest digits that name an f32. */
function shortestSingle(value: number): string {
  for (let digits = 1; digits <= 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(value);
}
