/**
 * How each primitive is split: a descriptor becomes descriptors of parts of its output, each of which the same kernels compute
 * as they would have computed the whole. No sum is ever split, so the bits do not depend on the number of parts.
 *
 * What is split: samples where there are enough, else output channels (or groups of them); rows or columns of a matrix, so that
 * the operand every part packs anew is the smaller one; channels of what sums over samples; elements of all else.
 */
import type { ArgsOf, Conv2dArgs, Preparable, PrimitiveName, Window } from '../backend.ts';
import { ranges, type Steps, shifted } from './cuts.ts';

export interface Rule<A> {
  /** About how long one thread takes, microseconds: short calls are not worth waking anyone. */
  cost(a: A): number;
  cut(a: A, parts: number): A[];
  /** Whether the parts have weights of their own (`weight` moved as unprepared ones), so that each has to be prepared by itself. */
  ownWeights?(a: A, parts: number): boolean;
}

type Rules = { [P in PrimitiveName]?: Rule<ArgsOf<P>> };

/** Rates of one thread, per microsecond: multiply-adds in f32, in int8, with stored zeros left out; bytes of memory. */
const F32 = 20_000;
const INT8 = 40_000;
const SPARSE = 5_000;
const BYTES = 10_000;

/** Elements of a row of results: parts start at whole vectors of every kernel. */
const VECTOR = 64;

const macs = (a: Window) => a.n * a.co * a.ho * a.wo * (a.ci / a.groups) * a.kh * a.kw;

/** Samples if there are as many as parts, whose shares are then at worst 2 : 1 and mostly even. */
const hasSamples = (n: number, parts: number) => n >= parts;

/** Two groups at least in each part: a single one would not be a depthwise convolution any more, and go to another kernel. */
const groupRanges = (groups: number, parts: number) =>
  ranges(groups, Math.max(1, Math.min(parts, Math.floor(groups / 2))));

/** x -> y through weights: by samples, or one sample by groups or output channels. `size` is bytes of an element. */
function throughWeights<A extends Conv2dArgs | ArgsOf<'qconv2d'>>(
  rate: number,
  size: number,
  cost: (a: A) => number = (a) => macs(a) / rate,
): Rule<A> {
  const ownWeights = (a: A) => a.n === 1;
  return {
    cost,
    ownWeights,
    cut(a, parts) {
      const [planeX, planeY] = [a.h * a.w * size, a.ho * a.wo * size];
      if (!ownWeights(a)) {
        const steps = { x: a.ci * planeX, y: a.co * planeY } as Steps<A>;
        return ranges(a.n, parts).map(([from, n]) => ({ ...shifted(a, from, steps), n }));
      }
      const [channels, outputs] = [a.ci / a.groups, a.co / a.groups];
      const weights = channels * a.kh * a.kw * size;
      if (a.groups > 1) {
        const steps = {
          x: channels * planeX,
          weight: outputs * weights,
          ...{ bias: outputs * 4, multiplier: outputs * 4, y: outputs * planeY },
        } as Steps<A>;
        return groupRanges(a.groups, parts).map(([from, groups]) => {
          return { ...moved(a, from, steps), groups, ci: groups * channels, co: groups * outputs };
        });
      }
      const steps = { weight: weights, bias: 4, multiplier: 4, y: planeY } as Steps<A>;
      return ranges(a.co, parts, 4).map(([from, co]) => ({ ...moved(a, from, steps), co }));
    },
  };
}

/** `shifted`, but weights start at 0 where no pointer is given (as `prepare` asks), and fields that A has not are left out. */
function moved<A extends { weight: number }>(a: A, from: number, steps: Steps<A>): A {
  const known = Object.fromEntries(Object.entries(steps).filter(([field]) => field in a)) as Steps<A>;
  return { ...shifted(a, from, known), weight: a.weight + from * (steps.weight as number) };
}

/** Planes of pooling: all of them count as channels of one sample. */
function byPlanes<A extends Window>(sizes: (a: A) => Steps<A>, perOutput: number): Rule<A> {
  return {
    cost: (a) => (a.n * a.ci * (a.ho * a.wo * perOutput + a.h * a.w)) / BYTES,
    cut: (a, parts) =>
      ranges(a.n * a.ci, parts).map(([from, ci]) => ({ ...shifted(a, from, sizes(a)), n: 1, ci, co: ci })),
  };
}

/** A plain count of elements, rows, planes... in the field `count`. */
function by<A extends object>(
  count: keyof A,
  unit: number,
  sizes: (a: A) => Steps<A>,
  perStep: (a: A) => number,
): Rule<A> {
  return {
    cost: (a) => ((a[count] as number) * perStep(a)) / BYTES,
    cut: (a, parts) =>
      ranges(a[count] as number, parts, unit).map(([from, here]) => ({
        ...shifted(a, from, sizes(a)),
        [count]: here,
      })),
  };
}

/** Elements one for one. `weight`: time of an element, in that of moving so many bytes. */
const elements = <A extends { size: number }>(steps: Steps<A>, weight: number): Rule<A> =>
  by<A>(
    'size',
    VECTOR,
    () => steps,
    () => weight,
  );

/** Channels of [n][c][p]: sums over n and p stay whole. `perChannel` lists what there is one of a channel. */
function byChannels<A extends ArgsOf<'sumChannels' | 'batchNormGrad' | 'batchNormTrain'>>(
  tensors: readonly (keyof A)[],
  perChannel: readonly (keyof A)[],
  passes: number,
): Rule<A> {
  return {
    cost: (a) => (a.n * a.c * a.p * 4 * passes) / BYTES,
    cut(a, parts) {
      const steps: Steps<A> = {};
      for (const field of tensors) steps[field] = 4 * a.p;
      for (const field of perChannel) steps[field] = 4;
      const { step = a.c * a.p } = a;
      return ranges(a.c, parts, a.p === 1 ? 8 : 1).map(([from, c]) => ({
        ...shifted(a, from, steps),
        c,
        step,
      }));
    },
  };
}

/** [n][c][p] by samples, or a single one by channels. */
function byPlanesOf<A extends ArgsOf<'addBias' | 'batchNormInfer'>>(
  perChannel: readonly (keyof A)[],
): Rule<A> {
  return {
    cost: (a) => (a.n * a.c * a.p * 8) / BYTES,
    cut(a, parts) {
      const sample = 4 * a.c * a.p;
      if (hasSamples(a.n, parts)) {
        const steps = { x: sample, y: sample } as Steps<A>;
        return ranges(a.n, parts).map(([from, n]) => ({ ...shifted(a, from, steps), n }));
      }
      if (a.n > 1 || a.p === 1) return [a];
      const steps = { x: 4 * a.p, y: 4 * a.p } as Steps<A>;
      for (const field of perChannel) steps[field] = 4;
      return ranges(a.c, parts).map(([from, c]) => ({ ...shifted(a, from, steps), c }));
    },
  };
}

/** Samples for which a linear layer is split by samples: weights are then read by every part, so it has to have many. */
const manySamples = (a: { n: number; o: number }, parts: number) => a.n >= 8 * parts && a.o < 16 * parts;

const linear: Rule<ArgsOf<'linear'>> = {
  // Up to 3 samples the weights' way from memory is what takes the time.
  cost: (a) => (a.n <= 3 ? (a.o * a.i * 4) / BYTES : (a.n * a.o * a.i) / F32),
  ownWeights: (a, parts) => !manySamples(a, parts),
  cut(a, parts) {
    if (manySamples(a, parts)) {
      const steps = { x: 4 * a.i, y: 4 * a.o };
      return ranges(a.n, parts).map(([from, n]) => ({ ...shifted(a, from, steps), n }));
    }
    if (a.n === 2 || a.n === 3) return [a];
    const steps = { weight: 4 * a.i, bias: 4, y: 4 };
    const { ldy = a.o } = a;
    return ranges(a.o, parts, 8).map(([from, o]) => ({ ...moved(a, from, steps), o, ldy }));
  },
};

/** Linear layers whose kernels write whole samples: by samples, or a single one by outputs. */
function linearOf<A extends ArgsOf<'qlinear' | 'sparseLinear'>>(
  size: number,
  cost: (a: A) => number,
): Rule<A> {
  return {
    cost,
    ownWeights: (a) => a.n === 1,
    cut(a, parts) {
      if (a.n > 1) {
        const steps = { x: a.i * size, y: a.o * size } as Steps<A>;
        return ranges(a.n, parts, 4).map(([from, n]) => ({ ...shifted(a, from, steps), n }));
      }
      const steps = { weight: a.i * size, bias: 4, multiplier: 4, y: size } as Steps<A>;
      return ranges(a.o, parts, 8).map(([from, o]) => ({ ...moved(a, from, steps), o }));
    },
  };
}

const rows = <A extends { rows: number; columns: number }>(fields: (a: A) => Steps<A>): Rule<A> =>
  by<A>('rows', 1, fields, (a) => 40 * a.columns);

const inf4 = { x: 4, y: 4 };

export const rules: Rules = {
  gemm: {
    cost: (a) => (a.m * a.n * a.k) / F32,
    cut(a, parts) {
      const { lda = a.transA ? a.m : a.k, ldb = a.transB ? a.k : a.n, ldc = a.n } = a;
      const whole = { ...a, lda, ldb, ldc };
      if (a.n > a.m) {
        const steps = { b: a.transB ? 4 * ldb : 4, c: 4 };
        return ranges(a.n, parts, 8).map(([from, n]) => ({ ...shifted(whole, from, steps), n }));
      }
      const steps = { a: a.transA ? 4 : 4 * lda, c: 4 * ldc };
      return ranges(a.m, parts, 4).map(([from, m]) => ({ ...shifted(whole, from, steps), m }));
    },
  },
  linear,
  qlinear: linearOf<ArgsOf<'qlinear'>>(1, (a) => (a.n * a.o * a.i) / INT8),
  sparseLinear: linearOf<ArgsOf<'sparseLinear'>>(4, (a) => (a.n * a.nonzero) / SPARSE),

  conv2d: throughWeights<ArgsOf<'conv2d'>>(F32, 4),
  // A quarter of the multiplications, and the transforms.
  winogradConv2d: throughWeights<ArgsOf<'winogradConv2d'>>(3 * F32, 4),
  sparseConv2d: throughWeights<ArgsOf<'sparseConv2d'>>(
    SPARSE,
    4,
    (a) => (a.n * a.ho * a.wo * a.nonzero) / SPARSE,
  ),
  qconv2d: throughWeights<ArgsOf<'qconv2d'>>(INT8, 1),

  conv2dGradInput: {
    cost: (a) => macs(a) / F32,
    cut(a, parts) {
      const [planeX, planeY] = [4 * a.h * a.w, 4 * a.ho * a.wo];
      if (a.n > 1) {
        const steps = { dx: a.ci * planeX, dy: a.co * planeY };
        return ranges(a.n, parts).map(([from, n]) => ({ ...shifted(a, from, steps), n }));
      }
      const [channels, outputs] = [a.ci / a.groups, a.co / a.groups];
      const weight = 4 * outputs * channels * a.kh * a.kw;
      const steps = { dx: channels * planeX, dy: outputs * planeY, weight };
      return groupRanges(a.groups, parts).map(([from, groups]) => {
        return { ...shifted(a, from, steps), groups, ci: groups * channels, co: groups * outputs };
      });
    },
  },
  conv2dGradWeight: {
    cost: (a) => macs(a) / F32,
    cut(a, parts) {
      if (a.groups > 1) return [a];
      const { strideDy = a.co * a.ho * a.wo } = a;
      const steps = { dy: 4 * a.ho * a.wo, dw: 4 * a.ci * a.kh * a.kw };
      return ranges(a.co, parts, 4).map(([from, co]) => ({ ...shifted(a, from, steps), co, strideDy }));
    },
  },

  maxPool: byPlanes<ArgsOf<'maxPool'>>(
    (a) => ({ x: 4 * a.h * a.w, y: 4 * a.ho * a.wo, indices: 4 * a.ho * a.wo }),
    16,
  ),
  maxPoolGrad: byPlanes<ArgsOf<'maxPoolGrad'>>(
    (a) => ({ dx: 4 * a.h * a.w, dy: 4 * a.ho * a.wo, indices: 4 * a.ho * a.wo }),
    16,
  ),
  avgPool: byPlanes<ArgsOf<'avgPool'>>((a) => ({ x: 4 * a.h * a.w, y: 4 * a.ho * a.wo }), 16),
  avgPoolGrad: byPlanes<ArgsOf<'avgPoolGrad'>>((a) => ({ dx: 4 * a.h * a.w, dy: 4 * a.ho * a.wo }), 16),
  qmaxPool: byPlanes<ArgsOf<'qmaxPool'>>((a) => ({ x: a.h * a.w, y: a.ho * a.wo }), 8),
  qavgPool: byPlanes<ArgsOf<'qavgPool'>>((a) => ({ x: a.h * a.w, y: a.ho * a.wo }), 16),

  batchNormTrain: byChannels<ArgsOf<'batchNormTrain'>>(
    ['x', 'y'],
    ['gamma', 'beta', 'mean', 'invStd', 'runningMean', 'runningVar'],
    3,
  ),
  batchNormGrad: byChannels<ArgsOf<'batchNormGrad'>>(
    ['x', 'dy', 'dx'],
    ['gamma', 'mean', 'invStd', 'dgamma', 'dbeta'],
    5,
  ),
  sumChannels: byChannels<ArgsOf<'sumChannels'>>(['x'], ['y'], 1),
  batchNormInfer: byPlanesOf<ArgsOf<'batchNormInfer'>>(['gamma', 'beta', 'mean', 'variance']),
  addBias: byPlanesOf<ArgsOf<'addBias'>>(['bias']),

  unary: elements<ArgsOf<'unary'>>(inf4, 12),
  unaryGrad: elements<ArgsOf<'unaryGrad'>>({ x: 4, y: 4, dy: 4, dx: 4 }, 12),
  add: elements<ArgsOf<'add'>>({ a: 4, b: 4, y: 4 }, 12),
  mul: elements<ArgsOf<'mul'>>({ a: 4, b: 4, y: 4 }, 12),
  axpby: elements<ArgsOf<'axpby'>>(inf4, 8),
  fill: elements<ArgsOf<'fill'>>({ y: 4 }, 4),
  sgd: elements<ArgsOf<'sgd'>>({ w: 4, g: 4, v: 4 }, 20),
  adamw: elements<ArgsOf<'adamw'>>({ w: 4, g: 4, m: 4, v: 4 }, 30),
  applyMask: elements<ArgsOf<'applyMask'>>({ x: 4, mask: 1 }, 9),
  accumulateSquares: elements<ArgsOf<'accumulateSquares'>>({ x: 4, sum: 4 }, 12),
  kmeansAssign: by<ArgsOf<'kmeansAssign'>>(
    'size',
    VECTOR,
    () => ({ x: 4, indices: 1 }),
    (a) => 5 * a.k,
  ),
  gatherCentroids: elements<ArgsOf<'gatherCentroids'>>({ indices: 1, mask: 1, w: 4 }, 10),
  quantize: elements<ArgsOf<'quantize'>>({ x: 4, y: 1 }, 6),
  dequantize: elements<ArgsOf<'dequantize'>>({ x: 1, y: 4 }, 6),
  qadd: elements<ArgsOf<'qadd'>>({ a: 1, b: 1, y: 1 }, 10),
  qlookup: elements<ArgsOf<'qlookup'>>({ x: 1, y: 1 }, 10),
  copyRows: by<ArgsOf<'copyRows'>>(
    'rows',
    1,
    (a) => ({ src: a.srcStride, dst: a.dstStride }),
    (a) => 2 * a.bytes,
  ),
  pad2d: by<ArgsOf<'pad2d'>>(
    'planes',
    1,
    (a) => ({ x: 4 * a.h * a.w, y: 4 * (a.padT + a.h + a.padB) * (a.padL + a.w + a.padR) }),
    (a) => 8 * a.h * a.w,
  ),
  pad2dGrad: by<ArgsOf<'pad2dGrad'>>(
    'planes',
    1,
    (a) => ({ dx: 4 * a.h * a.w, dy: 4 * (a.padT + a.h + a.padB) * (a.padL + a.w + a.padR) }),
    (a) => 8 * a.h * a.w,
  ),
  softmax: rows<ArgsOf<'softmax'>>((a) => ({ x: 4 * a.columns, y: 4 * a.columns })),
  softmaxGrad: rows<ArgsOf<'softmaxGrad'>>((a) => ({
    y: 4 * a.columns,
    dy: 4 * a.columns,
    dx: 4 * a.columns,
  })),
  crossEntropy: rows<ArgsOf<'crossEntropy'>>((a) => ({
    logits: 4 * a.columns,
    target: 4 * a.columns,
    loss: 4,
    diff: 4 * a.columns,
  })),
};

/** The rule of a primitive, for any primitive; undefined if it is never split. */
export function ruleOf<P extends PrimitiveName>(primitive: P): Rule<ArgsOf<P>> | undefined {
  return rules[primitive] as Rule<ArgsOf<P>> | undefined;
}

export type PreparableName = keyof Preparable;
